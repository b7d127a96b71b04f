"""Why each resource of each kept template is there, and what comes of each key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scar_constructs.aws.assembly import read_templates
from scar_constructs.cli.main import scar
from scar_constructs.errors import UserError
from scar_constructs.language import load_application
from scar_constructs.language.keys.containers import Group, ListOf
from scar_constructs.language.keys.dialects import FDL_FUNCTION, TOP
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.language.lock import NO_LOCK
from scar_constructs.model.limits import NETWORK_STACK
from scar_constructs.review.origins import (
    Explanation,
    NotFoundError,
    explained,
    found,
    of_key,
    resources,
)
from scar_constructs.review.origins.table import TABLE, origin_of
from scar_constructs.review.sides import side
from scar_constructs.review.snapshot import write_snapshot

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted((GOLDEN / "templates").iterdir())
NETWORK = json.loads((GOLDEN / "network.template.json").read_text())


@cache
def explanations(case: Path) -> tuple[Explanation, ...]:
    templates: Mapping[str, Any] = {**read_templates(case), NETWORK_STACK: NETWORK}
    version = side("", load_application([case]))
    return tuple(explained(one, version) for one in resources(templates))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_resource_has_a_reason_a_function_and_a_key(case: Path) -> None:
    for one in explanations(case):
        assert one.reason
        if one.resource.stack == NETWORK_STACK:
            continue
        assert one.functions, one
        assert one.sources, one
        for source in one.sources:
            assert (source.at is None) == bool(source.default), source
            if source.at is not None and source.place != "functions":
                lines = (Path(source.at.file)).read_text().splitlines()
                assert 0 < source.at.line <= len(lines)


def test_every_entry_of_the_table_is_met() -> None:
    """None is there that no template has, and none hides another."""
    met = {
        known[0].path
        for case in CASES
        for one in explanations(case)
        if one.resource.stack != NETWORK_STACK and (known := origin_of(one.resource.path))
    }
    assert [one.path for one in TABLE if one.path not in met] == []


def test_every_key_of_the_table_is_one_of_the_language() -> None:
    for origin in TABLE:
        for place in origin.keys:
            group = TOP if place.partition(".")[0] in TOP.keys else FDL_FUNCTION
            assert is_key(place, group), (origin.path, place)


def is_key(place: str, shape: Shape | None) -> bool:
    for part in place.split("."):
        shape = shape.item if isinstance(shape, ListOf) else shape
        if not isinstance(shape, Group) or part not in shape.keys:
            return False
        shape = shape.keys[part].shape
    return True


def named(case: str) -> tuple[Explanation, ...]:
    return explanations(GOLDEN / "templates" / case)


def test_a_written_key_has_its_line_and_others_their_default() -> None:
    (function,) = [one for one in named("fdl-lambda") if one.resource.kind.endswith("::Function")]
    text = (GOLDEN / "templates" / "fdl-lambda" / "fdl-lambda.yaml").read_text().splitlines()
    sources = {source.place: source for source in function.sources}
    memory = sources["lambda.memory"]
    assert memory.at is not None
    assert "memory" in text[memory.at.line - 1]
    assert sources["lambda.concurrency"].default == "the account's limit"


def test_shared_machines_serve_all_their_functions_and_no_others() -> None:
    queues = [one for one in named("kernel") if one.resource.kind == "AWS::Batch::JobQueue"]
    for one in queues:
        assert len({name for name, _ in one.functions}) == len(one.functions)
    assert {name for one in queues for name, _ in one.functions} == {
        "kernel-built",
        "kernel-as-it-is",
        "kernel-nodes",
    }


@pytest.mark.parametrize(
    "wanted",
    [
        "FunctionstaggedLambda",
        "AWS::Lambda::Function",
        "lambda::function",
        "TAGGED",
        "tagged/Functions/tagged/Lambda",
        "Functions/tagged/Lambda",
        "tagged/Functions/tagged/Lambda/Resource",
    ],
)
def test_a_resource_is_found_by_whatever_people_have(wanted: str) -> None:
    known = [one.resource for one in named("tags")]
    (function,) = [one for one in known if one.kind == "AWS::Lambda::Function"]
    wanted = function.logical_id if wanted == "FunctionstaggedLambda" else wanted
    assert function in found(wanted, known)


def test_what_is_not_there_is_told_with_near_names() -> None:
    known = named("tags")
    with pytest.raises(NotFoundError, match=r"no resource is called .*; did you mean .*tagged"):
        found("taged", [one.resource for one in known])
    with pytest.raises(NotFoundError, match=r"nothing comes of .*; did you mean .*memory"):
        of_key("memry", known)
    with pytest.raises(NotFoundError, match=r"there are .*tagged"):
        of_key("\x1b[31m", known)


def test_what_comes_of_a_function_and_of_a_key() -> None:
    known = named("two-files")
    names = {name for one in known for name, _ in one.functions}
    for name in names:
        of_function = of_key(name, known)
        assert all(name in dict(one.functions) for one in of_function)
        kinds = {one.resource.kind for one in of_key(f"{name}.memory", known)}
        assert "AWS::Lambda::Function" in kinds
        assert kinds <= {"AWS::Lambda::Function", "AWS::Batch::JobDefinition"}
    assert of_key("memory", known) != []


def test_a_key_is_that_of_the_file_before_those_that_end_like_it() -> None:
    """`memory` of a batch function in SCAR's older dialect is that of its job."""
    known = named("classic-batch")
    (name,) = {name for one in known for name, _ in one.functions}
    kinds = {one.resource.kind for one in of_key(f"{name}.memory", known)}
    assert "AWS::Batch::JobDefinition" in kinds
    assert of_key(f"{name}.s3.input_bucket", known) == of_key(f"{name}.input", known)


RESOURCE = '{"Resources": {"a": %s}}'


@pytest.mark.parametrize(
    "template",
    [
        *("", "[]", '{"Resources": 5}', "[" * 100_000, RESOURCE % "5", RESOURCE % '{"Type": 5}'),
        RESOURCE % '{"Type": "AWS::X::Y", "Metadata": 6}',
        RESOURCE % '{"Type": "AWS::X::Y", "Properties": []}',
        RESOURCE % '{"Type": "AWS::X::Y", "Metadata": {"aws:cdk:path": 5}}',
        RESOURCE % '{"Type": "AWS::X::Y", "Metadata": {"aws:cdk:path": "x/of/another/app"}}',
    ],
    ids=lambda text: text[:60],
)
def test_an_assembly_that_is_none_of_ours_is_refused(template: str, tmp_path: Path) -> None:
    loaded = load_application([CASES[0]])
    (tmp_path / "manifest.json").write_text("{}")
    write_snapshot(loaded, NO_LOCK, tmp_path)
    (tmp_path / "x.template.json").write_text(template)
    result = CliRunner().invoke(scar, ["explain", str(tmp_path), "--of", "anything"])
    assert isinstance(result.exception, UserError)
    assert "synthesise the assembly again" in str(result.exception)
