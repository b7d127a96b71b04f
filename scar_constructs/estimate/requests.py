"""What a function's runs cost beside the machines: requests, events, logs, keys and secrets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from scar_constructs.estimate.assumptions import GB
from scar_constructs.estimate.computing import Computing
from scar_constructs.estimate.flow import Runs
from scar_constructs.estimate.items import Item
from scar_constructs.language.workflow.join import Application, Stack
from scar_constructs.model import Function

CLAIM_WRITES = 3
"""Of a run: the claim is taken, goes to publishing, and is settled."""
JOB_WRITES, JOB_READS = 3, 2
"""A job more: its event document, the note that it is submitted, the claim taken over; and it reads
document and claim."""
BURST_READS = 2
"""Of a job of an array: the row of a manifest's table, and the document."""
QUEUE_MESSAGES = 10
"""S3 sends each file to a queue alone; it is received and removed with nine others at most."""
PIECE_BYTES = 8 * 1024**2
"""Files above this size are read and written in pieces of it."""


@dataclass(frozen=True)
class Surroundings:
    """What a function finds around it: its stack, and the buckets that tell EventBridge."""

    stack: Stack
    event_bridge: frozenset[str]


def event_bridge_buckets(application: Application) -> frozenset[str]:
    """The buckets whose events go to EventBridge."""
    own = {one.name for stack in application.stacks for one in stack.buckets if one.event_bridge}
    followed = {rule.bucket for stack in application.stacks for rule in stack.rules}
    return frozenset(own | followed)


def request_items(
    computing: Computing, around: Surroundings, runs: Runs, seconds: float
) -> Iterator[Item]:
    """All that a month's runs ask of other services."""
    function, count, item = computing.function, runs.total, computing.item
    is_job = computing.goes_to_job(seconds)
    outputs = count * computing.assumptions.outputs.of(function.name)
    yield from _s3(computing, count, outputs, is_job)
    events = runs.uploads if _reads_events(function, around) and runs.first_reader else 0.0
    events += outputs * sum(one.bucket in around.event_bridge for one in function.own_outputs)
    if events:
        yield item("EventBridge", "events of S3", events, "events", "event_bridge_event")
    if function.api and not function.own_inputs:
        yield item("API Gateway", "requests", count, "requests", "api_request")
    written = count * computing.assumptions.log_kib * (2 if is_job else 1) * 1024 / GB
    yield item("CloudWatch Logs", "lines written", written, "GB", "logs_gb")
    if has_key(function, around.stack):
        requests = count * computing.assumptions.kms_requests
        yield item("KMS", "requests", requests, "requests", "kms_request")
    if secrets := secrets_of(function):
        yield item("Secrets Manager", "calls", count * len(secrets), "calls", "secret_call")
    if function.event_queue and function.is_queued:
        requests = 1 + 2 / min(function.event_queue.batch, QUEUE_MESSAGES)
        yield item("SQS", "files", count * requests, "requests", "sqs_request")
    else:
        yield item("SQS", "failed events only", 0, "requests", "sqs_request")


def _s3(computing: Computing, count: float, outputs: float, is_job: bool) -> Iterator[Item]:
    function, size = computing.function, computing.assumptions.size
    pieces = math.ceil(size / PIECE_BYTES) or 1
    # A large file is asked for its size first; an upload in parts has a beginning and an end.
    reads = (1 if pieces == 1 else pieces + 1) if function.own_inputs else 0
    writes = 1 if pieces == 1 else pieces + 2
    own_writes, own_reads = (JOB_WRITES, JOB_READS) if is_job else (0, 0)
    if function.is_gathered:
        own_writes, own_reads = 0, BURST_READS
    wrote = count * (CLAIM_WRITES + own_writes)
    wrote += outputs * len(function.own_outputs) * writes
    read = count * (reads + own_reads)
    yield computing.item("S3", "writes", wrote, "requests", "s3_write")
    yield computing.item("S3", "reads", read, "requests", "s3_read")


def _reads_events(function: Function, around: Surroundings) -> bool:
    return any(one.bucket in around.event_bridge for one in function.own_inputs)


def has_key(function: Function, stack: Stack) -> bool:
    """Whether its runs use a key of KMS that is the user's own."""
    used = {one.bucket for one in function.own_inputs}
    used |= {one.bucket for one in function.own_outputs}
    return stack.options.kms_key is not None or bool(used & stack.kms_keys.keys())


def secrets_of(function: Function) -> tuple[str, ...]:
    """The ARNs of its secrets in Secrets Manager; parameters of Systems Manager are free."""
    arns = [*function.secrets.values(), *function.storage_secrets]
    if function.execution_mode.runs_on_batch:
        arns += function.batch.secrets.values()
        arns += [function.repository_credentials] if function.repository_credentials else []
    return tuple(dict.fromkeys(arn for arn in arns if ":secretsmanager:" in arn))
