"""AWS Batch, as far as submitting a job goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scar_runtime.aws.answers import document, member
from scar_runtime.aws.client import Client
from scar_runtime.aws.endpoints import service_origin
from scar_runtime.aws.request import Bytes, Request


class Batch:
    """Requests to Batch. They are repeated only where certainly no job was made: SubmitJob knows no
    token that would tell the second of two from a new one."""

    def __init__(self, client: Client, region: str, endpoint_url: str | None) -> None:
        self._client = client
        self._region = region
        self._origin = service_origin("batch", region, endpoint_url)

    def submit_job(self, request: Mapping[str, Any]) -> str:
        """Submit a job; gives its id. Raises `AwsError`."""
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
        job_id = self._client.send(
            Request(
                "POST",
                self._origin,
                "/v1/submitjob",
                headers={"Content-Type": "application/json"},
                body=Bytes(json.dumps(request).encode("ascii")),
                repeatable=False,
                fresh=True,
            ),
            self._region,
            lambda answer: member(document(answer), "jobId"),
        )
        return str(job_id)
