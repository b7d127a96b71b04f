"""Checks of job definitions, which hold what a function says and what its file says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scar_constructs.language.checks.definition_size import definition_size
from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import limits

_PLACES = (
    *("batch.environment.Variables", "lambda.container.environment.Variables"),
    *("lambda.container.command", "lambda.tags", "batch.secrets"),
)
"""What may be to blame, most likely first."""


def check_definition_sizes(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a problem for each function whose job definition Batch would refuse."""
    limit = limits.JOB_DEFINITION_MAX_BYTES
    for file in files:
        for parsed in file.functions:
            function = parsed.function
            size = definition_size(function, {**file.file.tags, **function.tags})
            if function.execution_mode.runs_on_batch and size > limit:
                at = next(_places(parsed), parsed.name_at)
                message = f"the job definition would have about {size} bytes, of {limit}"
                fix = (
                    "give the script what it needs in `container.environment`, which has no such "
                    "limit beside a script, or use fewer tags"
                )
                found = problem("environment-too-large", at.path, at.position, message, "", fix)
                report.add(found)


def _places(parsed: ParsedFunction) -> Iterator[Located]:
    for place in _PLACES:
        node = parsed.section.find(place)
        if node is not None:
            yield Located(node.path, node.position)
