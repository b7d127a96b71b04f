"""What the cloud tells about itself over HTTP, in front of the emulator's own application."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from scar_constructs.emulator.batch.metadata import PATH as METADATA_PATH
from scar_constructs.emulator.batch.metadata import TaskMetadata
from scar_constructs.emulator.ledger import Ledger

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

ACTIVITY_PATH = "/_local/activity"
_SECURE = (b"x-forwarded-proto", b"https")


def in_front_of(application: Application, ledger: Ledger, metadata: TaskMetadata) -> Application:
    """Answer `ACTIVITY_PATH` with the ledger, what is asked of a task with its metadata, and count
    every other request as made over TLS.

    The cloud listens on the loopback interface without TLS, and bucket policies deny requests
    that are not aws:SecureTransport.
    """

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
        elif scope["path"] == ACTIVITY_PATH:
            await _respond(send, json.dumps(ledger.document()).encode())
        elif scope["path"].startswith(METADATA_PATH):
            found = metadata.answer(scope["path"])
            await _respond(send, found or b"{}", 200 if found else 404)
        else:
            await application({**scope, "headers": [*scope["headers"], _SECURE]}, receive, send)

    return answer


async def _respond(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
