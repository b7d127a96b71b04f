"""Keys become files of the download folder, whatever they are."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.operate.local_paths import MAX_NAME_BYTES, local_paths

FOLDER = Path("/out")
BUCKETS = st.text(string.ascii_lowercase, min_size=3, max_size=5)
PARTS = st.sampled_from(["", ".", "..", "a", "b", "%2E%2E", "x" * 300, "ñ 日", "\0"])
KEYS = st.lists(PARTS, min_size=1, max_size=4).map("/".join).filter(bool)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a/b.txt", "a/b.txt"),
        ("dir a/ñandú 日本 + & # %41 (1)'s.txt", "dir a/ñandú 日本 + & # %41 (1)'s.txt"),
        ("../../etc/x", "%2E%2E/%2E%2E/etc/x"),
        ("a//b", "a/%/b"),
        ("/etc/passwd", "%/etc/passwd"),
    ],
)
def test_form(key: str, expected: str) -> None:
    assert local_paths([("bkt", key)], FOLDER) == {("bkt", key): FOLDER / "bkt" / expected}


def test_a_key_that_is_also_a_folder() -> None:
    paths = local_paths([("bkt", "a"), ("bkt", "a/b")], FOLDER)
    assert paths["bkt", "a/b"] == FOLDER / "bkt" / "a" / "b"
    assert paths["bkt", "a"].parent == FOLDER / "bkt"
    assert paths["bkt", "a"].name.startswith("a%")


@given(st.sets(st.tuples(BUCKETS, KEYS), max_size=12))
def test_no_two_files_are_the_same_and_none_is_outside(names: set[tuple[str, str]]) -> None:
    paths = local_paths(names, FOLDER)
    assert set(paths) == names
    assert len(set(paths.values())) == len(names)
    for (bucket, _), path in paths.items():
        inside = path.relative_to(FOLDER / bucket)
        assert ".." not in inside.parts
        assert all(len(part.encode()) <= MAX_NAME_BYTES for part in inside.parts)
    # No file is the folder of another.
    assert not any(path in other.parents for path in paths.values() for other in paths.values())
