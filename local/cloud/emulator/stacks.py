"""CloudFormation: handlers of resource types, and what stacks show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.cloud.emulator.names import Modules, Record


class Stacks:
    """The emulated CloudFormation."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def physical_name(self, stack: str, logical_id: str) -> str:
        name: str = self._modules.provisioners._physical_name(stack, logical_id, max_len=128)
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
