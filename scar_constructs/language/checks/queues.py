"""Checks of the queue through which a function's files come: to be gathered into array jobs, or to
wait for room."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Node
from scar_constructs.model import ExecutionMode, Queue, limits

_KEY = "batch.burst"
_REMOVE = "remove `burst`"


def check_burst_jobs(parsed: ParsedFunction) -> Iterator[Problem]:
    """Jobs that are not alike, or that are more than one file's, make no array."""
    node = parsed.section.find(_KEY)
    if node is None:
        return
    function = parsed.function
    if function.execution_mode is not ExecutionMode.BATCH:
        # What the defaults say is said of the functions for which it has a meaning.
        if parsed.own is not None and parsed.own.find(_KEY) is not None:
            message = f"files are not gathered for `{function.execution_mode.value}`"
            yield _problem(node, message, f"write `execution_mode: batch`, or {_REMOVE}")
        return
    if function.batch.multi_node:
        message = "a job over several hosts cannot be of an array"
        yield _problem(node, message, f"{_REMOVE}, or `multi_node_parallel`")
    if function.join_input:
        message = "a join starts one job for many files already"
        yield _problem(node, message, f"{_REMOVE}, or `join`")
    if not function.build and function.script is None:
        message = "an image that is used as it is learns of its file when its job is submitted"
        yield _problem(node, message, f"add `init_script`, or {_REMOVE}")
    if not function.own_inputs:
        message = "has no effect: no input of the function is in S3 of the account"
        yield problem("setting-without-effect", node.path, node.position, message, "", "remove it")


def check_queue(parsed: ParsedFunction) -> Iterator[Problem]:
    """Files wait for room in a function that runs scripts, and whose room is told."""
    node, function = parsed.section.find("lambda.queue"), parsed.function
    if node is None or function.queue is Queue.OFF:
        return
    if not function.execution_mode.runs_on_lambda:
        if parsed.own is not None and parsed.own.find("lambda.queue") is not None:
            message = "is for scripts that run on Lambda; jobs have a queue"
            yield _problem(node, message, "remove it, or write `batch: {burst: {}}`", "queue")
    elif not function.own_inputs:
        message = "has no effect: no input of the function is in S3 of the account"
        yield problem("setting-without-effect", node.path, node.position, message, "", "remove it")
    elif function.join_input:
        message = "a join has an order of its own"
        yield _problem(node, message, "remove `queue`, or `join`", "queue")
    elif parsed.section.node.find("lambda.concurrency") is None:
        message = f"needs `concurrency` of {function.name}: how many may run at a time"
        yield _problem(node, message, "add `concurrency: 10`", "queue")


def check_queue_concurrency(parsed: ParsedFunction) -> Iterator[Problem]:
    """Lambda has two readers of a queue at least, and no more than calls are reserved for the
    function."""
    reserved, node = parsed.function.concurrency, parsed.section.find("lambda.concurrency")
    if parsed.function.event_queue is None or reserved is None or node is None:
        return
    least = limits.QUEUE_CONCURRENCY_MIN
    if reserved < least:
        message = f"must be {least} at least with `{'burst' if parsed.function.burst else 'queue'}`"
        yield fault("queue-concurrency", node, message, f"write {least}")


def _problem(node: Node, message: str, fix: str, rule: str = "burst") -> Problem:
    return problem(rule, node.path, node.position, message, "", fix)


QUEUE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_burst_jobs,
    check_queue,
    check_queue_concurrency,
)
