"""EC2: the rules of security groups."""

from __future__ import annotations

from typing import Any

from scar_constructs.emulator.services.names import Modules, Record


class Groups:
    """The emulated security groups."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def ingress(self, group_id: str) -> list[Any]:
        """The permissions of a security group's ingress themselves."""
        group: Record = self._modules.ec2._security_groups[group_id]
        permissions: list[Any] = group["IpPermissions"]
        return permissions

    def permissions(self, rule: Record) -> list[Any]:
        """A rule of a template as permissions."""
        made: list[Any] = self._modules.provisioners._ec2_sg_permissions([rule])
        return made
