"""Tags of a file and of a function are tags of the same resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.model.limits import TAGS_MAX
from tests.unit.fdl_files import load, rules_of


def text(of_file: int, of_function: int, shared: int = 0) -> str:
    whole = ", ".join(f"t{n}: x" for n in range(of_file))
    own = ", ".join(f"t{n}: y" for n in range(of_file - shared, of_file - shared + of_function))
    return (
        f"tags: {{{whole}}}\nfunctions: {{f: {{image: x, init_script: run.sh, tags: {{{own}}}}}}}\n"
        if of_function
        else f"tags: {{{whole}}}\nfunctions: {{f: {{image: x, init_script: run.sh}}}}\n"
    )


@pytest.mark.parametrize(("of_file", "own", "shared"), [(25, 25, 0), (50, 0, 0), (40, 30, 20)])
def test_as_many_tags_as_aws_takes(of_file: int, own: int, shared: int, tmp_path: Path) -> None:
    (stack,) = load(tmp_path, a=text(of_file, own, shared)).stacks
    assert len({*stack.tags, *stack.functions[0].tags}) == TAGS_MAX


@pytest.mark.parametrize(("of_file", "own", "shared"), [(25, 26, 0), (50, 1, 0), (40, 31, 20)])
def test_one_tag_too_many(of_file: int, own: int, shared: int, tmp_path: Path) -> None:
    assert rules_of(tmp_path, a=text(of_file, own, shared)) == ["tag"]
