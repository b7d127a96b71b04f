"""Where `scar estimate --measure` reads from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scar_constructs.errors import UserError
from scar_constructs.estimate.measured import Measured, measured
from scar_constructs.language.workflow.join import Application
from scar_constructs.terminal import shorten

DEPLOYED = "deployed"


def read_measures(
    source: str, since: str, application: Application, region: str | None
) -> dict[str, Measured]:
    """Of a report, or of what is deployed. Raises UserError for what is neither."""
    if source != DEPLOYED:
        return measured(_report(Path(source)))
    from scar_constructs.cli.session import faults_told

    with faults_told():
        return measured(_deployed(since, application, region))


def _report(path: Path) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["executions"]
        return [row for row in rows if isinstance(row, dict)]
    except OSError as fault:
        raise UserError(
            f"--measure {shorten(str(path))}: {fault.strerror}; write `deployed`, or the file to "
            "which `scar local run ... --json` was sent"
        ) from fault
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise UserError(
            f"--measure {shorten(str(path))} is no report; write one with "
            "`scar local run ... --json > FILE`"
        ) from fault


def _deployed(
    since: str, application: Application, region: str | None
) -> Iterator[Mapping[str, Any]]:
    """The executions of each function, by its logs."""
    from scar_constructs.model.names import job_log_group, lambda_log_group
    from scar_constructs.operate.executions import EXECUTION, executions
    from scar_constructs.operate.log_lines import LogReader
    from scar_constructs.operate.moments import since as moment
    from scar_constructs.operate.session import Session

    begin = moment(since)
    for stack in application.stacks:
        reader = LogReader(Session(region=region or stack.region))
        for function in stack.functions:
            groups = [lambda_log_group(function.name)]
            if function.execution_mode.runs_on_batch:
                groups.append(job_log_group(function.name))
            for one in executions(reader.search(groups, EXECUTION, since=begin)):
                yield {**one.document(), "function": function.name, "peak_mib": one.peak_mib}
