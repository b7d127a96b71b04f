"""Connections that stay open between requests, shared by threads."""

from __future__ import annotations

import base64
import select
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import unquote, urlsplit

CONNECT_SECONDS = 10
READ_SECONDS = 60
OWN_AUTHORITIES = Path("/opt/scar/cacert.pem")
"""Beside our Python in the derived image, which may be of an image that trusts nobody."""


@dataclass(frozen=True)
class Origin:
    """Where a service is."""

    host: str
    port: int
    secure: bool

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        usual = 443 if self.secure else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def origin(url: str) -> Origin:
    parts = urlsplit(url)
    secure = parts.scheme != "http"
    return Origin(parts.hostname or "", parts.port or (443 if secure else 80), secure)


def _is_open(connection: HTTPConnection) -> bool:
    """Between two requests nothing can be read from a connection but that it is at its end."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


class Connections:
    """A pool without a limit of its own: its users' threads are the limit."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._idle: dict[Origin, list[HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def close(self) -> None:
        """Close what is open. A process that ends needs not, and may use the pool again."""
        for place in list(self._idle):
            self.drop_idle(place)

    def __del__(self) -> None:
        self.close()

    @contextmanager
    def connection(self, place: Origin) -> Iterator[HTTPConnection]:
        """An open or a new connection. It is kept only if the block ends well."""
        connection = self._take(place) or self._new(place)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.setdefault(place, []).append(connection)

    def _take(self, place: Origin) -> HTTPConnection | None:
        """An idle connection whose other end is still there, as far as one can see."""
        while True:
            with self._lock:
                idle = self._idle.get(place)
                connection = idle.pop() if idle else None
            if connection is None or _is_open(connection):
                return connection
            connection.close()

    def drop_idle(self, place: Origin) -> None:
        """Close what is open: the service, or something on the way, has closed its end."""
        with self._lock:
            stale = self._idle.pop(place, [])
        for connection in stale:
            connection.close()

    def _new(self, place: Origin) -> HTTPConnection:
        proxy = self._proxy(place)
        target = proxy or place
        if place.secure:
            connection: HTTPConnection = HTTPSConnection(
                target.host, target.port, timeout=CONNECT_SECONDS, context=self.tls()
            )
        else:
            connection = HTTPConnection(target.host, target.port, timeout=CONNECT_SECONDS)
        if proxy:
            connection.set_tunnel(place.host, place.port, self._proxy_headers(place))
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        return connection

    def tls(self) -> ssl.SSLContext:
        """Whom we trust, made once."""
        with self._lock:
            if self._context is None:
                self._context = self._new_context()
            return self._context

    def _new_context(self) -> ssl.SSLContext:
        file = self._environ.get("AWS_CA_BUNDLE")
        if not file and OWN_AUTHORITIES.exists():
            file = str(OWN_AUTHORITIES)
        return ssl.create_default_context(cafile=file)

    def _proxy(self, place: Origin) -> Origin | None:
        """The usual variables, in capitals or not; a proxy opens a tunnel for us."""
        url = self._proxy_url(place)
        if not url or self._is_direct(place.host):
            return None
        return origin(url)

    def _proxy_url(self, place: Origin) -> str:
        url = self._variable("https_proxy" if place.secure else "http_proxy")
        return url if not url or "://" in url else f"http://{url}"

    def _proxy_headers(self, place: Origin) -> dict[str, str]:
        """User and password of a proxy, which stand percent-encoded in its URL."""
        parts = urlsplit(self._proxy_url(place))
        if parts.username is None:
            return {}
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _is_direct(self, host: str) -> bool:
        for name in self._variable("no_proxy").split(","):
            suffix = name.strip().lstrip(".")
            if suffix == "*" or (suffix and (host == suffix or host.endswith(f".{suffix}"))):
                return True
        return False

    def _variable(self, name: str) -> str:
        return self._environ.get(name) or self._environ.get(name.upper()) or ""


class UnverifiedConnections(Connections):
    """Connections to whoever answers, as a user may order for a server whose certificate nobody
    has signed: what is sent is hidden from those who listen, not from an impostor."""

    def _new_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
