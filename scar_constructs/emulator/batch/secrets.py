"""Secrets of containers: variables whose values are read with the task's execution role.

https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scar_constructs.emulator.engine import StartError

SERVICE = "ecs-tasks.amazonaws.com"
_PLAIN_PARTS = 7
_REASON = "ResourceInitializationError: unable to pull secrets"

Credentials = Callable[[str, str, str], Mapping[str, str]]
"""(role ARN, service principal, session name) -> AWS_* variables; raises `StartError`."""


class TaskSecrets:
    """Reads values at `endpoint`, as whoever the credentials are for."""

    def __init__(self, credentials: Credentials, endpoint: str) -> None:
        self._credentials = credentials
        self._endpoint = endpoint

    def __call__(
        self, wanted: Sequence[Mapping[str, str]], role: str | None, session_name: str
    ) -> dict[str, str]:
        """The variables. Raises `StartError`, which names no value."""
        if not wanted:
            return {}
        if role is None:
            raise StartError(f"{_REASON}: the job definition has no execution role")
        session = self._credentials(role, SERVICE, session_name)
        return {one["name"]: self._value(one["valueFrom"], session) for one in wanted}

    def _value(self, arn: str, session: Mapping[str, str]) -> str:
        # Imported when needed: it takes longer than the rest of the start.
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        parts = arn.split(":")
        client = boto3.client(
            parts[2],
            region_name=parts[3],
            endpoint_url=self._endpoint,
            aws_access_key_id=session["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=session["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=session["AWS_SESSION_TOKEN"],
        )
        try:
            if parts[2] == "ssm":
                return _parameter(client, arn)
            return _secret(client, parts)
        except (BotoCoreError, ClientError, LookupError, ValueError) as error:
            raise StartError(f"{_REASON}: {arn}: {error}") from error
        finally:
            client.close()


def _parameter(client: Any, arn: str) -> str:
    name = arn.split(":", 5)[5].removeprefix("parameter")
    name = name if name.count("/") > 1 else name.lstrip("/")
    answer = client.get_parameters(Names=[name], WithDecryption=True)
    if not answer["Parameters"]:
        raise LookupError("there is no such parameter")
    return str(answer["Parameters"][0]["Value"])


def _secret(client: Any, parts: Sequence[str]) -> str:
    """The whole secret, or one key of it: `ARN:key:stage:version`."""
    key, stage, version = (*parts[_PLAIN_PARTS:], "", "", "")[:3]
    asked = {"SecretId": ":".join(parts[:_PLAIN_PARTS])}
    if stage:
        asked["VersionStage"] = stage
    if version:
        asked["VersionId"] = version
    text = str(client.get_secret_value(**asked)["SecretString"])
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, LookupError, TypeError):
        # Not the error's own text: it may hold a part of the secret.
        raise LookupError(f"the secret is no JSON object with {key!r}") from None
