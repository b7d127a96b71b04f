"""One request and its answer on an open connection."""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse

from scar_runtime.aws.connections import READ_SECONDS
from scar_runtime.aws.request import Request
from scar_runtime.aws.signature import encoded_path, query_string

EXPECTING_BYTES = 1024 * 1024
"""From this size on, the service is asked whether it wants the content: what it refuses is not
sent, and its refusal is not lost when it closes the connection."""
GO_AHEAD_SECONDS = 1.0
"""How long the content waits for the service's word, which not every service gives.

https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
"""
_CONTINUE = 100


class Answer(HTTPResponse):
    """An answer that may come before all of its request was sent."""

    _early: tuple[str, int, str] | None = None

    def has_come(self, connection: HTTPConnection, seconds: float) -> bool:
        """Whether there is something of it within the time. Over TLS, a connection can be
        readable without."""
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN)
        end = time.monotonic() + seconds
        connection.sock.settimeout(0)
        try:
            while not self._peeked():
                left = end - time.monotonic()
                if left <= 0 or not poll.poll(left * 1000):
                    return False
                if not isinstance(connection.sock, ssl.SSLSocket):
                    return True  # readable, and be it to its end
        finally:
            connection.sock.settimeout(READ_SECONDS)
        return True

    def _peeked(self) -> bool:
        try:
            return bool(self.fp.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True  # which the one who reads it will see

    def goes_ahead(self) -> bool:
        """Read the first line that came: whether it asks for the content. If not, it is the
        answer itself, which is read on as any other."""
        line = self._status()
        if line[1] != _CONTINUE:
            self._early = line
            return False
        while self.fp.readline().strip():
            pass
        return True

    def _read_status(self) -> tuple[str, int, str]:
        early, self._early = self._early, None
        return early or self._status()

    def _status(self) -> tuple[str, int, str]:
        line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        return line


def exchanged(
    connection: HTTPConnection, request: Request, headers: Mapping[str, str], expects: bool
) -> tuple[HTTPResponse, bool]:
    """The answer, of which the head is read, also if it is a refusal that comes before the service
    has heard all of the request; and whether the service was asked for its word and kept silent.

    `expects`: whether it is to be asked. Raises `OSError` or `HTTPException`.
    """
    _send_head(connection, request, headers, expects)
    answer = Answer(connection.sock, method=request.method)
    connection.response_class = lambda *_, **__: answer  # type: ignore[assignment]
    try:
        silent = expects and not answer.has_come(connection, GO_AHEAD_SECONDS)
        if expects and not silent and not answer.goes_ahead():
            return _closing(connection), False
        return _answered(connection, request, answer), silent
    except BaseException:
        answer.close()
        raise


def _answered(connection: HTTPConnection, request: Request, answer: Answer) -> HTTPResponse:
    """The answer to the whole request, or the refusal that comes amid it."""
    for block in request.body.blocks():
        try:
            connection.send(block)
        except OSError:
            if not answer.has_come(connection, 0):
                raise
            early = _closing(connection)
            if early.status < 300:
                raise
            return early
    return connection.getresponse()


def _closing(connection: HTTPConnection) -> HTTPResponse:
    """The answer of a connection on which a request has not ended."""
    answer = connection.getresponse()
    answer.will_close = True
    return answer


def _send_head(
    connection: HTTPConnection, request: Request, headers: Mapping[str, str], expects: bool
) -> None:
    path, query = encoded_path(request.path), query_string(request.query)
    target = f"{path}?{query}" if query else path
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if request.method not in ("GET", "HEAD"):
        connection.putheader("Content-Length", str(request.body.size))
    if expects:
        connection.putheader("Expect", "100-continue")
    connection.endheaders()
