"""A web server that answers what a test tells it to, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Said:
    """An answer; `cut` breaks the connection before so many bytes of the body are sent. A header
    that is given empty is not sent."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


SILENCE = Said(status=0)
"""The connection is closed without an answer."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    client_port: int


class Server(ThreadingHTTPServer):
    """Gives the answers in turn, the last one for ever."""

    daemon_threads = True

    def __init__(self, answers: list[Said]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.asked: list[Asked] = []
        self.connections: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def hang_up(self) -> None:
        """End all connections, as a service does with those that are idle for long."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def next_answer(self) -> Said:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        port = self.client_address[1]
        self.server.asked.append(Asked(self.command, self.path, dict(self.headers), body, port))
        said = self.server.next_answer()
        if said is SILENCE:
            self.close_connection = True
            return
        self.send_response_only(said.status)
        for name, value in said.headers.items():
            if value:
                self.send_header(name, value)
        if "Content-Length" not in said.headers:
            self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said.body[: said.cut])
        if said.cut is not None or said.headers.get("Content-Length") == "":
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815  (the library's names)
    do_MKCOL = do_MOVE = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads the log."""


@contextmanager
def scripted(*answers: Said, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(list(answers))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
