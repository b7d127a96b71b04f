"""Whatever the files hold, the answer is an application or an FdlError, never a traceback."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scar_constructs.language import FdlError, load_application, runtime_config
from scar_constructs.language.diagnostics.problems import Problem, Report
from scar_constructs.language.diagnostics.rendering import Form, render_as, render_for_terminal
from scar_constructs.language.keys.dialects import TOP
from scar_constructs.language.reference.explain import explain, render_explanation
from scar_constructs.language.yaml.read import read_file
from tests.unit.fdl_documents import documents, groups_in, sample

ROOT = Path(__file__).parent.parent.parent
SEEDS = [
    path.read_bytes()
    for path in sorted(
        [*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "tests/golden").rglob("*.yaml")]
    )
]
PIECES = (
    *(b"\n", b" ", b"\t", b":", b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"<<: *a\n"),
    *(b"!!int ", b"!x ", b"'", b'"', b"|\n", b">\n", b"? ", b"%", b"@", b"#", b"---\n", b"..."),
    *(b"\x00", b"\xff", b"\xe2\x80\xa8", b"null", b"true", b"1e999", b"0x1", b"-1", b"~", b"."),
)


def use(data: bytes) -> tuple[Problem, ...]:
    """Load the file in every way that the commands do; the problems."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "a.yaml"
        path.write_bytes(data)
        (folder / "run.sh").write_text("#!/bin/sh\n")
        problems: tuple[Problem, ...]
        try:
            loaded = load_application([path], defaults=path)
        except FdlError as error:
            problems = error.problems
            str(error).encode("utf-8", errors="surrogateescape")
        else:
            problems = loaded.warnings
            for stack in loaded.application.stacks:
                for function in stack.functions:
                    json.loads(runtime_config.render(function))
        render_for_terminal(problems, is_coloured=True)
        for form in (Form.JSON, Form.GITHUB):
            with (folder / "out").open("w") as stream:
                render_as(form, problems, stream).encode()
        root = read_file(path, Report())
        if root is not None:
            render_explanation(explain(root)).encode("utf-8", errors="surrogateescape")
        return problems


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.randint(0, 12))
        choice = chance.randint(0, 3)
        if choice == 0:
            data[at:at] = chance.choice(PIECES)
        elif choice == 1:
            del data[at:end]
        elif choice == 2:
            start = chance.randint(0, len(data))
            data[at:at] = data[start : start + chance.randint(1, 80)]
        else:
            data[at:end] = chance.choice(PIECES)
    return bytes(data)


@pytest.mark.parametrize("round_", range(8))
def test_mutated_files_end_in_no_traceback(round_: int) -> None:
    chance = random.Random(round_)  # noqa: S311
    for seed in chance.sample(SEEDS, 40):
        use(mutated(seed, chance))


@settings(max_examples=120)
@given(documents)
def test_made_documents_end_in_no_traceback(document: dict[str, Any]) -> None:
    use(yaml.safe_dump(document).encode())


@settings(max_examples=120)
@given(st.binary(max_size=200))
def test_bytes_end_in_no_traceback(data: bytes) -> None:
    use(data)


@settings(max_examples=120)
@given(st.text(max_size=60))
def test_text_in_every_place_ends_in_no_traceback(text: str) -> None:
    safe = text.encode("utf-8", errors="replace").decode()
    function = {
        "image": safe,
        "init_script": safe,
        "environment": {safe: safe},
        "s3": {"input_bucket": safe, "input_folder": safe, "output_folder": safe},
    }
    use(json.dumps({"functions": {safe: function}, "workflow": safe}).encode())


SAMPLE = sample(TOP)


@pytest.mark.parametrize("index", range(len(groups_in(TOP, SAMPLE))))
def test_an_unknown_key_is_told_at_any_depth(index: int) -> None:
    document = copy.deepcopy(SAMPLE)
    groups_in(TOP, document)[index]["no_such_key"] = 1

    unknown = [
        problem
        for problem in use(yaml.safe_dump(document).encode())
        if problem.rule == "unknown-key"
    ]

    assert any("no_such_key" in problem.path for problem in unknown)
