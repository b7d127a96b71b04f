"""One dashboard of a workflow: functions in the order of the flow, then the failed events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from scar_constructs.aws.function.construct import ScarFunction
from scar_constructs.aws.monitoring.metrics import (
    EXECUTIONS,
    FUNCTION,
    NAMESPACE,
    SECONDS,
    STATUS,
    STATUSES,
)
from scar_constructs.model import Function

_WIDTH, _HEIGHT = 8, 6
Widget = dict[str, Any]


class Dashboard(Construct):
    """The dashboard of a stack, named as it is. With `counted`, the metrics of executions too."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack: str,
        functions: Sequence[Function],
        made: Mapping[str, ScarFunction],
        queues: Sequence[sqs.Queue],
        counted: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        rows = [
            _of_function(function, made[function.name], counted) for function in in_flow(functions)
        ]
        rows.append([_of_queues(queues)])
        widgets = [
            {**widget, "x": _WIDTH * column, "y": _HEIGHT * row, "width": _WIDTH, "height": _HEIGHT}
            for row, some in enumerate(rows)
            for column, widget in enumerate(some)
        ]
        cloudwatch.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=stack,
            # The names of queues are tokens, which stand in a text of JSON as they are.
            dashboard_body=json.dumps({"widgets": widgets}),
        )


def in_flow(functions: Sequence[Function]) -> list[Function]:
    """The functions in the order in which files come through them; otherwise that of the file."""
    left, ordered = list(functions), []
    while left:
        ready = [one for one in left if not any(_feeds(other, one) for other in left)] or left[:1]
        ordered += ready
        left = [one for one in left if one not in ready]
    return ordered


def _feeds(first: Function, second: Function) -> bool:
    """Whether outputs of the first lie under inputs of the second."""
    return first is not second and any(
        target.bucket == source.bucket
        and f"{target.folder}/".startswith(f"{source.folder}/" if source.folder else "")
        for target in first.outputs
        for source in second.inputs
    )


def _of_function(function: Function, made: ScarFunction, counted: bool) -> list[Widget]:
    name = made.lambda_function.function_name
    lambda_metrics = [
        ["AWS/Lambda", metric, "FunctionName", name]
        for metric in ("Invocations", "Errors", "Throttles")
    ]
    widgets = [_graph(f"{function.name}: calls", lambda_metrics, "Sum")]
    if counted:
        executions = [
            [NAMESPACE, EXECUTIONS, FUNCTION, function.name, STATUS, status] for status in STATUSES
        ]
        widgets.append(_graph(f"{function.name}: executions", executions, "Sum"))
        seconds = [[NAMESPACE, SECONDS, FUNCTION, function.name]]
        widgets.append(_graph(f"{function.name}: seconds", seconds, "p95"))
    elif function.execution_mode.runs_on_lambda:
        duration = [["AWS/Lambda", "Duration", "FunctionName", name]]
        widgets.append(_graph(f"{function.name}: milliseconds", duration, "p95"))
    return widgets


def _of_queues(queues: Sequence[sqs.Queue]) -> Widget:
    metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.queue_name]
        for queue in queues
    ]
    return _graph("failed events that wait", metrics, "Maximum")


def _graph(title: str, metrics: list[list[str]], statistic: str) -> Widget:
    properties = {
        "title": title,
        "region": Aws.REGION,
        "metrics": metrics,
        "stat": statistic,
        "period": 300,
        "view": "timeSeries",
    }
    return {"type": "metric", "properties": properties}
