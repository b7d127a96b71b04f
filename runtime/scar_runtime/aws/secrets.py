"""Values of AWS Secrets Manager and of Systems Manager's parameters, by their ARNs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPResponse
from typing import Any, Protocol

from scar_runtime.aws.answers import document, member
from scar_runtime.aws.client import Client
from scar_runtime.aws.endpoints import service_origin
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Bytes, Request

PLAIN_PARTS = 7
"""Of a secret's ARN; a job's may go on with `:key:stage:version`.

https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
"""


class Values(Protocol):
    """Where secrets are read."""

    def read(self, arn: str) -> str: ...


class Secrets:
    """Requests to both services, each in the region that the ARN names."""

    def __init__(
        self, client: Callable[[str], Client], endpoint_urls: Mapping[str, str | None]
    ) -> None:
        self._client = client
        self._endpoint_urls = endpoint_urls

    def read(self, arn: str) -> str:
        """The value as text. Raises `AwsError`."""
        service = arn.split(":")[2]
        if service == "ssm":
            asked = {"Names": [arn], "WithDecryption": True}
            found = self._ask(arn, "AmazonSSM.GetParameters", asked, _parameter)
            if found is None:
                raise AwsError("ParameterNotFound", "there is no such parameter")
            return found
        return self._secret(arn)

    def _secret(self, arn: str) -> str:
        parts = arn.split(":")
        key, stage, version = (*parts[PLAIN_PARTS:], "", "", "")[:3]
        asked = {"SecretId": ":".join(parts[:PLAIN_PARTS])}
        if stage:
            asked["VersionStage"] = stage
        if version:
            asked["VersionId"] = version
        text = self._ask(arn, "secretsmanager.GetSecretValue", asked, _secret)
        if text is None:
            raise AwsError("NotText", "the secret is binary, and a variable is text")
        if not key:
            return text
        try:
            return str(json.loads(text)[key])
        except (ValueError, KeyError, TypeError) as error:
            # Not the error's own text: it may hold a part of the secret.
            raise AwsError("NoSuchKey", f"the secret is no JSON object with {key!r}") from error

    def _ask(
        self,
        arn: str,
        action: str,
        content: Mapping[str, Any],
        receive: Callable[[HTTPResponse], str | None],
    ) -> str | None:
        service, region = arn.split(":")[2:4]
        return self._client(service).send(
            Request(
                "POST",
                service_origin(service, region, self._endpoint_urls[service]),
                "/",
                headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": action},
                body=Bytes(json.dumps(content).encode("ascii")),
            ),
            region,
            receive,
        )


def _parameter(answer: HTTPResponse) -> str | None:
    """The value of the one parameter that was asked for; None if there is none."""
    found = member(document(answer), "Parameters")
    return str(member(found[0], "Value")) if found else None


def _secret(answer: HTTPResponse) -> str | None:
    """The value; None if it is not a text."""
    found = document(answer)
    if "SecretString" not in found:
        member(found, "SecretBinary")
        return None
    return str(found["SecretString"])
