"""`release_notes.py vX.Y.Z`: print the changelog's section of the package's version, vX.Y.Z."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def notes(changelog: str, version: str) -> str:
    """The text below the version's heading. Raises ValueError if there is none, or no text."""
    heading = re.compile(rf"^## {re.escape(version)}(?= |\n).*\n", re.MULTILINE)
    found = heading.search(changelog)
    text = "" if found is None else changelog[found.end() :].partition("\n## ")[0].strip()
    if not text:
        raise ValueError(f"CHANGELOG.md has no section of version {version}")
    return f"{text}\n"


def main(tag: str) -> str:
    """The notes of a tag. Raises ValueError if it is not of the package's version."""
    text = (ROOT / "scar_constructs" / "__init__.py").read_text()
    said = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    version = "" if said is None else said[1]
    if tag != f"v{version}":
        raise ValueError(f"the tag {tag} is not the package's version, which is {version}")
    return notes((ROOT / "CHANGELOG.md").read_text(), version)


if __name__ == "__main__":
    try:
        print(main(sys.argv[1]), end="")
    except ValueError as error:
        sys.exit(str(error))
