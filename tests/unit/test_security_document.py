"""docs/security.md names tests for its claims: they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_claim_names_a_test_that_is_there() -> None:
    rows = [
        line
        for line in (ROOT / "docs" / "security.md").read_text().splitlines()
        if line.startswith("|") and line.endswith(".py` |")
    ]
    named = {path for row in rows for path in re.findall(r"`(\w+/test_\w+\.py)`", row)}

    assert len(rows) > 20
    assert [path for path in sorted(named) if not (ROOT / "tests" / path).exists()] == []
