"""S3 refuses notification rules of which two could take the same object."""

from __future__ import annotations

from typing import Any

import pytest

from scar_constructs.emulator.notifications import overlap


def rule(prefix: str = "", suffix: str = "", event: str = "s3:ObjectCreated:*") -> dict[str, Any]:
    return {"events": [event], "filter_prefix": prefix or None, "filter_suffix": suffix or None}


@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        pytest.param([rule("in/")], False, id="one"),
        pytest.param([rule("a/"), rule("b/")], False, id="apart"),
        pytest.param([rule("in/"), rule("in/sub/")], True, id="nested prefixes"),
        pytest.param([rule("in/", ".jpg"), rule("in/", ".png")], False, id="other suffixes"),
        pytest.param([rule("in/", ".jpg"), rule("in/sub/", "b.jpg")], True, id="nested both"),
        pytest.param([rule(), rule("in/")], True, id="no prefix is every prefix"),
        pytest.param(
            [
                rule("in/", event="s3:ObjectCreated:Put"),
                rule("in/", event="s3:ObjectRemoved:*"),
            ],
            False,
            id="other events",
        ),
        pytest.param(
            [rule("in/", event="s3:ObjectCreated:Put"), rule("in/")], True, id="covered events"
        ),
        pytest.param([rule("a/"), rule("b/"), rule("a/x")], True, id="not only neighbours"),
    ],
)
def test_overlap(rules: list[dict[str, Any]], refused: bool) -> None:
    assert (overlap(rules) is not None) is refused
