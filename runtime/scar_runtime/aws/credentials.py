"""Where the credentials come from: the environment (Lambda), the container's endpoint (Batch), or
botocore's own search (a user's machine)."""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from scar_runtime.aws.errors import CredentialsError
from scar_runtime.aws.signature import Credentials

CONTAINER_HOST = "169.254.170.2"
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"""
EARLY_SECONDS = 300
PAUSE_SECONDS = 30
"""Between two attempts to renew what is still valid: no request waits for each of them."""
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 5


class Provider:
    """Gives credentials, and renews them before they expire. Safe for threads."""

    def __init__(self, environ: Mapping[str, str], now: Callable[[], float] = time.time) -> None:
        self._find = _source(environ)
        self._now = now
        self._lock = threading.Lock()
        self._found: Credentials | None = None
        self._ask_again = 0.0

    def get(self) -> Credentials:
        """Raises `CredentialsError` where there are none."""
        with self._lock:
            found = self._found
            if found is None or self._is_due(found):
                found = self._found = self._renewed(found)
            return found

    def _is_due(self, found: Credentials) -> bool:
        now = self._now()
        if found.expires is None or found.expires - EARLY_SECONDS >= now:
            return False
        return now >= self._ask_again or found.expires <= now

    def _renewed(self, held: Credentials | None) -> Credentials:
        """New ones; those that are held, while they are still valid and there are no others."""
        try:
            return self._find()
        except CredentialsError:
            if held is None or (held.expires is not None and held.expires <= self._now()):
                raise
            self._ask_again = self._now() + PAUSE_SECONDS
            return held


def _source(environ: Mapping[str, str]) -> Callable[[], Credentials]:
    if "AWS_ACCESS_KEY_ID" in environ and "AWS_SECRET_ACCESS_KEY" in environ:
        fixed = Credentials(
            environ["AWS_ACCESS_KEY_ID"],
            environ["AWS_SECRET_ACCESS_KEY"],
            environ.get("AWS_SESSION_TOKEN"),
        )
        return lambda: fixed
    if path := environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        return lambda: _from_container(f"http://{CONTAINER_HOST}{path}", environ)
    if url := environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        return lambda: _from_container(url, environ)
    return _from_botocore


def _from_container(url: str, environ: Mapping[str, str]) -> Credentials:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _asked(url, environ)
        except (OSError, HTTPException, ValueError, KeyError) as error:
            if attempt == _ATTEMPTS:
                raise CredentialsError(
                    "NoCredentials", f"the container's endpoint does not give any: {error!r}"
                ) from error
            time.sleep(0.5 * attempt)
    raise AssertionError("the last attempt returns or raises")


def _asked(url: str, environ: Mapping[str, str]) -> Credentials:
    parts = urlsplit(url)
    headers = {"Accept": "application/json"}
    token = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    if file := environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        token = Path(file).read_text(encoding="ascii").strip()
    if token:
        headers["Authorization"] = token
    connection = HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        document = json.loads(body)
    finally:
        connection.close()
    end = document.get("Expiration")
    expires = datetime.datetime.fromisoformat(end).timestamp() if end else None
    return Credentials(
        document["AccessKeyId"], document["SecretAccessKey"], document.get("Token"), expires
    )


def _from_botocore() -> Credentials:
    """Profiles, single sign-on and the like, as on a user's machine. The derived image and the
    dispatcher never come here."""
    try:
        session = import_module("botocore.session").get_session()
    except ImportError:
        session = None
    found = session.get_credentials() if session else None
    if found is None:
        raise CredentialsError("NoCredentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    frozen = found.get_frozen_credentials()
    # botocore renews what expires; asking it again every few minutes costs nothing.
    soon = time.time() + EARLY_SECONDS + 60
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token, soon)
