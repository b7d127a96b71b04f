"""One request over HTTP, tried again where that can help."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from ssl import SSLCertVerificationError
from typing import Protocol, TypeVar

from scar_runtime.aws.connections import Connections, Origin
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.signature import encoded_path, query_string

ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 20.0
RETRIED_STATUS = (429, 500, 502, 503, 504)
RETRIED_CODES = ("RequestTimeout", "SlowDown", "Throttling", "ThrottlingException")
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")

T = TypeVar("T")


class Body(Protocol):
    """A request's content, that can be sent again."""

    @property
    def size(self) -> int: ...

    def blocks(self) -> Iterable[bytes | memoryview]: ...


@dataclass(frozen=True)
class Bytes:
    """Content in memory."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def blocks(self) -> Iterable[bytes]:
        return (self.content,)


NOTHING = Bytes(b"")


@dataclass(frozen=True)
class Request:
    """A request to a service at `origin`; path and query are not encoded yet."""

    method: str
    origin: Origin
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = NOTHING


class Sender:
    """Sends requests, and tries again what may pass. Safe for threads."""

    def __init__(
        self,
        connections: Connections,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connections = connections
        self._attempts = attempts
        self._sleep = sleep

    def deliver(
        self,
        request: Request,
        headers: Callable[[], Mapping[str, str]],
        receive: Callable[[HTTPResponse], T],
    ) -> T:
        """Send a request until it is answered, with headers made anew each time; `receive` reads
        the answer to its end.

        A broken connection and an answer that asks for patience are tried again, the whole
        request with its answer. Raises `AwsError`.
        """
        for attempt in range(1, self._attempts + 1):
            try:
                return self._once(request, headers(), receive)
            except (OSError, HTTPException) as error:
                self._connections.drop_idle(request.origin)
                # A certificate does not get better by asking again.
                if attempt == self._attempts or isinstance(error, SSLCertVerificationError):
                    place = request.origin.authority
                    raise AwsError(type(error).__name__, f"{place}: {error}") from error
                if attempt == 1:
                    continue  # most likely the connection had been idle for too long
            except AwsError as error:
                patience = error.status in RETRIED_STATUS or error.code in RETRIED_CODES
                if not patience or attempt == self._attempts:
                    raise
            # Full jitter keeps many clients from coming back at one moment.
            jitter = os.urandom(1)[0] / 255
            self._sleep(min(LONGEST_PAUSE_SECONDS, 0.05 * 4**attempt) * jitter)
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, request: Request, headers: Mapping[str, str], receive: Callable[[HTTPResponse], T]
    ) -> T:
        if self._attempts == 1:
            # Who may not ask twice does not ask through a connection that may be dead, as all are
            # that were open when Lambda froze the process.
            self._connections.drop_idle(request.origin)
        with self._connections.connection(request.origin) as connection:
            answer = _answer(connection, request, headers)
            result = _refusal(answer) if answer.status >= 300 else receive(answer)
            # `readinto` takes a broken connection for the end of the answer.
            if answer.isclosed() and answer.length:
                raise IncompleteRead(b"", answer.length)
            answer.read()
            if answer.will_close:
                connection.close()
        if isinstance(result, RefusedError):
            raise result
        return result


def _answer(
    connection: HTTPConnection, request: Request, headers: Mapping[str, str]
) -> HTTPResponse:
    """What the service says to the request, also if it says no before it has heard all of it."""
    try:
        _transmit(connection, request, headers)
    except (BrokenPipeError, ConnectionResetError):
        answer = connection.getresponse()
        if answer.status < 400:
            raise
        answer.will_close = True
        return answer
    return connection.getresponse()


def _transmit(connection: HTTPConnection, request: Request, headers: Mapping[str, str]) -> None:
    path, query = encoded_path(request.path), query_string(request.query)
    target = f"{path}?{query}" if query else path
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if request.method not in ("GET", "HEAD"):
        connection.putheader("Content-Length", str(request.body.size))
    connection.endheaders()
    for block in request.body.blocks():
        connection.send(block)


class RefusedError(AwsError):
    """The service's answer, of which redirections need the headers too."""

    def __init__(
        self, code: str, message: str, status: int, headers: Mapping[str, str | None]
    ) -> None:
        super().__init__(code, message, status)
        self.headers = headers


def _refusal(answer: HTTPResponse) -> RefusedError:
    text = answer.read().decode("utf-8", "replace")
    code, message = _told(text, answer.getheader("x-amzn-errortype"))
    headers = {"x-amz-bucket-region": answer.getheader("x-amz-bucket-region")}
    return RefusedError(code or str(answer.status), message, answer.status, headers)


def _told(text: str, header: str | None) -> tuple[str, str]:
    """Code and message of an error in S3's XML or in JSON."""
    if text.startswith("{"):
        try:
            document = json.loads(text)
        except ValueError:
            document = {}
        message = document.get("message") or document.get("Message") or ""
        code = header or document.get("__type") or document.get("code") or ""
        return code.partition(":")[0].rpartition("#")[2], message
    code = _CODE.search(text)
    message = _MESSAGE.search(text)
    return code[1] if code else header or "", message[1] if message else ""
