"""The generated documents are those that their sources make, and leave nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scar_constructs.language.diagnostics.catalogue import RULES
from scar_constructs.language.keys import batch as batch_keys
from scar_constructs.language.keys import dialects, formats
from scar_constructs.language.keys import storage as storage_keys
from scar_constructs.language.keys.containers import Group, ListOf, MapOf
from scar_constructs.language.keys.scalars import Shape
from scar_constructs.language.reference.documents import LANGUAGE, ROOT, TABLES, documents

DOCUMENTS = documents()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_are_up_to_date(path: Path) -> None:
    """`python -m scar_constructs.language.reference.documents` writes them anew."""
    assert path.read_text() == DOCUMENTS[path]


def test_every_table_stands_in_the_reference() -> None:
    assert re.findall(r"<!-- keys: ([\w ]+) -->", LANGUAGE.read_text()) == list(TABLES)


def groups_of(shape: Shape) -> list[Group]:
    if isinstance(shape, ListOf):
        return groups_of(shape.item)
    if isinstance(shape, MapOf):
        return groups_of(shape.value)
    if not isinstance(shape, Group):
        return []
    return [shape, *(group for key in shape.keys.values() for group in groups_of(key.shape))]


def test_every_group_of_keys_has_a_table_or_is_said_in_words() -> None:
    in_words = (
        formats.ENVIRONMENT,
        batch_keys.FORMER,
        dialects.DEFAULTS,
        dialects.DEFAULT_LAMBDA,
        dialects.ECR,
        storage_keys.STORAGE,
    )
    documented = {id(group) for group in (*TABLES.values(), *in_words)}

    for table in TABLES.values():
        assert all(id(group) in documented for group in groups_of(table))


def test_every_rule_is_explained() -> None:
    text = (ROOT / "docs" / "checks.md").read_text()

    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == list(RULES)
