"""What is paid while nothing runs: what is stored, what watches, and machines that stay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from scar_constructs.estimate.assumptions import DAYS_PER_MONTH, GB, HOURS_PER_MONTH
from scar_constructs.estimate.computing import Computing
from scar_constructs.estimate.flow import Runs
from scar_constructs.estimate.items import Item
from scar_constructs.estimate.requests import secrets_of
from scar_constructs.language.workflow.event_patterns import event_patterns
from scar_constructs.language.workflow.join import Stack
from scar_constructs.model import limits

_POLL_SECONDS = 20
"""For how long Lambda waits at a queue that is empty."""
_STACK_ALARMS, _SERVICE_ALARMS = 3, 2
_METRICS, _JOB_METRICS = 2, 1
"""Of a function whose runs succeed: succeeded and seconds; and of one with jobs, submitted."""
Expiry = Mapping[str, int | None]
"""Bucket -> days after which its files go."""


def function_at_rest(
    computing: Computing, runs: Runs, seconds: float, expiry: Expiry
) -> Iterator[Item]:
    """What a month's runs leave, and what is there for the function before any."""
    function, assumptions = computing.function, computing.assumptions
    sizes: dict[str, float] = {}
    if runs.first_reader:
        for source in function.own_inputs[:1]:
            sizes[source.bucket] = runs.uploads * assumptions.size
    outputs = runs.total * assumptions.outputs.of(function.name) * assumptions.size
    for target in function.own_outputs:
        sizes[target.bucket] = sizes.get(target.bucket, 0.0) + outputs
    for bucket, size in sizes.items():
        quantity = size / GB * _months(expiry.get(bucket))
        what = f"a month's files in {bucket}"
        yield computing.item("S3", what, quantity, "GB-months", "s3_gb_month")
    written = runs.total * assumptions.log_kib * (2 if computing.goes_to_job(seconds) else 1)
    kept = written * 1024 / GB * function.log_retention_days / DAYS_PER_MONTH
    yield computing.item("CloudWatch Logs", "lines kept", kept, "GB-months", "logs_gb_month")
    if function.event_queue:
        asked = limits.QUEUE_CONCURRENCY_MIN * HOURS_PER_MONTH * 3600 / _POLL_SECONDS
        yield computing.item("SQS", "asking the queue", asked, "requests", "sqs_request")
    if function.is_derived:
        yield computing.item("ECR", "image", assumptions.image_gib, "GB-months", "ecr_gb_month")


def _months(expire_days: int | None) -> float:
    """How long a file is kept; without an end, what each further month costs."""
    return expire_days / DAYS_PER_MONTH if expire_days else 1.0


def stack_at_rest(stack: Stack, computings: Mapping[str, Computing]) -> Iterator[Item]:
    """What the functions of a stack, at least one, have together."""
    options, item = stack.options, next(iter(computings.values())).item
    if options.alarms:
        count = alarms_of(stack)
        yield item("CloudWatch", f"alarms of {stack.name}", count, "alarms", "alarm_month")
    if options.metrics:
        count = sum(
            _METRICS + (_JOB_METRICS if one.execution_mode.runs_on_batch else 0)
            for one in stack.functions
        )
        yield item("CloudWatch", f"metrics of {stack.name}", count, "metrics", "metric_month")
    if options.dashboard:
        what = f"dashboard of {stack.name}"
        yield item("CloudWatch", what, 1, "dashboards", "dashboard_month")
    keys = {*stack.kms_keys.values(), *([options.kms_key] if options.kms_key else [])}
    for key in sorted(keys):
        yield item("KMS", f"key {key}", 1, "keys", "kms_key_month")
    secrets = dict.fromkeys(arn for one in stack.functions for arn in secrets_of(one))
    for secret in secrets:
        yield item("Secrets Manager", f"secret {secret}", 1, "secrets", "secret_month")
    yield from _standing(stack, computings)


def alarms_of(stack: Stack) -> int:
    """How many alarms a stack has that has any."""
    jobs = sum(one.execution_mode.runs_on_batch for one in stack.functions)
    rules = sum(len(event_patterns(rule.bucket, rule.filters)) for rule in stack.rules) + jobs
    of_services = _SERVICE_ALARMS if stack.has_service_failures else 0
    queues = sum(one.event_queue is not None for one in stack.functions)
    return _STACK_ALARMS + of_services + len(stack.functions) + queues + rules


def _standing(stack: Stack, computings: Mapping[str, Computing]) -> Iterator[Item]:
    """Machines that stay, of each environment once."""
    environments = {
        one.machines: one
        for one in reversed(stack.functions)
        if one.execution_mode.runs_on_batch and one.batch.compute_resources.min_vcpus > 0
    }
    for function in environments.values():
        computing = computings[function.name]
        if host := computing.host:
            count = math.ceil(function.batch.compute_resources.min_vcpus / host.machine.vcpus)
            yield from computing.machine_hours(host, count * HOURS_PER_MONTH)
