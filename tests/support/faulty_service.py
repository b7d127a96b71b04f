"""A service with faults: a proxy on loopback before a real one, which carries out a plan."""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.faults import Call, Fault, Plan, never, operation_of

_NOT_FORWARDED = ("connection", "content-length", "expect", "keep-alive", "transfer-encoding")
_UPSTREAM_SECONDS = 600
_LINGER_NOT = struct.pack("ii", 1, 0)
"""To close a socket with this option is to reset its connection."""


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>a fault of the test</Message></Error>".encode()


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


_MADE_UP = {
    Fault.ERROR_BEFORE: _Answer(500, body=_error("InternalError")),
    Fault.ERROR_AFTER: _Answer(500, body=_error("InternalError")),
    Fault.SLOW_DOWN: _Answer(503, body=_error("SlowDown")),
    Fault.UNAVAILABLE_AFTER: _Answer(503, body=_error("ServiceUnavailable")),
    Fault.EMPTY_BEFORE: _Answer(200),
    Fault.EMPTY_AFTER: _Answer(200),
    Fault.EMBEDDED_BEFORE: _Answer(200, body=_error("InternalError")),
    Fault.EMBEDDED_AFTER: _Answer(200, body=_error("InternalError")),
}
"""Answers in place of the service's own."""


class FaultyService(ThreadingHTTPServer):
    """Passes requests on to `upstream` (the URL of a service over plain HTTP), byte for byte with
    their Host header, so that signatures stay valid. `plan` may be changed at any time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, upstream: str, plan: Plan, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__((host, 0), _Handler)
        self.plan = plan
        self._tls = tls
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._seen: Counter[tuple[str, str]] = Counter()
        self._reset: set[int] = set()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self.server_address[0]!s}:{self.server_port}"

    @property
    def calls(self) -> list[Call]:
        """All requests so far, in the order in which they came."""
        with self._lock:
            return list(self._calls)

    @property
    def befallen(self) -> list[Call]:
        """Those among them that met a fault."""
        return [call for call in self.calls if call.fault]

    def begin(self, method: str, target: str, headers: dict[str, str]) -> tuple[Call, Fault | None]:
        """Take a request up; gives it with its fate."""
        url = urlsplit(target)
        operation = operation_of(method, target, headers)
        with self._lock:
            self._seen[operation, target] += 1
            occurrence = self._seen[operation, target]
            number = len(self._calls) + 1
            call = Call(number, operation, method, url.path, url.query, occurrence)
            fault = self.plan(call)
            self._calls.append(call.befallen(fault, None))
        return call, fault

    def end(self, call: Call, fault: Fault | None, status: int | None) -> None:
        with self._lock:
            self._calls[call.number - 1] = call.befallen(fault, status)

    def ask_upstream(self, method: str, target: str, headers: Any, body: bytes) -> _Answer:
        connection = HTTPConnection(*self._upstream, timeout=_UPSTREAM_SECONDS)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() not in _NOT_FORWARDED:
                    connection.putheader(name, value)
            if body or method in ("PUT", "POST"):
                connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Connection", "close")
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            passed = tuple(pair for pair in answer.getheaders() if _is_passed(pair[0], method))
            return _Answer(answer.status, passed, content)
        finally:
            connection.close()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, where a handshake keeps nobody else waiting."""
        try:
            connection = self._tls.wrap_socket(request, server_side=True) if self._tls else request
        except OSError:
            request.close()
            return
        super().process_request_thread(connection, client_address)

    def reset(self, connection: socket.socket) -> None:
        """End the connection so that the other end sees a reset."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._reset.add(id(connection))

    def shutdown_request(self, request: Any) -> None:
        if id(request) in self._reset:
            self._reset.discard(id(request))
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


def _is_passed(name: str, method: str) -> bool:
    if name.lower() == "content-length":
        return method == "HEAD"  # of other answers it is counted anew
    return name.lower() not in _NOT_FORWARDED


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyService

    def _serve(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        call, fault = self.server.begin(self.command, self.path, headers)
        answer = None
        if fault is None or fault.is_applied:
            answer = self.server.ask_upstream(self.command, self.path, self.headers, body)
            if fault is Fault.FLIPPED and not (call.operation == "GetObject" and answer.body):
                fault = None
            self.server.end(call, fault, answer.status)
        if fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
            self.server.reset(self.connection)
            self.close_connection = True
        elif fault is Fault.SILENCE_AFTER:
            self.close_connection = True
        elif fault in _MADE_UP:
            self._send(_MADE_UP[fault])
        elif answer and fault is Fault.TRUNCATED:
            self._cut(answer)
        elif answer and fault is Fault.FLIPPED:
            self._send(_flipped(answer, call))
        elif answer:
            self._send(answer)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        blocks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            blocks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(blocks)

    def _send(self, answer: _Answer) -> None:
        self._send_head(answer)
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _cut(self, answer: _Answer) -> None:
        """Half of the body, or half of the head where there is none."""
        self.close_connection = True
        if answer.body and self.command != "HEAD":
            self._send_head(answer)
            self.wfile.write(answer.body[: len(answer.body) // 2])
        else:
            self.wfile.write(f"HTTP/1.1 {answer.status} OK\r\nETa".encode())

    def _send_head(self, answer: _Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  (the library's names)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads the log."""


def _flipped(answer: _Answer, call: Call) -> _Answer:
    """The answer with one byte of its body changed, always the same one of the same call."""
    place = random.Random(str(call.identity)).randrange(len(answer.body))  # noqa: S311
    changed = bytearray(answer.body)
    changed[place] ^= 0x40
    return _Answer(answer.status, answer.headers, bytes(changed))


@contextmanager
def faulty_service(
    upstream: str,
    plan: Plan = never,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
) -> Iterator[FaultyService]:
    """Run it in threads of this process, on a free port of `host`."""
    service = FaultyService(upstream, plan, host, tls)
    thread = threading.Thread(target=service.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        thread.join()
        service.server_close()
