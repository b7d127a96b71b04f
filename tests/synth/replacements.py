"""Which resources CloudFormation has to replace, by the create-only lists of their types."""

from __future__ import annotations

from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.synth.synthesis import Json, resources


def create_only(type_: str) -> list[list[str]]:
    """Paths of the properties that force a replacement of this type."""
    return _paths(type_, "createOnlyProperties")


def _paths(type_: str, name: str) -> list[list[str]]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    return [path.split("/")[2:] for path in schema.get(name, [])]


def forcing(resource: Json) -> list[list[str]]:
    """Paths of the properties that force a replacement where a resource is to be so: a compute
    environment says itself whether those that Batch can update in some cases are among them."""
    found = create_only(resource["Type"])
    if resource.get("Properties", {}).get("ReplaceComputeEnvironment", True):
        found = [*found, *_paths(resource["Type"], "conditionalCreateOnlyProperties")]
    return found


def at(properties: Any, path: list[str]) -> Any:
    for step in path:
        properties = properties.get(step) if isinstance(properties, dict) else None
    return properties


def replaced(before: Json, after: Json) -> list[str]:
    """Logical ids in both templates whose change forces a replacement."""
    old, new = resources(before), resources(after)
    return [
        name
        for name in old.keys() & new.keys()
        if any(
            at(old[name].get("Properties", {}), path) != at(new[name].get("Properties", {}), path)
            for path in forcing(new[name])
        )
    ]
