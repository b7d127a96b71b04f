"""How wide a text is in Helvetica, whose widths Arial, Liberation Sans and Arimo have as well.

From a table, never from the machine's fonts: positions have to be the same everywhere.
"""

from __future__ import annotations

import unicodedata

SLACK = 1.05
"""For fonts that stand in for Helvetica."""

# Of the characters from the space to the tilde, in thousandths of the size.
_PLAIN = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_BOLD = (
    *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611),
    *(975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556),
    *(333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611),
    *(611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584),
)
_KNOWN = {"·": 333, "…": 1000, "−": 584}  # noqa: RUF001 - a minus
_WIDE = 1050
_OTHER = 780
"""Wider than all but a few letters of other alphabets."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """In the same unit as the size."""
    table = _BOLD if bold else _PLAIN
    return sum(_thousandths(letter, table) for letter in text) * size * SLACK / 1000


def _thousandths(letter: str, table: tuple[int, ...]) -> int:
    at = ord(letter) - ord(" ")
    if at < len(table):
        return table[at]
    if letter in _KNOWN:
        return _KNOWN[letter]
    if unicodedata.combining(letter):
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _OTHER
