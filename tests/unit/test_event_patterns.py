"""EventBridge's patterns take every key that a filter lets through, within what a rule may hold."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.language.workflow.event_patterns import event_patterns
from scar_constructs.model.filters import Filter
from scar_constructs.model.limits import EVENT_PATTERN_MAX_CHARACTERS

LETTERS = "ab"
KEYS = ["".join(key) for length in range(6) for key in product(LETTERS, repeat=length)]
short = st.text(LETTERS, max_size=2)
odd = st.text(st.sampled_from('a/*\\"\n ñ日🧬'), max_size=1024)


def keys_of(pattern: dict[str, Any]) -> list[dict[str, str]]:
    matchers: list[dict[str, str]] = (
        pattern["detail"].get("object", {}).get("key", [{"prefix": ""}])
    )
    return matchers


def matches(pattern: dict[str, Any], key: str) -> bool:
    return any(
        key.startswith(one.get("prefix", "")) and key.endswith(one.get("suffix", ""))
        for one in keys_of(pattern)
    )


@given(st.lists(st.builds(Filter, short, short), max_size=5))
def test_every_key_that_passes_a_filter_is_matched(filters: list[Filter]) -> None:
    (pattern,) = event_patterns("photos", filters)
    for key in KEYS:
        passes = any(key.startswith(one.prefix) and key.endswith(one.suffix) for one in filters)
        assert matches(pattern, key) or (filters and not passes), key


@given(st.lists(st.builds(Filter, odd, odd), max_size=8), short)
def test_no_pattern_is_too_long_or_has_a_wildcard(filters: list[Filter], middle: str) -> None:
    patterns = event_patterns("b" * 63, filters)
    for pattern in patterns:
        assert len(json.dumps(pattern)) <= EVENT_PATTERN_MAX_CHARACTERS
        assert {name for one in keys_of(pattern) for name in one} <= {"prefix", "suffix"}
    for one in filters:
        key = one.prefix + middle + one.suffix
        assert any(matches(pattern, key) for pattern in patterns)


@pytest.mark.parametrize(
    ("filters", "matchers"),
    [
        ([("in/", ""), ("more/", "")], [{"prefix": "in/"}, {"prefix": "more/"}]),
        ([("", ".jpg")], [{"suffix": ".jpg"}]),
        ([("in/", ".jpg"), ("in/", ".png")], [{"prefix": "in/"}]),
        ([("in/", ".jpg"), ("in/sub/", "")], [{"prefix": "in/"}]),
        ([("in/", ""), ("", ".jpg")], [{"prefix": "in/"}, {"suffix": ".jpg"}]),
        ([("a*b\\c/", "")], [{"prefix": "a*b\\c/"}]),
    ],
    ids=["prefixes", "suffix", "both ends", "one in another", "either", "letters as they are"],
)
def test_filters_become_matchers(
    filters: list[tuple[str, str]], matchers: list[dict[str, str]]
) -> None:
    (pattern,) = event_patterns("photos", [Filter(*one) for one in filters])
    assert pattern["detail"] == {"bucket": {"name": ["photos"]}, "object": {"key": matchers}}


@pytest.mark.parametrize("filters", [[], [("in/", ""), ("", "")]], ids=["none", "an empty one"])
def test_a_filter_that_passes_all_needs_no_matcher(filters: list[tuple[str, str]]) -> None:
    (pattern,) = event_patterns("photos", [Filter(*one) for one in filters])
    assert pattern["detail"] == {"bucket": {"name": ["photos"]}}


def test_many_folders_are_shared_between_rules() -> None:
    folders = [f"projects/department-{number}/incoming/" for number in range(100)]
    patterns = event_patterns("photos", [Filter(one, ".tif") for one in folders])
    assert len(patterns) == 3
    for folder in folders:
        assert [matches(pattern, f"{folder}x.tif") for pattern in patterns].count(True) == 1
