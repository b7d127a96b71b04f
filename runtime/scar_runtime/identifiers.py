"""Identifiers that nobody else makes."""

from __future__ import annotations

import os


def unique() -> str:
    """A random UUID (version 4). The library's `uuid` would take longer to import than all of
    the runtime's own modules but one."""
    digits = bytearray(os.urandom(16))
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    text = digits.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
