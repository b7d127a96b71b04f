"""Checksums of objects: what S3 says that an object's content is like, and what it is like.

An object has a checksum of its whole content, or one that is composed of those of the parts in
which it was uploaded: the checksum of all their checksums, with the number of parts behind it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scar_runtime.aws.errors import UnreadableError

ASKED = {"x-amz-checksum-mode": "ENABLED"}
"""The header without which S3 says nothing of checksums."""
ALGORITHMS = ("crc32", "sha1", "sha256", "sha512", "md5", "crc32c", "crc64nvme")
"""Those that we can compute, cheap ones first. An object seldom has more than one."""
_PREFIX = "x-amz-checksum-"
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_CRC32_POLYNOMIAL = 0xEDB88320


class Hash(Protocol):
    """A checksum in the making."""

    def update(self, block: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc32:
    """A CRC-32 in the making, that can also take in the CRC-32 of what comes next."""

    def __init__(self) -> None:
        self.value = 0

    def update(self, block: bytes | memoryview, /) -> None:
        self.value = zlib.crc32(block, self.value)

    def join(self, value: int, size: int) -> None:
        """Take in the next `size` bytes, whose CRC-32 is `value`."""
        # To append bytes is to multiply by x^(8 size); the new bytes are added.
        before = _product(_power(8 * size), self.value) if self.value else 0
        self.value = before ^ value

    def digest(self) -> bytes:
        return self.value.to_bytes(4, "big")


def _product(a: int, b: int) -> int:
    """Of two polynomials over the field of two elements, modulo that of CRC-32; the highest bit
    is the power 0."""
    product = 0
    for power in range(32):
        if a >> (31 - power) & 1:
            product ^= b
        b = b >> 1 ^ (_CRC32_POLYNOMIAL if b & 1 else 0)
    return product


@functools.cache
def _power(exponent: int) -> int:
    """x^exponent."""
    result, square = 1 << 31, 1 << 30
    while exponent:
        if exponent & 1:
            result = _product(result, square)
        square = _product(square, square)
        exponent >>= 1
    return result


def new_hash(algorithm: str) -> Hash:
    if algorithm == "crc32":
        return Crc32()
    if algorithm in ("crc32c", "crc64nvme"):
        from scar_runtime.aws.crc import CRC32_C, CRC64_NVME, Crc

        return Crc(CRC32_C if algorithm == "crc32c" else CRC64_NVME)
    return hashlib.new(algorithm, usedforsecurity=False)


@dataclass(frozen=True)
class Expected:
    """What the content of an object must yield; `parts`: the number of parts that a composed
    checksum is of, None of one of the whole."""

    algorithm: str
    value: bytes
    parts: int | None = None

    def __str__(self) -> str:
        text = base64.b64encode(self.value).decode()
        return f"{self.algorithm} {text}" + (f"-{self.parts}" if self.parts else "")


def expected(headers: Mapping[str, str]) -> Expected | None:
    """What S3 says of a whole object, by the headers of its answer with names in small letters;
    None if that is nothing that we can compute.

    An ETag is the MD5 of what was uploaded at once and is not encrypted under a key of the user's:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    for algorithm in ALGORITHMS:
        text, dash, count = headers.get(_PREFIX + algorithm, "").partition("-")
        if not text or (not dash and headers.get(_PREFIX + "type") == "COMPOSITE"):
            continue
        try:
            value = base64.b64decode(text, validate=True)
            return Expected(algorithm, value, int(count) if dash else None)
        except ValueError:
            raise UnreadableError(f"a checksum that is none: {text}{dash}{count}") from None
    etag = _MD5.fullmatch(headers.get("etag", ""))
    encryption = headers.get("x-amz-server-side-encryption", "AES256")
    own_key = "x-amz-server-side-encryption-customer-algorithm" in headers
    if etag and encryption == "AES256" and not own_key:
        return Expected("md5", bytes.fromhex(etag[1]))
    return None


def require_content(wanted: Expected | None, content: bytes) -> None:
    """Raise `UnreadableError` if a whole content is not what is expected of it. A checksum that
    is composed of several parts' says nothing without them."""
    if wanted is None or wanted.parts not in (None, 1):
        return
    tally = Tally(wanted, [len(content)])
    tally.add(len(content), [content], zlib.crc32(content))
    if tally.result() != wanted:
        raise UnreadableError(f"the content arrived changed: {tally.result()}, not {wanted}")


class Tally:
    """What a content yields that comes piece by piece, in order. A piece is within one part.

    `sizes` are those of the parts that a composed checksum is of.
    """

    def __init__(self, wanted: Expected, sizes: Sequence[int]) -> None:
        self._wanted = wanted
        self._left = list(sizes) if wanted.parts else []
        self._digests: list[bytes] = []
        self._hash = new_hash(wanted.algorithm)
        self._size = 0

    def add(self, size: int, blocks: Iterable[bytes], crc32: int) -> None:
        """Take the next piece in, by its CRC-32 if that will do, else by its content, which only
        then is read."""
        if isinstance(self._hash, Crc32):
            self._hash.join(crc32, size)
        else:
            for block in blocks:
                self._hash.update(block)
        self._size += size
        while self._left and self._size == self._left[0]:
            self._digests.append(self._hash.digest())
            self._hash = new_hash(self._wanted.algorithm)
            self._left.pop(0)
            self._size = 0

    def result(self) -> Expected:
        if not self._wanted.parts:
            return Expected(self._wanted.algorithm, self._hash.digest())
        whole = new_hash(self._wanted.algorithm)
        whole.update(b"".join(self._digests))
        return Expected(self._wanted.algorithm, whole.digest(), len(self._digests))
