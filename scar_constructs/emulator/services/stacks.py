"""CloudFormation: handlers of resource types, and what stacks show."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record

_TAIL = 12
"""Characters at the end of a generated name that tell it from others."""


class Stacks:
    """The emulated CloudFormation."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def physical_name(self, stack: str, logical_id: str) -> str:
        """The name of what a handler makes for a template that does not name it."""
        name: str = self._modules.provisioners._physical_name(stack, logical_id)
        return name

    def put_resource_type(self, name: str, handlers: Mapping[str, Callable[..., Any]]) -> None:
        self._modules.provisioners._RESOURCE_HANDLERS[name] = dict(handlers)

    def put_outputs(self, shown: Callable[[str], str]) -> None:
        """Give every output of a stack the value `shown(value)`."""
        stacks = self._modules.stacks
        original = stacks._resolve_stack_outputs

        def resolve(*arguments: Any) -> Any:
            outputs, exports = original(*arguments)
            for output in outputs:
                output["OutputValue"] = shown(output["OutputValue"])
            return outputs, exports

        stacks._resolve_stack_outputs = resolve

    def keep_filled_buckets(self) -> None:
        """Let a stack's deletion fail on a bucket that is not empty, as on AWS."""
        table, storage = self._modules.provisioners._RESOURCE_HANDLERS, self._modules.s3
        original = table["AWS::S3::Bucket"]

        def delete(name: str, properties: Record) -> Any:
            status, _, body = storage._delete_bucket(name)
            if status == 409:
                raise ValueError(f"bucket {name} is not empty: {body!r}")
            return original["delete"](name, properties)

        table["AWS::S3::Bucket"] = {**original, "delete": delete}

    def put_names(self, name_for: Callable[[str, str, str, str, int], str]) -> None:
        """Name what templates do not name `name_for(type, stack, logical id, tail, limit)`, where
        the limit is the emulator's own. For the handlers that are there when this is called."""
        provisioners = self._modules.provisioners
        table, original = provisioners._RESOURCE_HANDLERS, provisioners._physical_name
        current: contextvars.ContextVar[str] = contextvars.ContextVar("resource_type", default="")

        def framed(resource_type: str, make: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any) -> Any:
                token = current.set(resource_type)
                try:
                    return make(*arguments)
                finally:
                    current.reset(token)

            return run

        def physical_name(stack: str, logical_id: str, *, max_len: int = 128, **how: Any) -> str:
            tail = original(stack, logical_id, max_len=_TAIL, **how)
            return name_for(current.get(), stack, logical_id, tail, max_len)

        for resource_type, handlers in table.items():
            makers = {name: handlers[name] for name in ("create", "update") if name in handlers}
            made = {name: framed(resource_type, make) for name, make in makers.items()}
            table[resource_type] = {**handlers, **made}
        provisioners._physical_name = physical_name

    def refuse_second_policies(self) -> None:
        """Let a stack fail that makes the policy of a bucket that has one already, as on AWS."""
        table, storage = self._modules.provisioners._RESOURCE_HANDLERS, self._modules.s3
        original = table["AWS::S3::BucketPolicy"]

        def create(logical_id: str, properties: Record, stack: str) -> Any:
            bucket = properties.get("Bucket", "")
            if storage._bucket_policies.get(bucket):
                raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
            return original["create"](logical_id, properties, stack)

        table["AWS::S3::BucketPolicy"] = {**original, "create": create}

    def remember_deleted(self) -> None:
        """Keep a deleted stack, to be found by its id, when one of its name comes after it."""
        table = self._modules.handlers._ACTION_HANDLERS

        def remembering(create: Callable[[Record], Any]) -> Callable[[Record], Any]:
            def run(request: Record) -> Any:
                stacks = self._modules.cloudformation._stacks
                earlier = stacks.get(self._modules.helpers._p(request, "StackName"))
                if earlier and earlier["StackStatus"] == "DELETE_COMPLETE":
                    stacks[earlier["StackId"]] = earlier
                return create(request)

            return run

        for action in ("CreateStack", "CreateChangeSet"):
            table[action] = remembering(table[action])
