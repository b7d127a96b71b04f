"""What the variables of AWS's SDKs ask for is done or refused, and never ignored."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from scar_runtime.aws import credentials
from scar_runtime.aws.connections import Connections, origin
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.endpoint_variables import endpoint_url
from scar_runtime.aws.errors import CredentialsError
from scar_runtime.errors import ConfigError
from scar_runtime.settings import read_settings

from tests.runtime.cloud import opened
from tests.runtime.scripted import Said, scripted

SERVICES = ("S3", "BATCH", "LAMBDA", "SECRETS_MANAGER", "SSM")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_an_address_of_its_own(service: str) -> None:
    environ = {"AWS_ENDPOINT_URL": "http://any", f"AWS_ENDPOINT_URL_{service}": "http://own"}
    assert endpoint_url(environ, service) == "http://own"
    assert endpoint_url({"AWS_ENDPOINT_URL": "http://any"}, service) == "http://any"
    assert endpoint_url({}, service) is None
    ignored = {**environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert endpoint_url(ignored, service) is None


def test_the_settings_take_them() -> None:
    own = {f"AWS_ENDPOINT_URL_{service}": f"http://{service}" for service in SERVICES}
    settings = read_settings(own)
    urls = (settings.s3_url, settings.batch_url, settings.lambda_url)
    assert urls == ("http://S3", "http://BATCH", "http://LAMBDA")
    assert settings.secret_urls == {
        "secretsmanager": "http://SECRETS_MANAGER",
        "ssm": "http://SSM",
    }


@pytest.mark.parametrize("name", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_other_addresses_of_aws_are_refused_unless_they_are_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is set: name the address itself"):
        read_settings({name: "true"})
    assert read_settings({name: "false"}).s3_url is None
    assert read_settings({name: "true", "AWS_ENDPOINT_URL": "http://x"}).s3_url == "http://x"


class Proxy(http.server.BaseHTTPRequestHandler):
    """Asks for a user and a password, and then answers in place of the server behind it."""

    seen: ClassVar[list[str | None]] = []

    def do_CONNECT(self) -> None:
        Proxy.seen.append(self.headers.get("Proxy-Authorization"))
        if self.headers.get("Proxy-Authorization") is None:
            self.send_error(407)
            return
        self.send_response(200)
        self.end_headers()
        self.close_connection = False

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads the log."""


@pytest.fixture
def proxy() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    Proxy.seen.clear()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_gets_its_user_and_password(proxy: int, name: str) -> None:
    user = "me%40example:p%3Aw%25d"
    connections = opened({name: f"http://{user}@127.0.0.1:{proxy}"})

    with connections.connection(origin("http://service.example")) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"

    expected = base64.b64encode(b"me@example:p:w%d").decode()
    assert Proxy.seen == [f"Basic {expected}"]


def test_a_host_of_no_proxy_is_asked_directly(proxy: int) -> None:
    with scripted(Said(200, b"direct")) as server:
        place = origin(server.url)
        connections = Connections(
            {"http_proxy": f"http://x:y@127.0.0.1:{proxy}", "no_proxy": "127.0.0.1"}
        )
        with connections.connection(place) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"direct"
        connections.close()
    assert Proxy.seen == []


def container(expires: str, key: str = "key") -> Said:
    body = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "Expiration": expires}
    return Said(200, json.dumps(body).encode())


def test_credentials_that_cannot_be_renewed_are_used_while_they_are_valid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    now = [1_800_000_000.0]
    first, then = "2027-01-15T08:10:00+00:00", "2027-01-15T09:10:00+00:00"
    refused = Said(500, b"{}")
    answers = (container(first), refused, refused, refused, container(then, "new"))
    with scripted(*answers) as server:
        environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/x"}
        provider = Provider(environ, lambda: now[0])
        held = provider.get()
        now[0] = (held.expires or 0) - credentials.EARLY_SECONDS + 1
        assert provider.get() is held
        asked = len(server.asked)
        assert provider.get() is held
        assert len(server.asked) == asked  # not each request waits for another attempt
        now[0] += credentials.PAUSE_SECONDS
        assert provider.get().access_key == "new"


def test_credentials_that_have_expired_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    now = [1_800_000_000.0]
    with scripted(container("2027-01-15T08:10:00+00:00"), Said(500, b"{}")) as server:
        environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/x"}
        provider = Provider(environ, lambda: now[0])
        now[0] = (provider.get().expires or 0) + 1
        with pytest.raises(CredentialsError):
            provider.get()
