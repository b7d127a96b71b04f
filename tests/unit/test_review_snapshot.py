"""The document of a version beside its templates: it comes back as it was, or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.cli.main import scar
from scar_constructs.errors import UserError
from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.language.lock import NO_LOCK
from scar_constructs.review import snapshot
from scar_constructs.review.compare import review
from scar_constructs.review.sides import Side, side

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted((GOLDEN / "templates").iterdir())
TEN = GOLDEN / "reviews" / "ten"


def loaded(case: Path) -> Side:
    return side("", load_application([case]))


def assembly(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / snapshot.MANIFEST).write_text("{}")
    (folder / snapshot.SNAPSHOT).write_text(text)
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_comes_back_as_it_was(case: Path, tmp_path: Path) -> None:
    folder = assembly(tmp_path / "out", "")
    application = load_application([case])
    snapshot.write_snapshot(application, NO_LOCK, folder)
    found = snapshot.read_snapshot(folder, "other")
    assert review(side("one", application), found, Assumptions()).is_empty
    first = (folder / snapshot.SNAPSHOT).read_bytes()
    snapshot.write_snapshot(load_application([case]), NO_LOCK, folder)
    assert (folder / snapshot.SNAPSHOT).read_bytes() == first
    assert str(Path(__file__).parents[2]).encode() not in first


def test_assemblies_are_compared_as_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    for name in ("before", "after"):
        monkeypatch.chdir(TEN)
        version = load_application([Path(name)])
        folders.append(assembly(tmp_path / name, ""))
        snapshot.write_snapshot(version, NO_LOCK, folders[-1])
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(scar, ["review", "before", "after"], catch_exceptions=False)
    assert result.output == (TEN / "review.txt").read_text()


def test_an_assembly_is_compared_with_files(tmp_path: Path) -> None:
    folder = assembly(tmp_path / "out", "")
    snapshot.write_snapshot(load_application([TEN / "before"]), NO_LOCK, folder)
    result = CliRunner().invoke(scar, ["review", str(folder), str(TEN / "before")])
    assert result.output.endswith(": no change\n")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"version": 1}', '{"version": 99}', "[" * 100_000]
)
def test_what_is_no_snapshot_is_refused(text: str, tmp_path: Path) -> None:
    folder = assembly(tmp_path / "out", text)
    with pytest.raises(UserError, match="synthesise it again"):
        snapshot.read_snapshot(folder, "out")


def test_an_assembly_without_one_is_refused(tmp_path: Path) -> None:
    folder = assembly(tmp_path / "out", "")
    (folder / snapshot.SNAPSHOT).unlink()
    result = CliRunner().invoke(scar, ["review", str(folder), str(TEN / "before")])
    assert "synthesise it again" in str(result.exception)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to each value of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for name, one in items:
        found += places(one, (*path, name)) if isinstance(one, dict | list) else [(*path, name)]
    return found


DOCUMENT = snapshot.snapshot(loaded(CASES[0]))
PLACES = places(json.loads(DOCUMENT))


@given(
    st.sampled_from(PLACES),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.just([]), st.just({})),
)
def test_a_document_with_another_value_is_a_version_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, ...], value: Any
) -> None:
    document = json.loads(DOCUMENT)
    within = document
    for name in place[:-1]:
        within = within[name]
    within[place[-1]] = value
    folder = assembly(tmp_path_factory.mktemp("one") / "out", json.dumps(document))
    try:
        found = snapshot.read_snapshot(folder, "out")
    except UserError:
        return
    assert isinstance(found, Side)


def test_a_document_of_a_version_that_knew_less_is_read(tmp_path: Path) -> None:
    """What it does not say is as it is by default: that was all there was."""
    document = json.loads(DOCUMENT)
    for view in document["functions"].values():
        for name in ("queue", "lambda_up_to_bytes", "join_steps"):
            del view["function"][name]
    folder = assembly(tmp_path / "out", json.dumps(document))
    assert snapshot.read_snapshot(folder, "") == snapshot.read_snapshot(
        assembly(tmp_path / "now", DOCUMENT), ""
    )


def test_a_document_of_a_version_that_knew_more_is_refused(tmp_path: Path) -> None:
    document = json.loads(DOCUMENT)
    for view in document["functions"].values():
        view["function"]["later"] = True
    with pytest.raises(UserError, match="cannot be read by this version"):
        snapshot.read_snapshot(assembly(tmp_path / "out", json.dumps(document)), "out")
