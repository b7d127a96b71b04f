"""Keys of the classic dialect, and keys without effect, changed alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.language.keys.containers import Group, Key
from scar_constructs.language.keys.dialects import (
    CLASSIC_FUNCTION,
    CLASSIC_TO_FDL,
    FDL_FUNCTION,
    TOP,
)
from scar_constructs.review.compare import Review, review
from scar_constructs.review.sides import side
from tests.unit.test_review_keys import FUNCTION, base, leaves, put, shown

_BY_PLACE = {place: name for name, place in CLASSIC_TO_FDL.items()}
_NOT_CLASSIC = {"lambda.image", "lambda.environment.Variables.AB"}
"""Keys that only functions under `aws` have."""
_ELSEWHERE = {"s3", "init_script", "image_file", "extra_payload", "region"}
"""Keys that other tests change: edges, contents of files, and what is of the stack."""


def in_classic(place: str) -> str:
    """How the other dialect writes a key."""
    start = max(
        (one for one in _BY_PLACE if place == one or place.startswith((f"{one}.", f"{one}["))),
        key=len,
    )
    return _BY_PLACE[start] + place.removeprefix(start)


def reviewed(folder: Path, documents: tuple[dict[str, Any], dict[str, Any]]) -> Review:
    sides = []
    for name, document in zip(("before", "after"), documents, strict=True):
        (folder / name).mkdir()
        (folder / name / "run.sh").write_text("#!/bin/sh\n")
        (folder / name / "flow.yaml").write_text(yaml.safe_dump(document))
        sides.append(side(name, load_application([folder / name])))
    return review(sides[0], sides[1], Assumptions())


def classic(place: str, value: Any, others: dict[str, Any]) -> dict[str, Any]:
    mode = "batch" if place.startswith("batch.") else "lambda"
    one = {"image": "debian", "init_script": "run.sh", "execution_mode": mode}
    for other, there in others.items():
        if other == "lambda.container":
            continue
        put(one, in_classic(other), there)
    put(one, in_classic(place), value)
    return {"functions": {"one": one}}


@pytest.mark.parametrize("place", [one for one in FUNCTION if one not in _NOT_CLASSIC])
def test_a_classic_key_is_named_as_it_is_written(place: str, tmp_path: Path) -> None:
    before, after, others = FUNCTION[place]
    documents = (classic(place, before, others), classic(place, after, others))
    found = reviewed(tmp_path, documents)
    (function,) = found.functions
    assert [(one.key, one.before, one.after) for one in function.keys] == [
        (in_classic(place), shown(before), shown(after))
    ]
    lines = (tmp_path / "after" / "flow.yaml").read_text().splitlines()
    line = lines[function.keys[0].at.line - 1]
    assert shown(after).strip("[]") in line or place.rpartition(".")[2] in line


def test_no_classic_key_is_left_out() -> None:
    known = {in_classic(place) for place in FUNCTION if place not in _NOT_CLASSIC}
    missing = [
        place
        for place in (one.removesuffix("[0]") for one in leaves(CLASSIC_FUNCTION, ""))
        if place.partition(".")[0].partition("[")[0] not in _ELSEWHERE | {"layers"}
        and place not in ("iam.role", "batch.former")
        and not any(one == place or one.startswith((f"{place}.", f"{place}[")) for one in known)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("input_bucket", "b-other", "is started by files in s3://b-other/new"),
        ("input_folder", "other", "is started by files in s3://b-in/other"),
        ("output_bucket", "b-other", "writes to s3://b-other/done (as {request_id}/{name})"),
        ("output_folder", "other", "writes to s3://b-out/other (as {request_id}/{name})"),
    ],
)
def test_folders_of_the_classic_dialect(key: str, value: str, text: str, tmp_path: Path) -> None:
    s3 = {
        **{"input_bucket": "b-in", "input_folder": "new"},
        **{"output_bucket": "b-out", "output_folder": "done"},
    }
    one = {"image": "debian", "init_script": "run.sh", "s3": s3}
    changed = {**one, "s3": {**s3, key: value}}
    found = reviewed(tmp_path, ({"functions": {"one": one}}, {"functions": {"one": changed}}))
    added = [edge for edge in found.edges if edge.change.value == "added"]
    assert [edge.text for edge in added] == [text]
    line = (tmp_path / "after" / "flow.yaml").read_text().splitlines()[added[0].at.line - 1]
    assert value in line or key.replace("bucket", "folder") in line, "a path has one line"
    assert found.functions == ()


def ignored(shape: object, place: str) -> Iterator[tuple[str, Key]]:
    """Places of keys that the language documents as without effect."""
    for name, key in shape.keys.items() if isinstance(shape, Group) else ():
        below = f"{place}.{name}" if place else name
        if key.ignored:
            yield below, key
        elif not key.refused:
            yield from ignored(key.shape, below)


WITHOUT_EFFECT = [
    *((place, False) for place, _ in ignored(FDL_FUNCTION, "")),
    *((place, True) for place, _ in ignored(TOP, "")),
]


@pytest.mark.parametrize(("place", "is_of_the_file"), WITHOUT_EFFECT)
def test_a_key_without_effect_is_no_change(
    place: str, is_of_the_file: bool, tmp_path: Path
) -> None:
    documents = (base(place), base(place))
    for document, value in zip(documents, ("one", "other"), strict=True):
        put(document if is_of_the_file else document["functions"]["aws"][0], place, value)
    found = reviewed(tmp_path, documents)
    assert found.is_empty, found
