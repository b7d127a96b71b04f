"""Lambda's Runtime API for one execution environment, on a loopback port of its own.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. An environment handles one event at
a time: it asks for the next, which blocks until there is one, and posts the result.
"""

from __future__ import annotations

import queue
import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_RESULT = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Invocation:
    """An event on its way to the function. `deadline` is in seconds since the epoch."""

    request_id: str
    payload: bytes
    deadline: float
    function_arn: str


@dataclass(frozen=True)
class Answer:
    """What the function posted: its result, or an error document if `failed`."""

    payload: bytes
    failed: bool


class RuntimeApi:
    """The server; `address` is the value of AWS_LAMBDA_RUNTIME_API."""

    def __init__(self) -> None:
        self._pending: queue.Queue[Invocation] = queue.Queue(maxsize=1)
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._current: str | None = None
        self._closed = threading.Event()
        self.ready = threading.Event()
        """Set while the environment waits for an event."""
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def hand(self, invocation: Invocation) -> None:
        """Give the environment an event. Its previous one must have been answered."""
        self.ready.clear()
        self._current = invocation.request_id
        self._pending.put_nowait(invocation)

    def answer(self, timeout: float) -> Answer | None:
        """The answer to the event, or None if none came in `timeout` seconds."""
        try:
            return self._answers.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> Invocation | None:
        """Wait for an event on behalf of the environment; None once the server is closed."""
        if self._current is None:
            self.ready.set()
        while not self._closed.is_set():
            try:
                return self._pending.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
        return None

    def take(self, request_id: str | None, answer: Answer) -> bool:
        """Note an answer, unless it is for another event than the current one (None: init)."""
        if request_id is not None and request_id != self._current:
            return False
        self._current = None
        self._answers.put(answer)
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An environment that ends while it waits breaks its connection: that is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the `api` that `_handler_for` gives to a subclass."""

    protocol_version = "HTTP/1.1"
    api: RuntimeApi

    def do_GET(self) -> None:
        if self.path != _NEXT:
            self._respond(404)
            return
        invocation = self.api.next()
        if invocation is None:
            self._respond(410)
            return
        self._respond(
            200,
            invocation.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            },
        )

    def do_POST(self) -> None:
        body = self._body()
        match = _RESULT.fullmatch(self.path)
        if self.path == _INIT_ERROR:
            self.api.take(None, Answer(body, failed=True))
            self._respond(202)
        elif match is None:
            self._respond(404)
        elif self.api.take(match[1], Answer(body, failed=match[2] == "error")):
            self._respond(202)
        else:
            self._respond(400, b'{"errorType":"InvalidRequestID"}')

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().strip(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _respond(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the environment's own output is the log."""


def _handler_for(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"api": api})


def deadline_after(seconds: float) -> float:
    return time.time() + seconds
