"""Checksums are those of S3, whatever way they are computed, and say which objects are whole."""

from __future__ import annotations

import base64
import binascii
import hashlib
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.aws.checksums import Crc32, Expected, Tally, expected, new_hash, require_content
from scar_runtime.aws.crc import BLOCK, CRC32_C, CRC64_NVME, Kind
from scar_runtime.aws.errors import UnreadableError

KINDS = {"crc32c": CRC32_C, "crc64nvme": CRC64_NVME}
DIGITS = b"123456789"
CHECKS = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
"""Of the nine digits: https://reveng.sourceforge.io/crc-catalogue/all.htm"""


def plain(kind: Kind, content: bytes) -> bytes:
    """The CRC bit by bit, as its definition has it."""
    polynomial = int(f"{kind.polynomial:0{kind.width}b}"[::-1], 2)
    value = (1 << kind.width) - 1
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return (value ^ (1 << kind.width) - 1).to_bytes(kind.width // 8, "big")


def of(name: str, *blocks: bytes) -> bytes:
    made = new_hash(name)
    for block in blocks:
        made.update(block)
    return made.digest()


@pytest.mark.parametrize("name", CHECKS)
def test_crcs_are_those_of_the_catalogue(name: str) -> None:
    assert of(name, DIGITS).hex() == CHECKS[name]
    assert of(name, *(bytes([digit]) for digit in DIGITS)).hex() == CHECKS[name]


@pytest.mark.parametrize("name", KINDS)
@given(content=st.binary(max_size=2000))
def test_crcs_are_those_of_their_definition(name: str, content: bytes) -> None:
    assert of(name, content) == plain(KINDS[name], content)


@pytest.mark.parametrize("name", KINDS)
def test_long_contents_have_the_crcs_of_their_definition(name: str) -> None:
    """Longer than what is kept of a message at once, in blocks of any length."""
    generator = random.Random(7)  # noqa: S311  (no secret)
    content = generator.randbytes(3 * BLOCK + 12_345)
    blocks = []
    begin = 0
    while begin < len(content):
        end = begin + generator.choice((1, 77, 4096, BLOCK, BLOCK + 1))
        blocks.append(content[begin:end])
        begin = end
    assert of(name, *blocks) == of(name, content) == plain(KINDS[name], content)


def power(kind: Kind, exponent: int) -> int:
    """The remainder of x^exponent, by squaring and multiplying as one learns it."""
    modulus = 1 << kind.width | kind.polynomial
    result, base = 1, 2
    while exponent:
        if exponent & 1:
            result = product(result, base, modulus)
        base = product(base, base, modulus)
        exponent >>= 1
    return result


def product(a: int, b: int, modulus: int) -> int:
    value = 0
    while b:
        if b & 1:
            value ^= a
        a <<= 1
        if a.bit_length() == modulus.bit_length():
            a ^= modulus
        b >>= 1
    return value


@pytest.mark.parametrize("kind", [CRC32_C, CRC64_NVME], ids=KINDS)
def test_what_shortens_messages_is_a_multiple_of_the_polynomial(kind: Kind) -> None:
    for degree, terms in (kind.kept, *kind.multiples, kind.shortest):
        remainder = power(kind, degree)
        for term in terms:
            remainder ^= power(kind, term)
        assert remainder == 0, degree
        assert degree - max(terms) > 8 * BLOCK or (degree, terms) != kind.kept


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_a_crc_32_is_joined_of_the_crcs_of_its_pieces(pieces: list[bytes]) -> None:
    joined = Crc32()
    for piece in pieces:
        joined.join(zlib.crc32(piece), len(piece))
    assert joined.value == zlib.crc32(b"".join(pieces))


def test_pieces_of_any_length_are_joined() -> None:
    zeros = Crc32()
    for size in (8 << 20, (8 << 20) + 1, 5 << 30):
        zeros.join(0, size)  # some content whose CRC-32 is 0
    assert zeros.value == 0
    zeros.value = 1
    zeros.join(zlib.crc32(bytes(8 << 20)), 8 << 20)
    assert zeros.value == zlib.crc32(bytes(8 << 20), 1)


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()


MD5 = hashlib.md5(b"content", usedforsecurity=False).hexdigest()
SUM = text(hashlib.sha256(b"content").digest())


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"x-amz-checksum-crc32": "y/Q5Jg=="}, Expected("crc32", bytes.fromhex(CHECKS["crc32"]))),
        ({"x-amz-checksum-crc32": "y/Q5Jg==-3"}, Expected("crc32", b"\xcb\xf49&", 3)),
        (
            {"x-amz-checksum-crc32": "y/Q5Jg==-3", "x-amz-checksum-type": "COMPOSITE"},
            Expected("crc32", b"\xcb\xf49&", 3),
        ),
        # S3 leaves the number out where a range happens to be all of the object.
        ({"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-type": "COMPOSITE"}, None),
        ({"x-amz-checksum-xxhash3": "AAAAAAAAAAA="}, None),
        ({"x-amz-checksum-sha256": SUM}, Expected("sha256", base64.b64decode(SUM))),
        (
            {"x-amz-checksum-crc64nvme": "rosUhgp5mIg=", "etag": f'"{MD5}"'},
            Expected("crc64nvme", bytes.fromhex(CHECKS["crc64nvme"])),
        ),
        ({"etag": f'"{MD5}"'}, Expected("md5", bytes.fromhex(MD5))),
        (
            {"etag": f'"{MD5}"', "x-amz-server-side-encryption": "AES256"},
            Expected("md5", bytes.fromhex(MD5)),
        ),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms"}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms:dsse"}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None),
        ({"etag": f'"{MD5}-2"'}, None),
        ({"etag": '"something else"'}, None),
        ({}, None),
    ],
)
def test_what_an_answer_says_of_an_object(headers: dict[str, str], found: Expected | None) -> None:
    assert expected(headers) == found


@pytest.mark.parametrize("value", ["&", "AAAA-x"])
def test_a_checksum_that_is_none_is_no_checksum(value: str) -> None:
    with pytest.raises(UnreadableError, match="a checksum that is none"):
        expected({"x-amz-checksum-crc32": value})


@pytest.mark.parametrize("name", ["crc32", "crc32c", "sha1", "sha256"])
@pytest.mark.parametrize("sizes", [[7], [4, 3], [3, 3, 1], [1] * 7])
def test_a_composed_checksum_is_of_the_checksums_of_the_parts(name: str, sizes: list[int]) -> None:
    content, begin, digests = b"content", 0, []
    tally = Tally(Expected(name, b"", len(sizes)), sizes)
    for size in sizes:
        part = content[begin : begin + size]
        digests.append(of(name, part))
        begin += size
        for piece in (part[:2], part[2:]):
            if piece:
                tally.add(len(piece), [piece], binascii.crc32(piece))
    assert tally.result() == Expected(name, of(name, b"".join(digests)), len(sizes))


def test_an_empty_object_has_a_checksum_too() -> None:
    tally = Tally(Expected("crc32", b"", 1), [0])
    tally.add(0, [], 0)
    assert tally.result() == Expected("crc32", of("crc32", bytes(4)), 1)


def test_a_content_in_memory_is_compared() -> None:
    wanted = Expected("md5", bytes.fromhex(MD5))
    require_content(wanted, b"content")
    with pytest.raises(UnreadableError, match=r"the content arrived changed: md5 .*, not md5 "):
        require_content(wanted, b"Content")
    require_content(None, b"anything")
    require_content(Expected("crc32", b"", 2), b"of parts that are not known here")
    require_content(Expected("crc32", of("crc32", of("crc32", b"x")), 1), b"x")
