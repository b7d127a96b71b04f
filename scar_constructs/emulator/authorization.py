"""What IAM's policies are about, where the emulator's view of it differs from AWS's: the resources
of a request, its condition keys, and what a wildcard matches.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html,
.../list_amazonelasticcontainerregistry.html and .../list_awssystemsmanager.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable

from scar_constructs.emulator.account_region import Scope

_SUBMIT_JOB = "/v1/submitjob"


class RequestResources:
    """`definition_arn` turns what SubmitJob calls a job definition into the ARN of a revision."""

    def __init__(self, scope: Callable[[], Scope], definition_arn: Callable[[str], str]) -> None:
        self._scope = scope
        self._definition_arn = definition_arn

    def __call__(self, service: str, path: str, body: bytes) -> tuple[str, ...]:
        """Every ARN that the request must be allowed on; none to leave it to the emulator."""
        if service == "s3":
            # As it is: the emulator would take slashes together, and leave one out at the end.
            bucket, _, key = path.removeprefix("/").partition("/")
            return (f"arn:aws:s3:::{bucket}/{key}",) if key else ()
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

    @staticmethod
    def keys(service: str, path: str, body: bytes) -> dict[str, str]:
        """The condition keys of a request that the emulator does not know."""
        if service == "batch" and path.rstrip("/").lower() == _SUBMIT_JOB:
            share = json.loads(body or b"{}").get("shareIdentifier")
            return {"batch:ShareIdentifier": str(share)} if share else {}
        return {}

    def _parameter(self, name: str) -> str:
        """Of a parameter that is named, with or without a slash, or by its ARN."""
        if name.startswith("arn:"):
            return name
        return self._arn("ssm", f"parameter/{name.lstrip('/')}")

    def _arn(self, service: str, resource: str) -> str:
        return self._scope().arn(service, resource)


@functools.lru_cache(maxsize=4096)
def wildcard(pattern: str, ignores_case: bool) -> re.Pattern[str]:
    """A policy's pattern: `*` is any text, lines of it too, and `?` any one character.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    signs = {"*": ".*", "?": "."}
    text = "".join(signs.get(character) or re.escape(character) for character in pattern)
    # Not `$`, which a line break may follow.
    return re.compile(rf"{text}\Z", re.DOTALL | (re.IGNORECASE if ignores_case else 0))
