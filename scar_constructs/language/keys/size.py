"""Sizes of files, as people write them."""

from __future__ import annotations

from scar_constructs.language.keys.scalars import END, Text

_UNITS = {
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}

SIZE = Text(
    "a size such as 200MB or 1GiB",
    pattern=rf"^[1-9][0-9]{{0,5}}(?:{'|'.join(_UNITS)}){END}",
    fix=f"write whole numbers with one of {', '.join(_UNITS)}, such as 200MB",
)


def bytes_of(size: str) -> int:
    """The bytes of a text that passes `SIZE`.

    >>> bytes_of("200MB"), bytes_of("1GiB")
    (200000000, 1073741824)
    """
    digits = size.rstrip("KMGiB")
    return int(digits) * _UNITS[size.removeprefix(digits)]
