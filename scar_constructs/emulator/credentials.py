"""Temporary credentials of the roles of functions and jobs, as the platform hands them out."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from scar_constructs.emulator.engine import StartError
from scar_constructs.emulator.services import Emulator

SESSION_SECONDS = 12 * 3600


class RoleSessions:
    """Opens sessions of roles on behalf of AWS services."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __call__(self, role_arn: str, service: str, session_name: str) -> dict[str, str]:
        """AWS_* variables of a new session of the role.

        Raises `StartError` unless the role exists and trusts the service; the trust policy's
        conditions on aws:SourceAccount and aws:SourceArn are evaluated.
        """
        name = role_arn.rsplit("/", 1)[-1]
        role = self._emulator.identity.role(name)
        if role is None or not self._trusts(role, service):
            raise StartError(
                f"the role {role_arn} cannot be assumed: "
                f"it does not exist or does not trust {service}"
            )
        scope = self._emulator.scope()
        key_id = "ASIA" + secrets.token_hex(8).upper()
        secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(60)
        self._emulator.identity.open_session(
            key_id,
            {
                "Arn": f"arn:aws:sts::{scope.account}:assumed-role/{name}/{session_name}",
                "UserId": f"{role['RoleId']}:{session_name}",
                "SecretAccessKey": secret,
                "SessionToken": token,
                "Expiration": time.time() + SESSION_SECONDS,
            },
        )
        return {
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }

    def _trusts(self, role: Mapping[str, Any], service: str) -> bool:
        scope = self._emulator.scope()
        source = {
            "aws:sourceaccount": scope.account,
            "aws:sourcearn": scope.arn(service.partition(".")[0].removesuffix("-tasks"), "*"),
        }
        document = with_resources(role["AssumeRolePolicyDocument"])
        return self._emulator.identity.policy_allows(
            document, service, "sts:AssumeRole", "*", source
        )


def with_resources(trust_policy: Any) -> dict[str, Any]:
    """A trust policy as a resource policy: its statements name no resource, since they belong to
    the role."""
    document = json.loads(trust_policy) if isinstance(trust_policy, str) else trust_policy
    statements = document["Statement"]
    listed = [statements] if isinstance(statements, Mapping) else statements
    return {**document, "Statement": [{**statement, "Resource": "*"} for statement in listed]}
