"""Prefixes and suffixes against a brute-force oracle that tries every short key."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.language.workflow.key_patterns import can_trigger
from scar_constructs.model import Input, Output
from scar_constructs.model.filters import Filter, folder_prefix, input_filters, minimal
from tests.unit.fdl_files import load, rules_of

LETTERS = "ab"
short = st.text(LETTERS, max_size=3)
filters = st.builds(Filter, short, short)
KEYS = ["".join(key) for length in range(7) for key in product(LETTERS, repeat=length)]
"""Every key of up to six letters: long enough for any prefix of three and suffix of three."""


def passes(key: str, one: Filter) -> bool:
    return key.startswith(one.prefix) and key.endswith(one.suffix)


@given(filters, filters)
def test_overlap_is_a_key_that_passes_both(first: Filter, second: Filter) -> None:
    assert first.overlaps(second) == any(passes(key, first) and passes(key, second) for key in KEYS)


@given(st.lists(filters, max_size=5))
def test_minimal_filters_pass_the_same_keys(given_filters: list[Filter]) -> None:
    kept = minimal(given_filters)

    for key in KEYS:
        before = any(passes(key, one) for one in given_filters)
        assert any(passes(key, one) for one in kept) == before
    assert not any(a is not b and a.covers(b) for a in kept for b in kept)


folders = st.sampled_from(["", "a", "b", "a/b", "aa"])
some = st.lists(st.text("ab/", max_size=2), max_size=2).map(tuple)
NAMES = ["".join(name) for length in range(1, 9) for name in product("ab/", repeat=length)]
"""Long enough for the longest folder, prefix and suffix of an input, one after the other."""
inputs = st.builds(Input, bucket=st.just("bbb"), folder=folders, prefixes=some, suffixes=some)
outputs = st.builds(
    Output,
    bucket=st.just("bbb"),
    folder=folders,
    prefixes=some,
    suffixes=some,
    key=st.sampled_from(["{name}", "a/{name}", "{name}.b", "b{name}a", "a/b", "{name}b"]),
)
stems = st.builds(
    Output,
    bucket=st.just("bbb"),
    folder=folders,
    key=st.sampled_from(["{stem}", "{stem}.b", "a{stem}", "{stem}/b", "a/{stem}b", "{stem}/ab"]),
)
STEMS = ["".join(stem) for length in range(1, 7) for stem in product("ab.", repeat=length)]


def starts(source: Input, key: str) -> bool:
    """What the documents say of an input, word for word."""
    start = folder_prefix(source.folder)
    if not key.startswith(start):
        return False
    rest = key[len(start) :]
    return any(rest.startswith(p) for p in source.prefixes or ("",)) and any(
        key.endswith(s) for s in source.suffixes or ("",)
    )


def takes(output: Output, name: str) -> bool:
    """What the documents say of an output, word for word."""
    return any(name.startswith(p) for p in output.prefixes or ("",)) and any(
        name.endswith(s) for s in output.suffixes or ("",)
    )


@given(outputs, inputs)
def test_a_trigger_is_a_file_that_the_output_writes_and_the_input_takes(
    output: Output, source: Input
) -> None:
    written = (
        folder_prefix(output.folder) + output.key.replace("{name}", name)
        for name in NAMES
        if takes(output, name)
    )

    assert can_trigger(output, source) == any(starts(source, key) for key in written)


@given(stems, inputs)
def test_a_stem_holds_no_slash(output: Output, source: Input) -> None:
    written = (folder_prefix(output.folder) + output.key.replace("{stem}", stem) for stem in STEMS)

    assert can_trigger(output, source) == any(starts(source, key) for key in written)


@given(inputs, st.text("ab/", max_size=6))
def test_the_rules_of_an_input_pass_what_starts_it(source: Input, key: str) -> None:
    assert any(passes(key, one) for one in input_filters(source)) == starts(source, key)


def test_pairs_that_are_possible_are_made_and_more_are_refused(tmp_path: Path) -> None:
    def text(prefixes: int, suffixes: int) -> str:
        starts = ", ".join(f"p{n}x" for n in range(prefixes))
        ends = ", ".join(f".s{n}" for n in range(suffixes))
        return (
            "functions: {aws: [{lambda: {name: f, container: {image: x}, init_script: run.sh, "
            "input: [{storage_provider: s3, path: some-bucket/in, "
            f"prefix: [{starts}], suffix: [{ends}]}}]}}}}]}}\n"
        )

    (stack,) = load(tmp_path, a=text(50, 20)).stacks
    assert len(input_filters(stack.functions[0].inputs[0])) == 1000
    assert rules_of(tmp_path, a=text(300, 300)) == ["many-filters"]


def test_many_filters_are_not_compared_in_pairs() -> None:
    """By the number of texts that are looked at."""

    class Counted(str):
        looks = 0

        def __getitem__(self, key: Any) -> str:
            Counted.looks += 1
            return super().__getitem__(key)

        def startswith(self, *rest: Any) -> bool:
            Counted.looks += 1
            return super().startswith(*rest)

        def endswith(self, *rest: Any) -> bool:
            Counted.looks += 1
            return super().endswith(*rest)

    filters = [Filter(Counted(f"p{n:05}"), Counted(f"s{n:05}")) for n in range(2_000)]
    assert len(minimal(filters)) == 2_000
    assert Counted.looks < 10 * len(filters)
