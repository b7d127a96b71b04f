"""Paths that lead nowhere, round in rings, or are no paths: told in words, wherever they stand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scar_constructs.language import load_application
from tests.unit.fdl_files import problems_of

LONG_NAME = "n" * 300
LONG_PATH = "/".join(["d" * 200] * 25)
KEYS = ("init_script", "image_file", "extra_payload")


def make_ring(folder: Path) -> str:
    (folder / "ring").symlink_to("other")
    (folder / "other").symlink_to("ring")
    return "ring"


def make_ring_above(folder: Path) -> str:
    make_ring(folder)
    return "ring/below"


def make_link_to_itself(folder: Path) -> str:
    (folder / "self").symlink_to("self")
    return "self"


def long_name(_: Path) -> str:
    return LONG_NAME


def long_path(_: Path) -> str:
    return LONG_PATH


def below_a_file(folder: Path) -> str:
    (folder / "file").write_text("text")
    return "file/below"


def a_device(_: Path) -> str:
    return "/dev/null"


def nul(_: Path) -> str:
    return r"a\0b"


@pytest.mark.parametrize("untrusted", [False, True], ids=["own", "untrusted"])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "make",
    [
        *(make_ring, make_ring_above, make_link_to_itself, long_name, long_path, below_a_file),
        *(a_device, nul),
    ],
)
def test_a_path_that_leads_nowhere_is_a_problem_at_its_key(
    make: object, key: str, untrusted: bool, tmp_path: Path
) -> None:
    assert callable(make)
    name = make(tmp_path)
    image = "" if key == "image_file" else "image: x, "
    text = f'functions: {{f: {{{image}{key}: "{name}", s3: {{input_bucket: odd-paths}}}}}}\n'
    problems = problems_of(tmp_path, untrusted=untrusted, a=text)
    assert f"functions.f.{key}" in [problem.path for problem in problems]


@pytest.mark.parametrize("untrusted", [False, True], ids=["own", "untrusted"])
@pytest.mark.parametrize(
    ("name", "target"), [("a.yaml", "a.yaml"), ("b", "b"), (LONG_NAME, None), ("none", None)]
)
def test_a_file_that_is_given_and_leads_nowhere_is_told(
    name: str, target: str | None, untrusted: bool, tmp_path: Path
) -> None:
    if target is not None:
        (tmp_path / name).symlink_to(target)
    assert problems_at(tmp_path / name, untrusted=untrusted) <= {"file-missing", "file-unreadable"}


def problems_at(path: Path, *, untrusted: bool) -> set[str]:
    from scar_constructs.language import FdlError

    with pytest.raises(FdlError) as caught:
        load_application([path], untrusted=untrusted)
    return {problem.rule for problem in caught.value.problems}


@pytest.mark.parametrize("given", ["flows", "flows/deep", "./flows", "../work/flows"])
def test_an_untrusted_folder_is_not_followed_out_through_links(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, secrets = tmp_path / "work", tmp_path / "secrets"
    (secrets / "deep").mkdir(parents=True)
    work.mkdir()
    for folder in (secrets, secrets / "deep"):
        (folder / "a.yaml").write_text("functions: {hunter2: 1}\n")
    (work / "flows").symlink_to("../secrets")
    monkeypatch.chdir(work)
    expected = set() if given.startswith("..") else {"untrusted-file"}
    found = problems_at(Path(given), untrusted=True)
    assert expected <= found
    if expected:
        assert found == expected
    assert problems_at(Path(given), untrusted=False).isdisjoint({"untrusted-file"})


def test_a_folder_inside_may_be_reached_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.yaml").write_text("functions: {f: {image: x, entrypoint: [x]}}\n")
    (tmp_path / "link").symlink_to("flows")
    monkeypatch.chdir(tmp_path)
    load_application([Path("link")], untrusted=True)


def test_a_payload_with_names_that_are_no_text_or_too_deep_is_told(tmp_path: Path) -> None:
    payload = tmp_path / "files"
    payload.mkdir()
    (payload / os.fsdecode(b"\xff")).write_text("x")
    text = "functions: {f: {image: x, entrypoint: [x], extra_payload: files}}\n"
    (problem,) = (one for one in problems_of(tmp_path, a=text) if one.rule == "payload-entry")
    assert "has a name that is not UTF-8" in problem.message


def test_a_payload_deeper_than_a_path_may_be_is_told(tmp_path: Path) -> None:
    payload = tmp_path / "files"
    payload.mkdir()
    here = os.open(payload, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    text = "functions: {f: {image: x, entrypoint: [x], extra_payload: files}}\n"
    problems = [one for one in problems_of(tmp_path, a=text) if one.rule == "payload-entry"]
    assert "cannot be read: file name too long" in problems[0].message


def test_a_payload_whose_folder_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so that only the system's answer can say no here."""
    (tmp_path / "files" / "locked").mkdir(parents=True)
    asked = os.access

    def access(path: Path, mode: int) -> bool:
        return path.name != "locked" and asked(path, mode)

    monkeypatch.setattr(os, "access", access)
    text = "functions: {f: {image: x, entrypoint: [x], extra_payload: files}}\n"
    (problem,) = (one for one in problems_of(tmp_path, a=text) if one.rule == "payload-entry")
    assert "cannot be read: permission denied" in problem.message
