"""What lies in a failure queue: which event of which function failed, and why.

Three senders, each with its own form:

- Lambda, when the retries of an event are used up
  (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)
- the rule for failed jobs, with Batch's own event
  (https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html)
- EventBridge itself, with an event that it could not hand over to the function
  (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

JOB_EVENT, SPOOL = "SCAR_JOB_EVENT", "SCAR_SPOOL_BUCKET"


class RedriveError(Exception):
    """The text says what happened and what to do; it is printed without a trace."""


@dataclass(frozen=True)
class FailedJob:
    """A job, and where its event lies: `key` in the spool bucket."""

    id: str
    spool: str
    key: str


@dataclass(frozen=True)
class Failure:
    """One failed event. Of a job, the event is not in the message."""

    function: str
    reason: str
    event: Any = None
    job: FailedJob | None = None


def read_failure(body: str, attributes: Mapping[str, str]) -> Failure:
    """The failure in a message. Raises `RedriveError` if nobody we know sent it."""
    try:
        content = json.loads(body)
        if "requestPayload" in content:
            return _of_lambda(content)
        if content.get("source") == "aws.batch":
            return _of_batch(content["detail"])
        if target := attributes.get("TARGET_ARN"):
            reason = attributes.get("ERROR_MESSAGE", "the event could not be delivered")
            return Failure(target, reason, content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RedriveError(f"the message cannot be read: {error!r}") from error
    raise RedriveError("the message is none of Lambda, Batch or EventBridge")


def _of_lambda(record: Mapping[str, Any]) -> Failure:
    arn = str(record["requestContext"]["functionArn"])
    answer = record.get("responsePayload")
    told = answer.get("errorMessage") if isinstance(answer, Mapping) else None
    reason = told or record["requestContext"]["condition"]
    # The version or alias is that of the failed attempt: what is there now is wanted.
    return Failure(":".join(arn.split(":")[:7]), str(reason), record["requestPayload"])


def _of_batch(detail: Mapping[str, Any]) -> Failure:
    variables = dict(_variables(detail))
    if JOB_EVENT not in variables or SPOOL not in variables:
        raise RedriveError(f"job {detail['jobId']} was not submitted by a function of SCAR")
    key = variables[JOB_EVENT]
    container = detail.get("container") or {}
    reason = str(container.get("reason") or detail.get("statusReason") or "the job failed")
    code = container.get("exitCode", _task_code(detail))
    if code is not None:
        reason += f" (exit code {code})"
    job = FailedJob(detail["jobId"], variables[SPOOL], key)
    return Failure(key.partition("/")[0], reason, job=job)


def _task_code(detail: Mapping[str, Any]) -> int | None:
    """The code of a job of several containers: that of the last one which failed, as they end in
    their order. https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsPropertiesDetail.html
    """
    tasks = (detail.get("ecsProperties") or {}).get("taskProperties") or ()
    codes = [one.get("exitCode") for task in tasks for one in task.get("containers", ())]
    return next((code for code in reversed(codes) if code), None)


def _variables(part: Any) -> Iterator[tuple[str, str]]:
    """All variables of a job, wherever its kind has them: container, nodes or tasks."""
    if isinstance(part, Mapping):
        if isinstance(part.get("name"), str) and isinstance(part.get("value"), str):
            yield part["name"], part["value"]
        for value in part.values():
            yield from _variables(value)
    elif isinstance(part, list):
        for entry in part:
            yield from _variables(entry)


def input_of(event: Any) -> str | None:
    """The object of an event of S3, as "bucket/key"; None for any other."""
    try:
        if "Records" in event:
            stored = event["Records"][0]["s3"]
            return f"{stored['bucket']['name']}/{unquote_plus(stored['object']['key'])}"
        detail = event["detail"]
        return f"{detail['bucket']['name']}/{detail['object']['key']}"
    except (KeyError, TypeError, IndexError):
        return None
