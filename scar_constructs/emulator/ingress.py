"""AWS::EC2::SecurityGroupIngress of CloudFormation: rules of a group in a resource of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scar_constructs.emulator.services import Emulator

Properties = Mapping[str, Any]


def ingress_handlers(emulator: Emulator) -> dict[str, Callable[..., Any]]:
    """Handlers in the form of `scar_constructs.emulator.batch.cloudformation`."""

    def create(logical_id: str, properties: Properties, _: str) -> tuple[str, dict[str, str]]:
        group = properties["GroupId"]
        emulator.groups.ingress(group).extend(emulator.groups.permissions(dict(properties)))
        return f"sgr-{group}-{logical_id}", {}

    def delete(_: str, properties: Properties) -> None:
        try:
            permissions = emulator.groups.ingress(properties["GroupId"])
        except KeyError:
            return  # the group is gone already
        for permission in emulator.groups.permissions(dict(properties)):
            if permission in permissions:
                permissions.remove(permission)

    def update(
        identifier: str, old: Properties, new: Properties, _: str
    ) -> tuple[str, dict[str, str]]:
        delete(identifier, old)
        emulator.groups.ingress(new["GroupId"]).extend(emulator.groups.permissions(dict(new)))
        return identifier, {}

    return {"create": create, "update": update, "delete": delete}
