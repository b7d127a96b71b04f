"""The language as JSON Schema, for editors; made from the same shapes that the loader checks."""

from __future__ import annotations

import json
from collections import Counter

from scar_constructs.language.keys.dialects import TOP
from scar_constructs.language.keys.scalars import Schema

IDENTIFIER = "functions.schema.json"


def schema() -> Schema:
    """The schema of a file, draft 7: the newest that editors' YAML servers know well."""
    whole = TOP.schema()
    counts: Counter[str] = Counter()
    _count_groups(whole, counts)
    definitions: Schema = {}
    shared = {text for text, count in counts.items() if count > 1}
    body = _with_references(whole, "", shared, definitions, {})
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": IDENTIFIER,
        "title": "SCAR functions",
        **body,
        "definitions": dict(sorted(definitions.items())),
    }


def render_schema() -> str:
    """The schema as text; same in, same out."""
    return json.dumps(schema(), indent=2, ensure_ascii=True) + "\n"


def _bare(part: Schema) -> Schema:
    return {name: value for name, value in part.items() if name != "description"}


def _identity(part: Schema) -> str:
    return json.dumps(_bare(part), sort_keys=True)


def _count_groups(part: object, counts: Counter[str]) -> None:
    """How often each group of keys occurs; the insides of a repeated one count once."""
    if isinstance(part, list):
        for item in part:
            _count_groups(item, counts)
    if not isinstance(part, dict):
        return
    if "properties" in part:
        identity = _identity(part)
        counts[identity] += 1
        if counts[identity] > 1:
            return
    for value in part.values():
        _count_groups(value, counts)


def _with_references(
    part: Schema, name: str, shared: set[str], definitions: Schema, names: dict[str, str]
) -> Schema:
    """The part with each shared group replaced by a reference; the description stays beside.

    The reference stands in `allOf`, because draft 7 ignores what stands beside a reference.
    """
    identity = _identity(part) if "properties" in part else ""
    if identity not in shared:
        return _replace_inside(part, name, shared, definitions, names)
    if identity not in names:
        names[identity] = name if name not in definitions else f"{name}-{len(definitions)}"
        definitions[names[identity]] = {}
        inside = _replace_inside(_bare(part), name, shared, definitions, names)
        definitions[names[identity]] = inside
    reference: Schema = {"allOf": [{"$ref": f"#/definitions/{names[identity]}"}]}
    if "description" in part:
        reference["description"] = part["description"]
    return reference


def _replace_inside(
    part: Schema, name: str, shared: set[str], definitions: Schema, names: dict[str, str]
) -> Schema:
    def replaced(value: object, inner: str) -> object:
        if isinstance(value, dict):
            return _with_references(value, inner, shared, definitions, names)
        if isinstance(value, list):
            return [replaced(item, inner) for item in value]
        return value

    result: Schema = {}
    for key, value in part.items():
        if key == "properties":
            result[key] = {inner: replaced(one, inner) for inner, one in value.items()}
        else:
            result[key] = replaced(value, name)
    return result
