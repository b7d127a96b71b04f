"""The language as JSON Schema, for editors; made from the same shapes that the loader checks."""

from __future__ import annotations

import json
from typing import Any

from scar_constructs.fdl.dialects import TOP

IDENTIFIER = "functions.schema.json"


def schema() -> dict[str, Any]:
    """The schema of a file, draft 7: the newest that editors' YAML servers know well."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": IDENTIFIER,
        "title": "SCAR functions",
        **TOP.schema(),
    }


def render_schema() -> str:
    """The schema as text; same in, same out."""
    return json.dumps(schema(), indent=2, ensure_ascii=True) + "\n"
