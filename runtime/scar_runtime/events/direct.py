"""Direct invocations: SCAR's `script` and `cmd_args`, or any other JSON as the script's input."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from scar_runtime.errors import EventError
from scar_runtime.events.fields import is_unicode
from scar_runtime.events.records import Payload, Record

PAYLOAD_FILE = "event-file"
_ORDERS = ("script", "cmd_args")


def record(event: Any) -> Record:
    """What to run is in the event itself, or the event is the input of the function's script.

    `script` is text in base64. `cmd_args` are the script's arguments, or without `script` a
    command; a list, or a list written as JSON in a string.
    """
    if isinstance(event, dict) and any(name in event for name in _ORDERS):
        return Record(
            event=event,
            script=_script(event["script"]) if event.get("script") else None,
            arguments=_arguments(event.get("cmd_args") or []),
        )
    if event in ({}, None):
        return Record(event=event)
    try:
        content = event if isinstance(event, str) else json.dumps(event)
    except RecursionError as error:
        raise EventError("the event is nested too deeply") from error
    return Record(event=event, payload=Payload(PAYLOAD_FILE, content.encode("utf-8", "replace")))


def _script(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise EventError(f"script must be text in base64: {error}") from error


def _arguments(given: Any) -> tuple[str, ...]:
    try:
        arguments = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError) as error:
        raise EventError(f"cmd_args must be a list: {error}") from error
    if not isinstance(arguments, list) or any(isinstance(a, (dict, list)) for a in arguments):
        raise EventError("cmd_args must be a list of words")
    words = tuple(str(argument) for argument in arguments)
    if any("\0" in word or not is_unicode(word) for word in words):
        raise EventError("cmd_args must be words in Unicode without NUL")
    return words
