"""A server that says no before it has heard all of a request, and closes the connection."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Refusal:
    """What it does with each request in turn, the last one for ever.

    - `heard`: how many bytes of the content it reads first
    - `go_ahead`: whether it says so where it is asked
    - `answer`: what it then sends, whole
    """

    answer: bytes
    heard: int = 0
    go_ahead: bool = False


def said(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + HEAD_END + body


@dataclass
class RefusingServer:
    listening: socket.socket
    refusals: list[Refusal]
    tls: ssl.SSLContext | None
    heads: list[bytes] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    """How much of each request's content was read."""

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return  # the test is over
            # What a service sends last must not wait for the other end's word.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):
                if self.tls:
                    connection = self.tls.wrap_socket(connection, server_side=True)
                self._answer(connection)
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        refusal = self.refusals.pop(0) if len(self.refusals) > 1 else self.refusals[0]
        text = b""
        while HEAD_END not in text:
            text += connection.recv(65536)
        head, _, content = text.partition(HEAD_END)
        self.heads.append(head)
        if refusal.go_ahead:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        count, length = len(content), re.search(rb"Content-Length: (\d+)", head)
        wanted = min(refusal.heard, int(length[1]) if length else 0)
        while count < wanted and (block := connection.recv(65536)):
            count += len(block)
        self.contents.append(count)
        connection.sendall(refusal.answer)


@contextmanager
def refusing(*refusals: Refusal, tls: ssl.SSLContext | None = None) -> Iterator[RefusingServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = RefusingServer(listening, list(refusals), tls)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
