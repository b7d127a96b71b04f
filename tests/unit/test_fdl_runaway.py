"""T7: a workflow that can go round for ever is refused, whatever it looks like."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scar_constructs.language import FdlError, load_application
from tests.unit.fdl_files import write

LOOPS = {"loop", "writes-own-input"}
NAMES = ["".join(name) for length in range(1, 7) for name in product("ab/", repeat=length)]
"""Every name that a script may give to an output, up to six letters: long enough for
the longest folder, a prefix and a suffix."""


@dataclass(frozen=True)
class Place:
    """An input or an output: a folder of a bucket, and the names that it takes there."""

    bucket: str
    folder: str
    prefix: str
    suffix: str

    @property
    def document(self) -> dict[str, Any]:
        filters = {"prefix": [self.prefix], "suffix": [self.suffix]}
        written = {name: value for name, value in filters.items() if value != [""]}
        path = f"{self.bucket}/{self.folder}".rstrip("/")
        return {"storage_provider": "s3", "path": path, **written}

    def takes(self, key: str) -> bool:
        start = f"{self.folder}/" if self.folder else ""
        rest = key.removeprefix(start)
        fits = rest.startswith(self.prefix) and rest.endswith(self.suffix)
        return key.startswith(start) and bool(rest) and fits


@functools.cache
def keys(place: Place) -> set[str]:
    """Keys of the bucket that a place takes, among those of short names."""
    return {
        f"{place.folder}/{name}".lstrip("/")
        for name in NAMES
        if name.startswith(place.prefix) and name.endswith(place.suffix)
    }


LETTERS = st.sampled_from(["", "", "a", "b"])
PLACES = st.builds(
    Place, st.sampled_from(["one", "two"]), st.sampled_from(["", "a", "b", "a/b"]), LETTERS, LETTERS
)
FUNCTIONS = st.lists(st.tuples(PLACES, st.lists(PLACES, max_size=2)), min_size=1, max_size=4)
Functions = list[tuple[Place, list[Place]]]


def can_run_away(functions: Functions) -> bool:
    """Whether some function can start itself, by way of others or not: all paths are followed."""

    def starts(number: int) -> set[int]:
        return {
            other
            for output in functions[number][1]
            for other, (source, _) in enumerate(functions)
            if output.bucket == source.bucket and any(map(source.takes, keys(output)))
        }

    following = [starts(number) for number in range(len(functions))]
    for first in range(len(functions)):
        reached, news = set[int](), set(following[first])
        while news:
            reached |= news
            news = set().union(*(following[number] for number in news)) - reached
        if first in reached:
            return True
    return False


@given(FUNCTIONS, st.booleans())
@settings(max_examples=200)
def test_t7_a_graph_that_can_run_away_is_refused_and_no_other(
    tmp_path: Path, functions: Functions, apart: bool
) -> None:
    """In one file or in one for each function; buckets whose rules overlap use EventBridge."""
    listed = [
        {
            "lambda": {
                "name": f"f{number}",
                "container": {"image": "x"},
                "init_script": "run.sh",
                "input": [source.document],
                "output": [output.document for output in outputs],
            }
        }
        for number, (source, outputs) in enumerate(functions)
    ]
    files = [[one] for one in listed] if apart else [listed]
    texts = {
        f"w{number}": json.dumps({"functions": {"aws": part}}) for number, part in enumerate(files)
    }
    try:
        load_application(write(tmp_path, **texts))
        rules = set[str]()
    except FdlError as refused:
        rules = {problem.rule for problem in refused.problems}
    assert bool(rules & LOOPS) == can_run_away(functions), rules
