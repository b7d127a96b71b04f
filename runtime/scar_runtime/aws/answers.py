"""What answers say: of success with all they should hold, and of refusal.

A service that has begun its answer with "200" may still fail: S3 does so at the end of a long
multipart upload, whose answer then holds an error
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html). So an answer of
success counts only with its result in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

from scar_runtime.aws.errors import AwsError, UnreadableError

RETRIED_STATUS = (408, 429, 500, 502, 503, 504)
RETRIED_CODES = (
    *("RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"),
    # The content was changed or cut on its way to S3, which has kept nothing of it.
    *("BadDigest", "IncompleteBody", "XAmzContentChecksumMismatch"),
    # Two conditional writes at one moment: S3 asks to try again.
    *("ConditionalRequestConflict", "OperationAborted"),
)
SHOWN = 200
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>")


def element(answer: HTTPResponse, root: str, name: str) -> str:
    """The text of the element `name` of an XML answer, which must be whole."""
    text = whole(answer, root)
    found = re.search(f"<{name}>([^<]+)</{name}>", text)
    if not found:
        raise UnreadableError(f"an answer without its {name}: {text[:SHOWN]!r}")
    return found[1]


def whole(answer: HTTPResponse, root: str) -> str:
    """The text of an XML answer, which must end with its root element."""
    text = answer.read().decode("utf-8", "replace")
    if text.rstrip().endswith(f"</{root}>"):
        return text
    code, message = _reported(text, None)
    raise UnreadableError(
        message or f"an answer without its {root}: {text[:SHOWN]!r}", code or "BadAnswer"
    )


def document(answer: HTTPResponse) -> dict[str, Any]:
    """A JSON answer, which must be an object."""
    try:
        found = json.loads(answer.read())
    except (ValueError, RecursionError) as error:
        # Not the content, nor the parser's own error: secrets come this way.
        raise UnreadableError(f"an answer that is no JSON ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise UnreadableError(f"an answer that is no JSON object, but a {type(found).__name__}")
    return found


def member(document: dict[str, Any], name: str) -> Any:
    """A part of a JSON answer that must be there."""
    if document.get(name) is None:
        raise UnreadableError(f"an answer without its {name}")
    return document[name]


def etag(answer: HTTPResponse) -> str:
    """What names exactly the content that was written."""
    return header(answer, "ETag")


def header(answer: HTTPResponse, name: str) -> str:
    """A header that must be there."""
    value = answer.getheader(name)
    if not value:
        raise UnreadableError(f"an answer without its {name}")
    return value


def with_status(wanted: int) -> Callable[[HTTPResponse], None]:
    """Accepts an answer by its status alone."""

    def receive(answer: HTTPResponse) -> None:
        answer.read()
        if answer.status != wanted:
            raise UnreadableError(f"status {answer.status} instead of {wanted}")

    return receive


class RefusedError(AwsError):
    """The service's answer is no. `region`: where it says that the bucket is, if it does."""

    def __init__(self, code: str, message: str, status: int, region: str | None) -> None:
        super().__init__(
            code,
            message,
            status,
            passing=status in RETRIED_STATUS or code in RETRIED_CODES,
            # Something between us and the service may have said so.
            applied=status >= 500,
        )
        self.region = region


def refusal(answer: HTTPResponse) -> RefusedError:
    text = answer.read().decode("utf-8", "replace")
    code, message = _reported(text, answer.getheader("x-amzn-errortype"))
    told = _REGION.search(text)
    region = answer.getheader("x-amz-bucket-region") or (told[1] if told else None)
    return RefusedError(code or str(answer.status), message, answer.status, region)


def _reported(text: str, header: str | None) -> tuple[str, str]:
    """Code and message of an error in S3's XML or in JSON."""
    if text.startswith("{"):
        try:
            document = json.loads(text)
        except ValueError:
            document = {}
        message = document.get("message") or document.get("Message") or ""
        code = header or document.get("__type") or document.get("code") or ""
        return str(code).partition(":")[0].rpartition("#")[2], str(message)
    code = _CODE.search(text)
    message = _MESSAGE.search(text)
    return code[1] if code else header or "", message[1] if message else ""
