"""Checks of bursts: of which functions files can be gathered into array jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Node
from scar_constructs.model import ExecutionMode, limits

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


def check_burst_concurrency(parsed: ParsedFunction) -> Iterator[Problem]:
    """Lambda takes no more readers of a queue than calls are reserved for the function."""
    reserved, node = parsed.function.concurrency, parsed.section.find("lambda.concurrency")
    if parsed.function.burst is None or reserved is None or node is None:
        return
    if reserved < limits.BURST_POLLERS:
        message = f"must be {limits.BURST_POLLERS} at least with `burst`"
        yield fault("burst-concurrency", node, message, f"write {limits.BURST_POLLERS}")


def _problem(node: Node, message: str, fix: str) -> Problem:
    return problem("burst", node.path, node.position, message, "", fix)


BURST_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_burst_jobs,
    check_burst_concurrency,
)
