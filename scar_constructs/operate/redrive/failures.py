"""What lies in a failure queue: which event of which function failed, and why.

Four senders, each with its own form:

- Lambda, when the retries of an event are used up
  (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)
- the rule for failed jobs, with Batch's own event
  (https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html)
- EventBridge itself, with an event that it could not hand over to the function
  (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html)
- SQS, which moves what a function has given back too often from the queue of its files
  (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html)

The first sends with the role of the function, whose image may send there too; the others send as
services, to a queue that takes messages of services only. A message is read as its queue allows,
and what it names is held against the stack afterwards (`stack`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from scar_constructs.errors import UserError
from scar_constructs.model.names import EVENT_QUEUE_PREFIX

JOB_EVENT = "SCAR_JOB_EVENT"
REDRIVEN = "redrive_of"
"""The key beside `event` with the id of the request that failed first, as the runtime reads it."""
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class RedriveError(UserError):
    """The text says what happened and what to do; it is printed without a trace."""


class ForeignError(RedriveError):
    """The message is not from this workflow, or names what is not of it: it is not obeyed."""


@dataclass(frozen=True)
class FailedJob:
    """A job, and the key of its event in the spool bucket of its function; of an array, its index
    in the manifest that lies there."""

    id: str
    key: str
    index: int | None = None


@dataclass(frozen=True)
class Failure:
    """One failed event, as its message says. Of a job, the event is not in the message.

    `function` is an ARN without a version, or of a job or a queue the name alone. `request_id` is
    that of the invocation that failed, where one did. `log` is the group and the stream of the log
    in which a job's script printed.
    """

    function: str
    reason: str
    event: Any = None
    job: FailedJob | None = None
    request_id: str | None = None
    log: str = ""


def read_function_failure(body: str) -> Failure:
    """The failure in a message of the queue to which the functions' roles send.

    Raises `RedriveError`.
    """
    try:
        content = json.loads(body)
        if "requestPayload" in content:
            return _of_lambda(content)
    except _UNREADABLE as error:
        raise _unreadable(error) from error
    raise ForeignError("the message is no record of Lambda's, and nothing else comes to this queue")


def read_service_failure(body: str, attributes: Mapping[str, str], source: str = "") -> Failure:
    """The failure in a message of the queue to which services send. `source`: the ARN of the queue
    from which SQS has moved it, if it has. Raises `RedriveError`."""
    try:
        content = json.loads(body)
        if source:
            return _of_queue(source, content)
        if content.get("source") == "aws.batch":
            return _of_batch(content["detail"])
        if target := attributes.get("TARGET_ARN"):
            reason = attributes.get("ERROR_MESSAGE", "the event could not be delivered")
            return Failure(target, reason, content)
    except _UNREADABLE as error:
        raise _unreadable(error) from error
    raise ForeignError("the message is neither of Batch nor of EventBridge, nor was it moved here")


def _unreadable(error: Exception) -> RedriveError:
    return RedriveError(f"the message cannot be read: {type(error).__name__}: {error}")


def _of_lambda(record: Mapping[str, Any]) -> Failure:
    context = record["requestContext"]
    answer = record.get("responsePayload")
    told = answer.get("errorMessage") if isinstance(answer, Mapping) else None
    return Failure(
        # The version or alias is that of the failed attempt: what is there now is wanted.
        function=":".join(str(context["functionArn"]).split(":")[:7]),
        reason=str(told or context.get("condition") or "the function failed"),
        event=record["requestPayload"],
        request_id=str(context["requestId"]),
    )


def _of_queue(queue_arn: str, event: Any) -> Failure:
    name = queue_arn.rpartition(":")[2]
    function = name.removeprefix(EVENT_QUEUE_PREFIX)
    if function == name:
        raise ForeignError(f"{queue_arn} is the queue of no function of SCAR")
    return Failure(
        function,
        "the function failed at it each time that its queue brought it: see its log",
        event,
    )


def _of_batch(detail: Mapping[str, Any]) -> Failure:
    """The function is that of the job's definition, which no submission can change."""
    variables = dict(_variables(detail))
    if JOB_EVENT not in variables:
        raise ForeignError(f"job {detail['jobId']} was not submitted by a function of SCAR")
    containers = list(_containers(detail))
    failed = next((one for one in containers if one.get("exitCode")), None)
    told = (detail.get("container") or {}).get("reason")
    reason = str(told or detail.get("statusReason") or "the job failed")
    code = _code(containers)
    if code is not None:
        reason += f" (exit code {code})"
    name = str(detail["jobDefinition"]).rpartition("/")[2].partition(":")[0]
    array = detail.get("arrayProperties") or {}
    if "size" in array:
        raise RedriveError(
            f"job {detail['jobId']} is an array: each of its jobs that failed has its own message"
        )
    index = array.get("index")
    job = FailedJob(
        str(detail["jobId"]), variables[JOB_EVENT], None if index is None else int(index)
    )
    return Failure(name, reason, job=job, log=_log(failed or {}))


def _containers(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A job's container, or its containers as they end in their order.
    https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsPropertiesDetail.html"""
    if container := detail.get("container"):
        yield container
    tasks = (detail.get("ecsProperties") or {}).get("taskProperties") or ()
    for task in tasks:
        yield from task.get("containers", ())


def _code(containers: Sequence[Mapping[str, Any]]) -> int | None:
    """The job's code: of several containers, that of the last one which failed."""
    codes = [one.get("exitCode") for one in containers]
    failed: Iterator[int] = (code for code in reversed(codes) if code)
    return next(failed, codes[0] if len(codes) == 1 else None)


def _log(container: Mapping[str, Any]) -> str:
    options = (container.get("logConfiguration") or {}).get("options") or {}
    places = (options.get("awslogs-group"), container.get("logStreamName"))
    return " ".join(str(place) for place in places) if all(places) else ""


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


def with_first_request(failure: Failure, event: Any) -> Any:
    """The event to invoke the function with again.

    A storage event is known by its object. Any other is known by its request id, and Lambda gives
    each invocation a new one: so the first id travels along, and two redrives take effect once.
    """
    if failure.request_id is None or input_of(event) is not None:
        return event
    if isinstance(event, Mapping) and "event" in event:
        if REDRIVEN in event:
            return event
        if not event.keys() - {"event", "storage_provider"}:
            return {**event, REDRIVEN: failure.request_id}
    # In a wrapped event, text is JSON.
    inner = json.dumps(event) if isinstance(event, str) else event
    return {"event": inner, REDRIVEN: failure.request_id}


def input_of(event: Any) -> str | None:
    """The object of an event of S3, as "bucket/key"; None for any other."""
    try:
        if "Records" in event:
            stored = event["Records"][0]["s3"]
            return f"{stored['bucket']['name']}/{unquote_plus(stored['object']['key'])}"
        detail = event["detail"]
        return f"{detail['bucket']['name']}/{detail['object']['key']}"
    except (KeyError, TypeError, IndexError, AttributeError):
        return None
