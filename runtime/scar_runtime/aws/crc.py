"""CRCs that the standard library lacks, at the speed of its long integers.

S3 gives an object a CRC-64/NVME where its uploader chose no checksum
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html). A
loop over bytes in Python reads a few megabytes a second. Shifts and exclusive ors of long integers
are hundreds of times as fast, and they are all that is needed:

A message is a polynomial over the field of two elements; its CRC is the remainder of a division by
the CRC's polynomial P. The remainder stays the same if one divides by a multiple of P first. One
with few terms, x^d + x^a + x^b + 1, makes that cheap: what stands at x^d and above is cut off, and
added again with d replaced by a, b and 0. Where that is a multiple, so is the polynomial with all
powers doubled, its square: one multiple shortens messages of any length, by half each time.

In the integer of a message, bit 0 is the highest power, as in a reflected CRC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BLOCK = 256 * 1024
"""How many bytes are taken in at once."""

Multiple = tuple[int, Sequence[int]]
"""x^degree + the sum of x^term for all terms."""


@dataclass(frozen=True)
class Kind:
    """A reflected CRC of `width` bits that begins and ends with all bits inverted.

    - `polynomial` is without its highest power
    - `kept` is the multiple that shortens the message as it comes, to its degree
    - `multiples` shorten what is left of it in the end, those of higher degrees first

    The multiples were found by a search for sums of powers with the same remainder. They are no
    more than numbers that happen to have that property, which tests show.
    """

    width: int
    polynomial: int
    kept: Multiple
    multiples: tuple[Multiple, ...]

    @property
    def shortest(self) -> Multiple:
        """x^(2 width), less its remainder."""
        value, top = self.polynomial, 1 << (self.width - 1)
        for _ in range(self.width):
            value = (value & ~top) << 1 ^ (self.polynomial if value & top else 0)
        return 2 * self.width, _powers(value)


CRC64_NVME = Kind(
    width=64,
    polynomial=0xAD93D23594C93659,
    kept=(3838780, (1422297, 1188938, 0)),
    multiples=((86623, (55391, 24661, 14354, 14107, 5637, 2327, 0)),),
)
CRC32_C = Kind(
    width=32,
    polynomial=0x1EDC6F41,
    kept=(6777 << 9, (484 << 9, 100 << 9, 0)),
    multiples=((6777, (484, 100, 0)),),
)


class Crc:
    """The CRC of a stream of bytes; used as the digests of `hashlib` are."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._value = (1 << kind.width) - 1
        self._bits = 0
        self._pending = bytearray()

    def update(self, block: bytes | memoryview) -> None:
        self._pending += block
        if len(self._pending) >= BLOCK:
            self._take()

    def digest(self) -> bytes:
        """The CRC as S3 writes it, the highest bits first. Nothing may come after it."""
        self._take()
        kind = self._kind
        value, bits = self._value, self._bits + kind.width
        for degree, terms in self._reductions(bits):
            value, bits = _shortened(value, bits, degree, terms)
        inverted = value ^ (1 << kind.width) - 1
        return inverted.to_bytes(kind.width // 8, "big")

    def _take(self) -> None:
        pending, (degree, terms) = bytes(self._pending), self._kind.kept
        self._pending.clear()
        for begin in range(0, len(pending), BLOCK):
            block = pending[begin : begin + BLOCK]
            self._value ^= int.from_bytes(block, "little") << self._bits
            self._bits += 8 * len(block)
            self._value, self._bits = _shortened(self._value, self._bits, degree, terms)

    def _reductions(self, bits: int) -> Iterator[Multiple]:
        """What shortens a message of so many bits, step by step, to the width of the CRC."""
        yield self._kind.kept
        for degree, terms in (*self._kind.multiples, self._kind.shortest):
            for doublings in reversed(range((bits // degree).bit_length())):
                yield degree << doublings, [term << doublings for term in terms]
        yield self._kind.width, _powers(self._kind.polynomial)


def _shortened(value: int, bits: int, degree: int, terms: Sequence[int]) -> tuple[int, int]:
    """A message with the same remainder of at most `degree` bits; and how many it has."""
    most = degree - max(terms)
    while bits > degree:
        count = min(bits - degree, most)
        cut = value & ((1 << count) - 1)
        value >>= count
        for term in terms:
            value ^= cut << (degree - count - term)
        bits -= count
    return value, bits


def _powers(polynomial: int) -> list[int]:
    return [power for power in range(polynomial.bit_length()) if polynomial >> power & 1]
