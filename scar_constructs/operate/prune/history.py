"""What stacks of a name have left, by what CloudFormation remembers of them.

It keeps the events of a deleted stack for 90 days:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

SKIPPED = "DELETE_SKIPPED"
DELETED = "DELETE_COMPLETE"


@dataclass(frozen=True)
class Resource:
    """A resource of a stack that is gone, and whether CloudFormation let it be (`SKIPPED`)."""

    kind: str
    logical_id: str
    physical_id: str
    status: str


def resources_of_deleted(cloudformation: Any, stacks: Iterable[str]) -> list[Resource]:
    """What the deletions of these stacks (by their ids) came to, each resource once."""
    found: dict[Resource, None] = {}
    for stack_id in stacks:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        for event in (one for page in pages for one in page["StackEvents"]):
            if event.get("ResourceStatus") in (SKIPPED, DELETED):
                found[
                    Resource(
                        event["ResourceType"],
                        event["LogicalResourceId"],
                        event.get("PhysicalResourceId", ""),
                        event["ResourceStatus"],
                    )
                ] = None
    return list(found)


def resources_in_use(cloudformation: Any, stack: str) -> set[str]:
    """Physical ids of the stack of this name that is there now, if one is."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        return {
            one.get("PhysicalResourceId", "")
            for page in pages
            for one in page["StackResourceSummaries"]
        }
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # there is no such stack
            return set()
        raise


def deleted_stacks(cloudformation: Any, stack: str) -> Iterator[str]:
    """The ids of the stacks of this name that are gone."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=[DELETED])
    for summary in (one for page in pages for one in page["StackSummaries"]):
        if summary["StackName"] == stack:
            yield str(summary["StackId"])
