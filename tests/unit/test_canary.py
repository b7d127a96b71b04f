"""A secret that a user has written where none belongs is refused and never shown; and the search
for secrets finds them."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.support.canary import CANARY, shows
from tests.support.command import main

FUNCTION = "functions:\n  cow:\n    image: debian\n    init_script: run.sh\n"
MISPLACED = {
    "a key of S3": f"storage_providers:\n  s3:\n    x: {{access_key: a, secret_key: '{CANARY}'}}\n",
    "a key of MinIO": (
        f"storage_providers:\n  minio:\n    x: {{endpoint: 'https://x', secret_key: '{CANARY}'}}\n"
    ),
    "a token of Onedata": (
        f"storage_providers:\n  onedata:\n    x: {{oneprovider_host: h, token: '{CANARY}'}}\n"
    ),
    "a password of WebDAV": (
        f"storage_providers:\n  webdav:\n    x: {{hostname: h, password: '{CANARY}'}}\n"
    ),
    "a value in place of an ARN": f"{FUNCTION}    secrets: {{TOKEN: '{CANARY}'}}\n",
    "a registry's password": f"{FUNCTION}    repository_credentials: '{CANARY}'\n",
    "a variable": f"{FUNCTION}    environment: {{AWS_SECRET_ACCESS_KEY: '{CANARY}'}}\n",
}


@pytest.mark.parametrize("switch", [["--format", "text"], ["--format", "json"], ["--explain"]])
@pytest.mark.parametrize("place", MISPLACED)
def test_a_misplaced_secret_is_refused_and_not_shown(
    place: str, switch: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ntrue\n")
    text = MISPLACED[place]
    path = tmp_path / "a.yaml"
    path.write_text(text if "functions" in text else text + FUNCTION)

    code = main(["check", *switch, str(path)])

    told = capsys.readouterr()
    assert code == 1
    assert not shows((told.out + told.err).encode())


def packed(content: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file", content)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        f"x {CANARY} y".encode(),
        *(base64.b64encode(bytes(n) + f"{CANARY} more".encode()) for n in range(5)),
        json.dumps({"value": CANARY}).encode(),
        packed(CANARY.encode()),
        packed(base64.b64encode(CANARY.encode())),
    ],
)
def test_the_search_finds_it(data: bytes) -> None:
    assert shows(data)


def test_the_search_finds_nothing_else() -> None:
    assert not shows(b"canary", CANARY)
    assert not shows(packed(b"c4n4ry"))
