"""What a stack is made of, as far as redrive has to know: its failure queues and its functions.

Only what is deployed counts: names in messages are held against it and never obeyed by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from scar_constructs.model.limits import FAILURES_OUTPUT, SERVICE_FAILURES_OUTPUT
from scar_constructs.operate.redrive.failures import ForeignError, RedriveError

_SPOOL = "SCAR_SPOOL_BUCKET"


@dataclass(frozen=True)
class FailureQueue:
    """A failure queue; `of_services` is the one to which AWS's services alone may send."""

    url: str
    of_services: bool


@dataclass(frozen=True)
class Member:
    """A function of the stack; `role_id` begins the sender's id of all that its role sends."""

    name: str
    arn: str
    role_id: str
    spool: str

    def require_sender(self, sender: str) -> None:
        """Raise `ForeignError` unless a message was sent with the function's own role.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        if sender.partition(":")[0] != self.role_id:
            raise ForeignError(f"the message names {self.name}, whose role did not send it")


class Stack:
    """The stack `name` as it is deployed. Raises `RedriveError` if it is none of SCAR."""

    def __init__(self, session: Any, name: str) -> None:
        self._functions = session.client("lambda")
        self._roles = session.client("iam")
        cloudformation = session.client("cloudformation")
        self.queues = tuple(_queues(cloudformation, name))
        if not self.queues:
            raise RedriveError(
                f"stack {name} has no output {FAILURES_OUTPUT!r}: it is none of SCAR"
            )
        self._names = frozenset(_function_names(cloudformation, name))
        self._members: dict[str, Member] = {}

    def require(self, function: str) -> None:
        """Raise `RedriveError` unless the stack has a function of this name."""
        if function not in self._names:
            known = ", ".join(sorted(self._names))
            raise RedriveError(f"the stack has no function {function}; there are: {known}")

    def by_name(self, name: str) -> Member:
        """A function of the stack. Raises `ForeignError` for any other."""
        if name not in self._names:
            raise ForeignError(f"{name!r} is no function of this stack")
        if name not in self._members:
            self._members[name] = self._member(name)
        return self._members[name]

    def by_arn(self, arn: str) -> Member:
        """The same by the ARN, which must be the deployed function's to the letter."""
        member = self.by_name(arn.rpartition(":")[2])
        if arn != member.arn:
            raise ForeignError(f"{arn!r} is no function of this stack")
        return member

    def _member(self, name: str) -> Member:
        settings = self._functions.get_function_configuration(FunctionName=name)
        role = self._roles.get_role(RoleName=settings["Role"].rpartition("/")[2])["Role"]
        variables = settings.get("Environment", {}).get("Variables", {})
        return Member(name, settings["FunctionArn"], role["RoleId"], variables.get(_SPOOL, ""))


def _queues(cloudformation: Any, name: str) -> Iterator[FailureQueue]:
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            raise RedriveError(
                f"there is no stack {name} in region {cloudformation.meta.region_name} of this "
                "account: name one that is deployed (`aws cloudformation describe-stacks`), or set "
                "AWS_REGION or AWS_PROFILE"
            ) from error
        raise
    kinds = {FAILURES_OUTPUT: False, SERVICE_FAILURES_OUTPUT: True}
    for output in found.get("Outputs", ()):
        kind = kinds.get(output.get("Description", ""))
        if kind is not None:
            yield FailureQueue(str(output["OutputValue"]), kind)


def _function_names(cloudformation: Any, name: str) -> Iterator[str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources: Iterator[Mapping[str, Any]] = (
        resource for page in pages for resource in page["StackResourceSummaries"]
    )
    for resource in resources:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            yield str(resource["PhysicalResourceId"])
