"""A forge on loopback: comments of pull requests of GitHub, and notes of merge requests of GitLab.

It answers as the two document it, for what a review asks: lists by pages, one comment made or
changed, whose token it is. It is no proof that theirs do.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GITHUB_LIST = "/repos/me/flows/issues/7/comments"
GITLAB_LIST = "/projects/42/merge_requests/7/notes"
TOKEN = "forge-token"


@dataclass
class Forge:
    """What it has been told, and how it answers. `user`: whose token it is, if it is a user's."""

    address: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    user: dict[str, Any] | None = None
    may_write: bool = True
    redirect: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def said(self, body: str, **author: Any) -> dict[str, Any]:
        """A comment of somebody."""
        identifier = 1000 + len(self.comments)
        one = {"id": identifier, "body": body, "user": author, "author": author}
        self.comments.append(one)
        return one


class _Handler(BaseHTTPRequestHandler):
    forge: Forge

    def _answer(self, code: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(code)
        if code == 302:
            self.send_header("Location", self.forge.redirect)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.forge.asked.append((self.command, self.path))
        tokens = (self.headers.get("Authorization"), self.headers.get("PRIVATE-TOKEN"))
        if self.forge.redirect:
            self._answer(302, {})
        elif tokens not in ((f"Bearer {TOKEN}", None), (None, TOKEN)):
            self._answer(401, {"message": "Bad credentials"})
        else:
            self._answer(*self._result(body))

    def _result(self, body: Any) -> tuple[int, Any]:
        place = urlsplit(self.path)
        if place.path == "/user":
            return (200, self.forge.user) if self.forge.user else (403, {})
        if self.command == "GET" and place.path in (GITHUB_LIST, GITLAB_LIST):
            asked = {name: int(value[0]) for name, value in parse_qs(place.query).items()}
            size, page = min(asked.get("per_page", 30), 100), asked.get("page", 1)
            return 200, self.forge.comments[(page - 1) * size : page * size]
        if not self.forge.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if self.command == "POST" and place.path in (GITHUB_LIST, GITLAB_LIST):
            owner = self.forge.user or {"login": "github-actions[bot]", "type": "Bot"}
            return 201, self.forge.said(body["body"], **owner)
        changed = re.fullmatch(
            rf"(?:/repos/me/flows/issues/comments|{GITLAB_LIST})/(\d+)", place.path
        )
        if self.command in ("PATCH", "PUT") and changed:
            (one,) = [one for one in self.forge.comments if one["id"] == int(changed[1])]
            one["body"] = body["body"]
            return 200, one
        return 404, {}

    do_GET = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815 - as the library calls them

    def log_message(self, *_: Any) -> None:
        """Nothing: tests print what they need."""


@contextmanager
def forge() -> Iterator[Forge]:
    """One that answers as long as the context is open."""
    found = Forge()
    handler = type("Handler", (_Handler,), {"forge": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
