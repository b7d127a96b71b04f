"""A review for programs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from scar_constructs.review.compare import Review
from scar_constructs.review.outline import summary
from scar_constructs.review.rights import Right

VERSION = 1
"""Of the form of the document. Fields may be added; one that goes or means something else raises
it."""


def document(review: Review) -> dict[str, Any]:
    """All of it as what JSON has. Names are those of the fields of `Review`."""
    found = {one.name: _plain(getattr(review, one.name)) for one in fields(review)}
    found["opened"] = [{"function": name, "callers": callers} for name, callers in review.opened]
    found["cost"]["functions"] = [
        {"name": name, **_plain(usd)} for name, usd in review.cost.functions
    ]
    head = {"version": VERSION, "summary": summary(review), "fails_on": review.verdict}
    return {**head, **found}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        found = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return found | ({"statement": value.statement} if isinstance(value, Right) else {})
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
