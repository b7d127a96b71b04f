"""Work folders, and local names for any key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.workspace import NAME_BYTES, local_name, remove_leftovers, workspace

KEYS = st.text(max_size=1100) | st.lists(st.sampled_from(["..", ".", "", "a", "é" * 300])).map(
    "/".join
)


@given(KEYS)
def test_t8_a_name_is_one_component_of_the_folder(key: str) -> None:
    name = local_name(key)
    assert name not in ("", ".", "..")
    assert "/" not in name
    assert "\0" not in name
    assert 0 < len(os.fsencode(name)) <= NAME_BYTES


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60))
def test_an_ordinary_name_is_kept(name: str) -> None:
    if name not in (".", ".."):
        assert local_name(f"some/folder/{name}") == name


def test_a_long_name_keeps_its_beginning_and_its_suffix() -> None:
    name = local_name("in/" + "é" * 500 + ".tar.gz")
    assert name.startswith("é" * 100)
    assert name.endswith(".gz")
    assert len(name.encode()) <= NAME_BYTES


def test_long_names_do_not_meet() -> None:
    assert local_name("x" * 900 + "a.txt") != local_name("x" * 900 + "b.txt")


def test_the_folder_is_gone_afterwards_whatever_the_script_left(tmp_path: Path) -> None:
    with workspace("id", tmp_path) as work:
        hidden = work.output / "hidden"
        hidden.mkdir()
        (hidden / "file").write_text("x")
        hidden.chmod(0)
        assert {path.name for path in work.root.iterdir()} == {"input", "output", ".script"}
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_attempt_left_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "id" / "output").mkdir(parents=True)
    (tmp_path / "id" / "output" / "stale").write_text("x")
    with workspace("id", tmp_path) as work:
        assert list(work.output.iterdir()) == []


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("one/.script", "two/.script", "somebody's/files"):
        (tmp_path / name).mkdir(parents=True)
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["somebody's"]


def test_the_folder_is_gone_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="x"), workspace("id", tmp_path):
        raise KeyError("x")
    assert list(tmp_path.iterdir()) == []


def test_folders_in_use_are_no_leftovers(tmp_path: Path) -> None:
    """Outside of Lambda, several functions of one machine may share the disk."""
    with workspace("used", tmp_path) as work:
        remove_leftovers(tmp_path)
        assert work.output.is_dir()
    assert list(tmp_path.iterdir()) == []
