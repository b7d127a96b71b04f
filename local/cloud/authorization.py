"""The resources of a request for IAM, where the emulator takes `*` for them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html,
.../list_amazonelasticcontainerregistry.html and .../list_awssystemsmanager.html
"""

from __future__ import annotations

import json
from collections.abc import Callable

from local.cloud.scope import Scope

_SUBMIT_JOB = "/v1/submitjob"


class RequestResources:
    """`definition_arn` turns what SubmitJob calls a job definition into the ARN of a revision."""

    def __init__(self, scope: Callable[[], Scope], definition_arn: Callable[[str], str]) -> None:
        self._scope = scope
        self._definition_arn = definition_arn

    def __call__(self, service: str, path: str, body: bytes) -> tuple[str, ...]:
        """Every ARN that the request must be allowed on; none to leave it to the emulator."""
        if service == "batch" and path.rstrip("/").lower() == _SUBMIT_JOB:
            request = json.loads(body or b"{}")
            queue = request.get("jobQueue", "")
            arn = queue if queue.startswith("arn:") else self._arn("batch", f"job-queue/{queue}")
            return (arn, self._definition_arn(request.get("jobDefinition", "")))
        if service == "ecr":
            names = json.loads(body or b"{}").get("repositoryNames") or ()
            return tuple(self._arn("ecr", f"repository/{name}") for name in names)
        if service == "ssm":
            names = json.loads(body or b"{}").get("Names") or ()
            return tuple(self._parameter(str(name)) for name in names)
        return ()

    def _parameter(self, name: str) -> str:
        """Of a parameter that is named, with or without a slash, or by its ARN."""
        if name.startswith("arn:"):
            return name
        return self._arn("ssm", f"parameter/{name.lstrip('/')}")

    def _arn(self, service: str, resource: str) -> str:
        return self._scope().arn(service, resource)
