"""Metrics that CloudWatch makes of the runtime's own lines in the log groups of functions.

A filter counts nothing that happened before it was there, and each value of a dimension is a
metric that is paid for. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_logs as logs
from constructs import Construct

from scar_constructs.aws.function.construct import ScarFunction
from scar_constructs.model import Function

NAMESPACE = "SCAR"
EXECUTIONS, SECONDS, LOOPS = "Executions", "Seconds", "LoopsStopped"
STATUSES = ("succeeded", "failed", "duplicate", "ignored", "submitted", "delegated", "waiting")
LOOP_PATTERN = '{ $.scar = "execution" && $.reason = "*output leads back to its input*" }'
FUNCTION, STATUS = "Function", "Status"

_Dimension = logs.CfnMetricFilter.DimensionProperty


def execution_pattern(function: str) -> str:
    """The executions of a function. Its name and each status are in the pattern: an image that
    forges lines in its log makes no metrics of its own, for which you would pay."""
    statuses = " || ".join(f'$.status = "{status}"' for status in STATUSES)
    return f'{{ $.scar = "execution" && $.function = "{function}" && ({statuses}) }}'


def seconds_pattern(function: str) -> str:
    """Those that succeeded."""
    return (
        f'{{ $.scar = "execution" && $.function = "{function}" && $.status = "succeeded" '
        "&& $.seconds >= 0 }"
    )


class FunctionMetrics(Construct):
    """How many executions of a function ended how, and how long those took that succeeded."""

    def __init__(
        self, scope: Construct, construct_id: str, *, function: Function, made: ScarFunction
    ) -> None:
        super().__init__(scope, construct_id)
        by_function = _Dimension(key=FUNCTION, value="$.function")
        by_status = _Dimension(key=STATUS, value="$.status")
        counted, timed = execution_pattern(function.name), seconds_pattern(function.name)
        for name, group in log_groups(made):
            both = [by_function, by_status]
            _filter(self, f"{name}Executions", group, counted, EXECUTIONS, "1", both)
            if runs_in(function, name):
                _filter(self, f"{name}Seconds", group, timed, SECONDS, "$.seconds", [by_function])


def log_groups(made: ScarFunction) -> list[tuple[str, logs.ILogGroup]]:
    """The log groups of a function: that of its Lambda, and that of its jobs if it has any."""
    found: list[tuple[str, logs.ILogGroup]] = [("Lambda", made.log_group)]
    if made.job is not None:
        found.append(("Jobs", made.job.log_group))
    return found


def runs_in(function: Function, name: str) -> bool:
    """Whether scripts run where this log group is: a dispatcher only submits."""
    return name == "Jobs" or function.execution_mode.runs_on_lambda


def count_loops(scope: Construct, functions: Mapping[str, ScarFunction], stack: str) -> None:
    """Count the files that went round in a circle, in one metric of the whole stack."""
    for function, made in functions.items():
        for name, group in log_groups(made):
            identifier = f"Loops{name}-{function}"
            _filter(scope, identifier, group, LOOP_PATTERN, LOOPS, "1", namespace=f"SCAR/{stack}")


def _filter(
    scope: Construct,
    construct_id: str,
    group: logs.ILogGroup,
    pattern: str,
    metric: str,
    value: str,
    dimensions: list[logs.CfnMetricFilter.DimensionProperty] | None = None,
    namespace: str = NAMESPACE,
) -> None:
    logs.CfnMetricFilter(
        scope,
        construct_id,
        log_group_name=group.log_group_name,
        filter_pattern=pattern,
        metric_transformations=[
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_namespace=namespace,
                metric_name=metric,
                metric_value=value,
                dimensions=dimensions,
            )
        ],
    )
