"""The part of a Oneprovider's CDMI interface that the runtime uses, over a folder.

It stands in for Onedata, of which no server exists here: what it answers follows Onedata's
documentation, and is not proven against a real Oneprovider.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

TOKEN = "MDAxNWxvY2F0aW9u"  # nosec: of a server that lives as long as a test
SPACE = "my space"
BLOCK = 64 * 1024


class CdmiServer(ThreadingHTTPServer):
    """Spaces are the folders in `folder`."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.token = TOKEN
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CdmiServer

    def _begin(self) -> Path | None:
        """The file or folder that is spoken of; None after a refusal."""
        self.server.asked.append(f"{self.command} {self.path}")
        if self.headers.get("X-Auth-Token") != self.server.token:
            # As a server does that has no reason to read the content of a stranger.
            self.close_connection = True
            self._say(401)
            return None
        path = unquote(self.path)
        if not path.startswith("/cdmi/"):
            self._say(404)
            return None
        return self.server.folder / path.removeprefix("/cdmi/")

    def do_GET(self) -> None:
        place = self._begin()
        if place is None:
            return
        if self.path.endswith("/"):
            if not place.is_dir() or "X-CDMI-Specification-Version" not in self.headers:
                self._say(404)
                return
            names = sorted(one.name for one in place.iterdir())
            self._say(200, json.dumps({"children": names}).encode())
        elif place.is_file():
            self._say(200, place.read_bytes())
        else:
            self._say(404)

    def do_PUT(self) -> None:
        place = self._begin()
        if place is None:
            return
        if self.path.endswith("/"):
            self._make(place)
            return
        if not place.parent.is_dir():
            self.close_connection = True
            self._say(404)
            return
        was_there = place.exists()
        with place.open("wb") as file:
            rest = int(self.headers["Content-Length"])
            while rest and (block := self.rfile.read(min(BLOCK, rest))):
                file.write(block)
                rest -= len(block)
        self._say(204 if was_there else 201)

    def _make(self, place: Path) -> None:
        if not place.parent.is_dir():
            self._say(404)
        elif place.exists():
            self._say(409)
        else:
            place.mkdir()
            self._say(201)

    def _say(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads the log."""


@contextmanager
def running_cdmi(folder: Path) -> Iterator[CdmiServer]:
    (folder / SPACE).mkdir()
    server = CdmiServer(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
