"""The text that helper containers run: it fetches the runtime's zip, signed, and becomes it."""

from __future__ import annotations

import calendar
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from scar_runtime.aws.signature import UNSIGNED, Credentials, Scope, signed_headers
from scar_runtime.stages.volume import Volume

from scar_constructs.aws.jobs import three_containers
from scar_constructs.aws.package import helper_command
from tests.runtime.scripted import SILENCE, Asked, Said, Server, scripted

TEXT = Path(helper_command.__file__).read_text()
URL = "https://assets.s3.eu-west-3.amazonaws.com/0a1b.zip"
SHOW = """\
import os, pathlib, sys
tool = pathlib.Path(os.environ["SCAR_FUNCTION_CONFIG"]).parent / "payload" / "tool"
print(sys.argv[1], os.environ["OF_THE_JOB"], os.access(tool, os.X_OK))
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}


def packed() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text, mode in (
            ("scar_runtime/__main__.py", SHOW, 0o644),
            ("payload/tool", "", 0o755),
        ):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, text)
    return content.getvalue()


def run(server: Server, content: bytes, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_ENDPOINT_URL": server.url,
        "SCAR_RUNTIME_URL": URL,
        "SCAR_RUNTIME_SHA256": hashlib.sha256(content).hexdigest(),
        "OF_THE_JOB": "kept",
        **variables,
    }
    command = [sys.executable, "-c", TEXT, "stage-in"]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_it_becomes_the_stage_that_it_fetched() -> None:
    with scripted(Said(body=packed())) as server:
        done = run(server, packed(), **KEYS)
        assert (done.stdout, done.stderr) == ("stage-in kept True\n", "")
        (asked,) = server.asked
    assert asked.path == "/assets/0a1b.zip"
    assert asked.headers["Authorization"] == authorization(asked, server.url)


def test_credentials_of_the_container_s_endpoint() -> None:
    given = {"AccessKeyId": "key", "SecretAccessKey": "secret", "Token": "token"}
    with (
        scripted(Said(body=json.dumps(given).encode())) as endpoint,
        scripted(Said(body=packed())) as server,
    ):
        uri = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{endpoint.url}/v1/credentials"}
        done = run(server, packed(), **uri, AWS_CONTAINER_AUTHORIZATION_TOKEN="word")
        assert done.returncode == 0
        assert endpoint.asked[0].headers["Authorization"] == "word"
        assert server.asked[0].headers["X-Amz-Security-Token"] == "token"


def test_another_zip_than_the_deployed_one_does_not_run() -> None:
    with scripted(Said(body=packed() + b"x")) as server:
        done = run(server, packed(), **KEYS)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not what was deployed" in done.stderr


def test_a_service_that_hangs_up_is_asked_again() -> None:
    with scripted(SILENCE, Said(body=packed())) as server:
        assert run(server, packed(), **KEYS).returncode == 0


def test_nothing_in_it_is_replaced_by_batch() -> None:
    """Batch puts parameters in the place of `Ref::NAME`, and variables in that of `$(NAME)`."""
    assert "Ref::" not in TEXT
    assert "$(" not in TEXT
    assert len(TEXT) < 4_500


def test_the_definition_names_the_launcher_that_the_runtime_writes() -> None:
    volume = Volume()
    assert str(volume.launcher) == three_containers.LAUNCHER
    assert str(volume.root) == three_containers.WORK


def authorization(asked: Asked, url: str) -> str:
    """What the runtime, which is held to botocore, would have sent at that moment."""
    moment = calendar.timegm(time.strptime(asked.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    headers = signed_headers(
        Credentials("key", "secret", "token"),
        Scope("eu-west-3", "s3"),
        "GET",
        asked.path,
        "",
        {"Host": url.removeprefix("http://")},
        UNSIGNED,
        moment,
    )
    return headers["Authorization"]
