"""What is in a cloud assembly, without the CDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scar_constructs.errors import UserError

_END = ".template.json"


def read_templates(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Stack -> template, of a cloud assembly. Raises UserError for what is no template."""
    return {path.name.removesuffix(_END): _read(path) for path in sorted(folder.glob(f"*{_END}"))}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not _is_template(found):
        raise UserError(f"{path} is no template of CloudFormation; synthesise the assembly again")
    return found


def _is_template(document: Mapping[str, Any]) -> bool:
    """Whether all that is read of a template has the type that it must have."""
    resources = document.get("Resources", {})
    return isinstance(resources, dict) and all(map(_is_resource, resources.values()))


def _is_resource(document: object) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("Type"), str):
        return False
    parts = [document.get(name, {}) for name in ("Metadata", "Properties")]
    return all(isinstance(one, dict) for one in parts) and isinstance(
        parts[0].get("aws:cdk:path", ""), str
    )
