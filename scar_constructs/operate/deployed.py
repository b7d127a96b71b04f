"""Which workflows are deployed: stacks, functions and what their templates say of them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from scar_constructs.errors import UserError
from scar_constructs.model.limits import ADDRESS_OUTPUT, FAILURES_OUTPUT, FUNCTION_METADATA
from scar_constructs.model.names import job_log_group, lambda_log_group
from scar_constructs.operate.parallel import in_order
from scar_constructs.operate.session import Session

_LAMBDA = "lambda"
_DENIED = ("AccessDenied", "AccessDeniedException")


@dataclass(frozen=True)
class DeployedFunction:
    """A function as its stack's template describes it. `inputs` and `outputs` are
    "bucket/folder", those of other storage providers with the provider before a colon; `memory` is
    in MiB; `auth` is who may call its HTTP address, if it has one; `joined_files` how many files
    make a group whole if it joins them, 0 where each group has its own number."""

    name: str
    stack: str
    mode: str
    image: str
    memory: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    auth: str | None = None
    method: str | None = None
    retired: bool = False
    joined_files: int | None = None

    @property
    def runs_jobs(self) -> bool:
        return self.mode != _LAMBDA

    @property
    def log_groups(self) -> tuple[str, ...]:
        """That of its Lambda first, and that of its jobs if it has any."""
        own = lambda_log_group(self.name)
        return (own, job_log_group(self.name)) if self.runs_jobs else (own,)

    def takes(self, path: str) -> bool:
        """Whether a file ("bucket/key") lies under one of its inputs."""
        return any(path.startswith(f"{place}/") for place in self.inputs)


@dataclass(frozen=True)
class DeployedStack:
    """One workflow. `outputs`: the value of each output by what it says of itself."""

    name: str
    status: str
    functions: tuple[DeployedFunction, ...]
    outputs: Mapping[str, str]

    def address(self, function: str) -> str | None:
        """The HTTP address of a function, if it has one."""
        return self.outputs.get(ADDRESS_OUTPUT.format(function))


class Workflows:
    """All workflows of one account and region, read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cloudformation = session.client("cloudformation")

    @cached_property
    def stacks(self) -> tuple[DeployedStack, ...]:
        """In the order of their names."""
        pages = self._cloudformation.get_paginator("describe_stacks").paginate()
        found = [one for page in pages for one in page["Stacks"] if _is_ours(one)]
        ordered = sorted(found, key=lambda one: str(one["StackName"]))
        read = in_order(self._readable, ordered)
        return tuple(stack for stack in read if stack is not None)

    @property
    def functions(self) -> tuple[DeployedFunction, ...]:
        return tuple(function for stack in self.stacks for function in stack.functions)

    def stack(self, name: str) -> DeployedStack:
        """Raises `UserError` with the names that there are."""
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            known = [stack.name for stack in self.stacks]
            raise self._unknown(f"there is no stack {name}", name, known) from error
        if not _is_ours(found):
            raise UserError(f"stack {name} has no output {FAILURES_OUTPUT!r}: it is none of SCAR")
        return self._read(found)

    def function(self, name: str) -> DeployedFunction:
        """Raises `UserError` with the names that there are."""
        found = next((one for one in self.functions if one.name == name), None)
        if found is None:
            known = [function.name for function in self.functions]
            raise self._unknown(f"no function {name} is deployed", name, known)
        return found

    def _unknown(self, text: str, name: str, known: list[str]) -> UserError:
        where = f"{text} in region {self._session.region} of this account"
        if not known:
            return UserError(f"{where}, nor any other: set AWS_REGION or AWS_PROFILE, or deploy it")
        near = difflib.get_close_matches(name, known, 1)
        if near:
            return UserError(f"{where}: did you mean {near[0]}?")
        return UserError(f"{where}; there are: {', '.join(known)}")

    def _readable(self, stack: Mapping[str, Any]) -> DeployedStack | None:
        """A stack in the list of all; None where the caller may not look into it."""
        try:
            return self._read(stack)
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                return None
            raise

    def _read(self, stack: Mapping[str, Any]) -> DeployedStack:
        name = str(stack["StackName"])
        body = self._cloudformation.get_template(StackName=name)["TemplateBody"]
        template = json.loads(body) if isinstance(body, str) else body
        outputs = {
            str(one.get("Description", "")): str(one["OutputValue"])
            for one in stack.get("Outputs", ())
        }
        return DeployedStack(
            name, str(stack["StackStatus"]), tuple(_functions(name, template)), outputs
        )


def _is_ours(stack: Mapping[str, Any]) -> bool:
    return any(one.get("Description") == FAILURES_OUTPUT for one in stack.get("Outputs", ()))


def _functions(stack: str, template: Mapping[str, Any]) -> Iterator[DeployedFunction]:
    for resource in template.get("Resources", {}).values():
        described = resource.get("Metadata", {}).get(FUNCTION_METADATA)
        if resource["Type"] == "AWS::Lambda::Function" and described:
            api, join = described.get("api") or {}, described.get("join")
            yield DeployedFunction(
                name=str(resource["Properties"]["FunctionName"]),
                stack=stack,
                mode=str(described["mode"]),
                image=str(described["image"]),
                memory=int(described["memory"]),
                inputs=tuple(described["inputs"]),
                outputs=tuple(described["outputs"]),
                auth=api.get("auth"),
                method=api.get("method"),
                retired=bool(described.get("retired")),
                joined_files=int(join.get("files", 0)) if join else None,
            )
