"""What the process is to be, as its environment says: Lambda function, Batch job, run by hand."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from scar_runtime.errors import ScarError
from scar_runtime.passage import fence_standard_streams

HANDLER = "scar_runtime.handler.handle"
ERRORS = 2
"""By hand, standard output belongs to the script; log lines go to standard error."""
INTERRUPTED = 128 + 2


def main(arguments: Sequence[str]) -> int:
    """Give the process's exit code. `--check` only proves that nothing is missing; `stage-in` and
    `stage-out` are the helper containers of a job whose image is used as it is."""
    # Modules make many objects and no garbage. `from_process` takes collections up again.
    gc.disable()
    if arguments == ["--check"]:
        return _check()
    fence_standard_streams()
    if arguments in (["stage-in"], ["stage-out"]):
        return _stage(arguments[0])
    if api := os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        return _lambda(api)
    try:
        if "AWS_BATCH_JOB_ID" in os.environ:
            from scar_runtime.job import run_job
            from scar_runtime.runtime import for_scripts

            return run_job(for_scripts())
        return _by_hand()
    except KeyboardInterrupt:
        print("scar: interrupted", file=sys.stderr)
        return INTERRUPTED
    except ScarError as fault:
        print(f"scar: {fault}", file=sys.stderr)
        return fault.exit_code


def _lambda(api: str) -> int:
    """Serve invocations until Lambda ends the process."""
    bootstrap = import_module("awslambdaric.bootstrap")
    client = import_module("awslambdaric.lambda_runtime_client")
    bootstrap.run(HANDLER, client.LambdaRuntimeClient(api))
    return 0


def _stage(name: str) -> int:
    from scar_runtime.runtime import from_process
    from scar_runtime.stages.stage_in import run_stage_in
    from scar_runtime.stages.stage_out import run_stage_out
    from scar_runtime.stages.volume import Volume

    run = {"stage-in": run_stage_in, "stage-out": run_stage_out}[name]
    try:
        return run(from_process(), Volume())
    except ScarError as fault:
        print(f"scar: {fault}", file=sys.stderr)
        return fault.exit_code


def _by_hand() -> int:
    from scar_runtime.byhand import run_event
    from scar_runtime.runtime import for_scripts

    try:
        event = json.load(sys.stdin)
    except (ValueError, RecursionError) as error:
        print(f"scar: standard input must be an event in JSON: {error}", file=sys.stderr)
        return 2
    return run_event(for_scripts(ERRORS), event)


def _check() -> int:
    from scar_runtime.aws.connections import Connections

    for name in ("ssl", "awslambdaric.bootstrap", "runtime_client"):
        import_module(name)
    for name in ("byhand", "handler", "job", "stages.stage_in", "stages.stage_out"):
        import_module(f"scar_runtime.{name}")
    trusted = Connections(os.environ).tls().get_ca_certs()
    return 0 if trusted else 1
