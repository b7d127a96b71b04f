"""The JSON Schema accepts what the loader's shapes accept, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.keys import batch as batch_keys
from scar_constructs.language.keys import blocks, buckets, container, dialects, function, network
from scar_constructs.language.keys.dialects import TOP
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.language.reference.schema import render_schema, schema
from scar_constructs.language.yaml.read import read_file
from tests.unit.fdl_documents import documents, plain, values

ROOT = Path(__file__).parent.parent.parent
VALIDATOR = Draft7Validator(schema())
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))


def test_the_published_schema_is_up_to_date() -> None:
    """`scar schema > schema/functions.schema.json` writes it."""
    assert (ROOT / "schema" / "functions.schema.json").read_text() == render_schema()


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_fit(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))) == []


def agree(shape: Shape, value: Any) -> None:
    """The shape and its schema say the same of the value, as YAML brings it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        path.write_text(yaml.safe_dump({"value": value}, allow_unicode=True), newline="")
        report = Report()
        root = read_file(path, report)
    assert root is not None, report.problems
    node = root.entries["value"]
    shape.check(node, report)
    errors = [
        f"{list(error.path)}: {error.message}"
        for error in Draft7Validator(shape.schema()).iter_errors(plain(node))
    ]

    assert (not report.errors) == (not errors), (report.errors, errors, json.dumps(value))


GROUPS = {
    "api_gateway": blocks.API_GATEWAY,
    "bucket": buckets.BUCKET,
    "cloudwatch": blocks.CLOUDWATCH,
    "compute_resources": batch_keys.COMPUTE_RESOURCES,
    "container": container.CONTAINER,
    "file_system": network.FILE_SYSTEM,
    "iam": blocks.IAM,
    "input": function.INPUT,
    "multi_node_parallel": batch_keys.MULTI_NODE,
    "output": function.OUTPUT,
    "s3": buckets.CLASSIC_S3,
    "vpc": network.VPC,
    "lambda": function.LAMBDA,
    "batch": batch_keys.BATCH,
    "classic": dialects.CLASSIC_FUNCTION,
}


@pytest.mark.parametrize("name", GROUPS)
@settings(max_examples=60)
@given(data=st.data())
def test_schema_and_shape_agree_on_a_group(name: str, data: st.DataObject) -> None:
    agree(GROUPS[name], data.draw(values(GROUPS[name])))


@settings(max_examples=150)
@given(documents)
def test_schema_and_loader_agree_on_a_file(document: dict[str, Any]) -> None:
    agree(TOP, document)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_name_the_schema_to_editors(path: Path) -> None:
    first = path.read_text().splitlines()[0]

    mark, _, target = first.partition("$schema=")
    assert mark == "# yaml-language-server: "
    assert (path.parent / target).resolve() == ROOT / "schema" / "functions.schema.json"
