"""The fenced blocks of the documents, and which test answers for each of them."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = {"docs/checks.md"}
"""Held to their sources by tests/unit/test_fdl_documents.py: each block of it is a case in
tests/golden/errors, or what the check says of one."""
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: of which document, from which line, in which language."""

    document: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"


CLAIMED: dict[Block, str] = {}
"""The blocks that tests answer for, and how."""


def inline_of(document: str, program: str) -> list[str]:
    """The commands within the sentences of a document that begin with a program's name."""
    text = (ROOT / document).read_text()
    found = re.findall(rf"`({re.escape(program)} [^`]+)`", text)
    return sorted({" ".join(command.split()) for command in found})


def documents() -> list[Path]:
    """Every document that people read."""
    places = ("*.md", "docs/**/*.md", "examples/**/*.md")
    found = {path for place in places for path in ROOT.glob(place)}
    return sorted(path for path in found if path.relative_to(ROOT).as_posix() not in GENERATED)


@functools.cache
def blocks() -> tuple[Block, ...]:
    """All blocks of all documents."""
    return tuple(block for path in documents() for block in _blocks_of(path))


def _blocks_of(path: Path) -> Iterator[Block]:
    text = path.read_text()
    name = path.relative_to(ROOT).as_posix()
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(name, line, found[2], textwrap.dedent(found[3]))


def claim(document: str, start: str, how: str = "run") -> Block:
    """The block of a document that starts so; from now on some test answers for it."""
    (block,) = (one for one in blocks() if one.document == document and one.text.startswith(start))
    CLAIMED[block] = how
    return block


def claim_all(language: str, how: str) -> list[Block]:
    """All blocks in a language."""
    found = [one for one in blocks() if one.language == language]
    CLAIMED.update(dict.fromkeys(found, how))
    return found
