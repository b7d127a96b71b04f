"""One request over HTTP, tried again where that can help."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from ssl import SSLCertVerificationError
from typing import TypeVar

from scar_runtime.aws.answers import RefusedError, refusal
from scar_runtime.aws.connections import Connections, Origin
from scar_runtime.aws.errors import AwsError, UnknownOutcomeError
from scar_runtime.aws.exchange import EXPECTING_BYTES, exchanged
from scar_runtime.aws.request import Request

ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 20.0
EXPECTATION_FAILED = 417

T = TypeVar("T")


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
        self._silent: set[Origin] = set()
        """Services that do not say whether they want a content."""

    def deliver(
        self,
        request: Request,
        headers: Callable[[], Mapping[str, str]],
        receive: Callable[[HTTPResponse], T],
    ) -> T:
        """Send a request until it is answered, with headers made anew each time; `receive` reads
        the answer to its end.

        A broken connection, an answer that asks for patience and one that cannot be read are tried
        again, the whole request with its answer. Raises `AwsError`; `UnknownOutcomeError` where
        only a repetition could help, and the request must not be carried out twice.
        """
        for attempt in range(1, self._attempts + 1):
            try:
                return self._once(request, headers(), receive)
            except AwsError as error:
                if error.applied and not request.repeatable:
                    raise UnknownOutcomeError(error) from error
                if not error.passing or attempt == self._attempts:
                    raise
                if attempt > 1 or error.status:
                    self.pause(attempt)
                # else: most likely the connection had been idle for too long
        raise AssertionError("the last attempt returns or raises")

    def pause(self, attempt: int) -> None:
        """Wait after an attempt with this number, counted from 1, for longer after later ones."""
        # Full jitter keeps many clients from coming back at one moment.
        jitter = os.urandom(1)[0] / 255
        self._sleep(min(LONGEST_PAUSE_SECONDS, 0.05 * 4**attempt) * jitter)

    def _once(
        self, request: Request, headers: Mapping[str, str], receive: Callable[[HTTPResponse], T]
    ) -> T:
        if request.fresh:
            self._connections.drop_idle(request.origin)
        is_open = False
        try:
            with self._connections.connection(request.origin) as connection:
                is_open = True
                expects = self._expects(request)
                answer, silent = exchanged(connection, request, headers, expects)
                if silent:
                    self._silent.add(request.origin)
                with answer:
                    result = refusal(answer) if answer.status >= 300 else receive(answer)
                    # `readinto` takes a broken connection for the end of the answer.
                    if answer.isclosed() and answer.length:
                        raise IncompleteRead(b"", answer.length)
                    answer.read()
                if answer.will_close:
                    connection.close()
        except (OSError, HTTPException) as error:
            self._connections.drop_idle(request.origin)
            # A certificate does not get better by asking again.
            passing = not isinstance(error, SSLCertVerificationError)
            text = f"{request.origin.authority}: {error}"
            raise AwsError(type(error).__name__, text, passing=passing, applied=is_open) from error
        if isinstance(result, RefusedError):
            if expects and result.status == EXPECTATION_FAILED:
                self._silent.add(request.origin)
                return self._once(request, headers, receive)
            raise result
        return result

    def _expects(self, request: Request) -> bool:
        return request.body.size >= EXPECTING_BYTES and request.origin not in self._silent
