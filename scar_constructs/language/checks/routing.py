"""What goes to Lambda and what to jobs, by its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.model import ExecutionMode, limits

_MIB = 1024**2


def check_lambda_up_to(parsed: ParsedFunction) -> Iterator[Problem]:
    """What begins on Lambda has to fit into its disk."""
    node = parsed.section.find("lambda.lambda_up_to")
    function = parsed.function
    if function.execution_mode is not ExecutionMode.AUTO:
        # What the defaults say is said of the functions for which it has a meaning.
        if parsed.own is not None and parsed.own.find("lambda.lambda_up_to") is not None and node:
            message = "decides nothing: only `execution_mode: auto` goes by sizes"
            fix = "write `execution_mode: auto`, or remove it"
            yield problem("setting-without-effect", node.path, node.position, message, "", fix)
    elif node is not None and (function.lambda_up_to_bytes or 0) >= (
        disk := function.ephemeral_storage_mib * _MIB
    ):
        message = f"does not fit into /tmp, which has {disk:,} bytes for the file and its outputs"
        most = limits.LAMBDA_STORAGE_MAX_MIB
        fix = f"write less, or raise `ephemeral_storage`, which may be {most:,} MiB"
        yield fault("larger-than-disk", node, message, fix)


ROUTING_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (check_lambda_up_to,)
