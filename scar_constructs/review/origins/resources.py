"""The resources of synthesised templates, by the paths that the CDK writes into their metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PATH = "aws:cdk:path"
_NAMES = (
    *("FunctionName", "BucketName", "LogGroupName", "JobDefinitionName", "Name", "AlarmName"),
    *("TopicName", "DashboardName", "StageName"),
)
"""Properties that hold names which people and error messages know."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """`path`: of the construct below the stack; `name`: the physical name, if the file gives it."""

    stack: str
    logical_id: str
    kind: str
    path: str
    name: str = ""


def resources(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[Resource]:
    """All resources. `templates`: stack -> its template."""
    for stack, template in templates.items():
        for logical_id, resource in template.get("Resources", {}).items():
            path = str(resource.get("Metadata", {}).get(_PATH, logical_id))
            names = (resource.get("Properties", {}).get(name) for name in _NAMES)
            yield Resource(
                stack=stack,
                logical_id=logical_id,
                kind=str(resource["Type"]),
                path=path.removeprefix(f"{stack}/").removesuffix("/Resource"),
                name=next((one for one in names if isinstance(one, str)), ""),
            )
