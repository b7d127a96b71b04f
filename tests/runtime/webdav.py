"""A real WebDAV server (WsgiDAV), with Basic authentication, and with TLS where it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from wsgidav.wsgidav_app import WsgiDAVApp

LOGIN, PASSWORD = "ann", "sesame-7"  # nosec: of a server that lives as long as a test


@dataclass(frozen=True)
class WebDavServer:
    """A running server, the folder that it serves, and what it was asked."""

    url: str
    folder: Path
    asked: list[str]

    @property
    def secret(self) -> dict[str, str]:
        return {"login": LOGIN, "password": PASSWORD}


@contextmanager
def running_webdav(folder: Path, tls: Path | None = None) -> Iterator[WebDavServer]:
    """Serve `folder` under /remote.php; `tls` is a file with a certificate and its key."""
    asked: list[str] = []
    application = WsgiDAVApp(
        {
            "provider_mapping": {"/remote.php": {"root": str(folder)}},
            "http_authenticator": {
                "accept_basic": True,
                "accept_digest": False,
                "default_to_digest": False,
            },
            "simple_dc": {"user_mapping": {"*": {LOGIN: {"password": PASSWORD}}}},
            "dir_browser": {"enable": False},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )

    def listening(environ: Mapping[str, Any], start_response: Any) -> Any:
        asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return application(environ, start_response)

    server = wsgi.Server(("127.0.0.1", 0), listening, numthreads=8, shutdown_timeout=1)
    if tls:
        server.ssl_adapter = BuiltinSSLAdapter(str(tls), str(tls))
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        while not server.ready:
            time.sleep(0.01)
        scheme = "https" if tls else "http"
        yield WebDavServer(f"{scheme}://127.0.0.1:{server.bind_addr[1]}/remote.php", folder, asked)
    finally:
        server.stop()
        thread.join()
