"""The YAML and JSON of the documents, and the sample of the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scar_constructs.language import load_application
from scar_constructs.language.lock import read_lock
from tests.docs.blocks import ROOT, Block, claim, claim_all

YAML = claim_all("yaml", "loaded")
JSON = claim_all("json", "parsed")
LIBRARY = claim("README.md", "from pathlib import Path")
LOCK = "images:"
EDITOR = "# yaml-language-server: $schema="
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf"
LEFT_OUT = "container: {image: x}, input: [{path: photos/in}], output: [{path: photos/out}]"
"""What stands where a sample has `...` among the keys of a function."""
EXPECTED = {"no-events", "no-effect", "overlap"}
"""Warnings of samples that show a part of a file without what uses it."""
FUNCTIONS = {"functions": {"f": {"image": "x", "init_script": "run.sh"}}}


def whole(block: Block) -> dict[str, Any]:
    """The file that a block is, or is a part of."""
    text = block.text.replace("arn:aws:secretsmanager:...", SECRET).replace("...", LEFT_OUT)
    part = yaml.safe_load(text)
    if isinstance(part, list):
        return {"functions": {"aws": part}}
    return part if "functions" in part else {**FUNCTIONS, **part}


def scripts_of(document: Any) -> list[str]:
    if isinstance(document, dict):
        inside = [name for value in document.values() for name in scripts_of(value)]
        return inside + [value for key, value in document.items() if key == "init_script"]
    if isinstance(document, list):
        return [name for value in document for name in scripts_of(value)]
    return []


@pytest.mark.parametrize(
    "block",
    [block for block in YAML if not block.text.startswith((EDITOR, LOCK))],
    ids=lambda block: block.place,
)
def test_every_file_in_the_documents_is_sound(block: Block, tmp_path: Path) -> None:
    document = whole(block)
    for name in scripts_of(document):
        (tmp_path / name).write_text("#!/bin/sh\n")
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    warnings = load_application([file]).warnings
    assert {one.rule for one in warnings} <= EXPECTED


def test_the_first_file_of_the_readme_is_the_example() -> None:
    first = next(block for block in YAML if block.document == "README.md")
    example = yaml.safe_load((ROOT / "examples" / "mrbayes" / "mrbayes.yaml").read_text())
    assert yaml.safe_load(first.text) == example


def test_the_line_for_editors_leads_from_an_example_to_the_schema() -> None:
    (block,) = (block for block in YAML if block.text.startswith(EDITOR))
    path = block.text.strip().removeprefix(EDITOR)
    assert (ROOT / "examples" / "hello" / path).resolve() == (
        ROOT / "schema" / "functions.schema.json"
    )


def test_the_lock_file_in_the_documents_is_one(tmp_path: Path) -> None:
    (block,) = (block for block in YAML if block.text.startswith(LOCK))
    lock = tmp_path / "images.lock.yaml"
    lock.write_text(block.text.replace("sha256:...", f"sha256:{'ab' * 32}"))
    assert read_lock(lock)


@pytest.mark.parametrize("block", JSON, ids=lambda block: block.place)
def test_statements_of_policies_are_json(block: Block) -> None:
    for statement in json.loads(f"[{block.text}]"):
        assert statement.keys() >= {"Effect", "Principal", "Action", "Resource", "Condition"}


def test_the_sample_of_the_library_makes_the_template_of_the_app(tmp_path: Path) -> None:
    example = ROOT / "examples" / "mrbayes"
    (tmp_path / "workflow.yaml").write_bytes((example / "mrbayes.yaml").read_bytes())
    script = "mrbayes-sample-run.sh"
    (tmp_path / script).write_bytes((example / script).read_bytes())

    def synthesised(name: str, program: list[str], **context: str) -> str:
        done = subprocess.run(
            [sys.executable, *program],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "CDK_OUTDIR": str(tmp_path / name),
                "CDK_CONTEXT_JSON": json.dumps(context),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return (tmp_path / name / "workflow.template.json").read_text()

    by_app = synthesised("app", [str(ROOT / "app.py")], functions="workflow.yaml")
    assert synthesised("library", ["-c", LIBRARY.text]) == by_app
