"""Text that CloudFormation, the CDK or the system would take for something else, in every key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scar_constructs.language import FdlError, load_application
from scar_constructs.language.keys.containers import Group, ListOf, MapOf
from scar_constructs.language.keys.dialects import CLASSIC_FUNCTION, FDL_FUNCTION, TOP, Functions
from scar_constructs.language.keys.scalars import Shape
from tests.unit.fdl_files import KNOWN

TEXTS = {
    "dynamic-reference": "a {{resolve:secretsmanager:prod/db:SecretString:password}} b",
    "cdk-token": "${Token[TOKEN.1]}",
    "nul-character": "a\0b",
}


def places(shape: Shape) -> Iterator[Any]:
    """For each key of the language a document with `TEXT` as its value, or as a name in it."""
    if isinstance(shape, Group):
        for name, key in shape.keys.items():
            yield from ({name: inside} for inside in places(key.shape))
    elif isinstance(shape, ListOf):
        yield from ([inside] for inside in places(shape.item))
    elif isinstance(shape, MapOf):
        yield {"TEXT": "x"}
        yield from ({"name": inside} for inside in places(shape.value))
    elif isinstance(shape, Functions):
        yield {"TEXT": {"image": "debian"}}
        yield from ({"cow": inside} for inside in places(CLASSIC_FUNCTION))
        yield from ({"aws": [inside]} for inside in places(FDL_FUNCTION))
    else:
        yield "TEXT"


def filled(document: Any, text: str) -> Any:
    if isinstance(document, dict):
        return {filled(key, text): filled(value, text) for key, value in document.items()}
    if isinstance(document, list):
        return [filled(item, text) for item in document]
    return text if document == "TEXT" else document


@pytest.mark.parametrize("rule", TEXTS)
def test_no_key_of_the_language_lets_such_a_text_through(rule: str, tmp_path: Path) -> None:
    documents = list(places(TOP))
    path = tmp_path / "a.yaml"
    for document in documents:
        path.write_text(yaml.safe_dump(filled(document, TEXTS[rule])))
        with pytest.raises(FdlError) as caught:
            load_application([path])
        assert rule in {problem.rule for problem in caught.value.problems}, document

    assert len(documents) > 200


@pytest.mark.parametrize("rule", TEXTS)
def test_nor_does_a_file_of_defaults(rule: str, tmp_path: Path) -> None:
    path, defaults = tmp_path / "a.yaml", tmp_path / "scar.cfg"
    path.write_text("functions: {cow: {image: debian}}\n")
    defaults.write_text(yaml.safe_dump({"aws": {"lambda": {"description": TEXTS[rule]}}}))

    with pytest.raises(FdlError) as caught:
        load_application([path], defaults, lock=KNOWN)

    assert [problem.rule for problem in caught.value.problems] == [rule]
    assert caught.value.problems[0].file == str(defaults)


@pytest.mark.parametrize(
    "text", ["{{resolve:ssm:/a}}", "{{ resolve:ssm:/a}}", "{{RESOLVE:ssm:/a}}", "#{Token[X.1]}"]
)
def test_the_text_is_not_shown(text: str, tmp_path: Path) -> None:
    """A credential may stand beside the mark."""
    path = tmp_path / "a.yaml"
    function = {"image": "debian", "environment": {"KEY": f"{text} hunter2"}}
    path.write_text(yaml.safe_dump({"functions": {"cow": function}}))

    with pytest.raises(FdlError) as caught:
        load_application([path])

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["{{name}}", "{{resolver}}", "${TOKEN}", "$Token[1]", "resolve:x"])
def test_texts_that_only_look_alike_pass(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    function = {"image": "debian", "environment": {"KEY": text}}
    path.write_text(yaml.safe_dump({"functions": {"cow": function}}))

    (stack,) = load_application([path]).application.stacks

    assert stack.functions[0].environment == {"KEY": text}
