"""A value that is a secret, and how it is found wherever it got to, plain or encoded."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

CANARY = "c4n4ry+Sg7/TqX9=w2Lm"
"""With letters that encodings change."""


def spellings(secret: str = CANARY) -> list[bytes]:
    """The secret as it may stand somewhere: plain, in a URL, in hexadecimal digits, and in base64
    at each of the three places within a longer text."""
    plain = secret.encode()
    found = [plain, quote(secret, safe="").encode(), plain.hex().encode()]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            encoded = encode(bytes(before) + plain)
            # The first and last letters depend on what stands beside the secret.
            found.append(encoded[4 if before else 0 : -4])
    return found


def shows(data: bytes, secret: str = CANARY) -> bool:
    """Whether the secret is in it, also inside of archives."""
    return any(
        spelling in text for text in (data, *_unpacked(data)) for spelling in spellings(secret)
    )


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
    elif data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)


def files_that_show(folder: Path, secret: str = CANARY) -> list[str]:
    """The files below the folder, by name or content."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if shows(name.encode(), secret) or (path.is_file() and shows(path.read_bytes(), secret)):
            found.append(name)
    return found
