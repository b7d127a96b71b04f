"""What the metric filters of `metrics` and of the loop alarm match, against lines of the runtime.

No emulator here makes metrics of log lines, so CloudWatch's patterns for JSON are read by the few
rules that these use:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
from dataclasses import replace
from typing import Any

import pytest
from scar_runtime.errors import LoopError
from scar_runtime.log import Execution, Log
from scar_runtime.outputs import HOPS, MAX_HOPS, hops

from scar_constructs.aws.monitoring.metrics import (
    LOOP_PATTERN,
    LOOPS,
    STATUSES,
    execution_pattern,
    seconds_pattern,
)
from scar_constructs.installation import CHECKOUT
from scar_constructs.model import Alarms, ExecutionMode, StackOptions
from tests.synth.models import function, workflow
from tests.synth.synthesis import Json, templates_of

DONE = Execution("f", "batch", "id", "b/in/a", "succeeded", 0, 1.5, ("b/out/a",))
TERM = re.compile(r'\$\.(\w+) (=|>=) (?:"([^"]*)"|(\d+))')


EXECUTION_PATTERN, SECONDS_PATTERN = execution_pattern("f"), seconds_pattern("f")


def matches(pattern: str, line: str) -> bool:
    """Whether a pattern of terms joined by &&, each maybe one of several joined by ||, matches."""
    document = json.loads(line)
    every = [term.strip("()").split(" || ") for term in pattern.strip("{} ").split(" && ")]
    return all(any(_matches(TERM.fullmatch(one), document) for one in some) for some in every)


def _matches(term: re.Match[str] | None, document: dict[str, Any]) -> bool:
    assert term is not None
    name, sign, text, number = term.groups()
    value = document.get(name)
    if sign == ">=":
        return isinstance(value, (int, float)) and value >= int(number)
    return isinstance(value, str) and fnmatch.fnmatchcase(value, text)


def line_of(execution: Execution) -> str:
    """The line that the runtime writes."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as lines:
        Log("f", descriptor=writer).execution(execution)
        os.close(writer)
        return lines.read()


def loop() -> str:
    """What the runtime says of a loop."""
    with pytest.raises(LoopError) as fault:
        hops({HOPS: str(MAX_HOPS)})
    return str(fault.value)


FAILED = replace(DONE, status="failed", exit_code=3, reason="the script exited with code 3")
IN_A_CIRCLE = replace(FAILED, reason=loop())


@pytest.mark.parametrize(
    ("pattern", "execution", "matched"),
    [
        (EXECUTION_PATTERN, DONE, True),
        (EXECUTION_PATTERN, FAILED, True),
        (EXECUTION_PATTERN, replace(DONE, status="duplicate"), True),
        (SECONDS_PATTERN, DONE, True),
        (SECONDS_PATTERN, FAILED, False),
        (LOOP_PATTERN, IN_A_CIRCLE, True),
        (LOOP_PATTERN, FAILED, False),
        (LOOP_PATTERN, DONE, False),
    ],
)
def test_a_filter_matches_the_lines_it_is_for(
    pattern: str, execution: Execution, matched: bool
) -> None:
    line = line_of(execution)
    assert matches(pattern, line) is matched


@pytest.mark.parametrize("forged", [{"function": "other"}, {"status": "new"}])
def test_a_forged_line_makes_no_metric_of_its_own(forged: dict[str, Any]) -> None:
    """Each value of a dimension is a metric that is paid for."""
    line = line_of(replace(DONE, **forged))
    assert not matches(EXECUTION_PATTERN, line)
    assert len(execution_pattern("f" * 64)) <= 1_024


def test_every_status_of_the_runtime_is_counted() -> None:
    sources = (CHECKOUT / "runtime" / "scar_runtime").glob("*.py")
    text = "".join(path.read_text() for path in sources)
    named = set(re.findall(r'Outcome\(\s*"(\w+)"', text)) | set(
        re.findall(r'submit\(.*, "(\w+)"\)', text)
    )
    assert named == set(STATUSES)


def test_a_line_of_the_log_is_no_execution(capfd: pytest.CaptureFixture[str]) -> None:
    Log("f").info("execution", reason=loop())
    line = capfd.readouterr().out
    assert not any(
        matches(pattern, line) for pattern in (EXECUTION_PATTERN, SECONDS_PATTERN, LOOP_PATTERN)
    )


def test_what_a_filter_takes_from_a_line_is_in_it() -> None:
    """CloudWatch refuses a dimension that is none of the line's, and wants the value there."""
    template = made(metrics=True)
    fields = json.loads(line_of(DONE))
    for one in resources(template, "AWS::Logs::MetricFilter"):
        (transformation,) = one["MetricTransformations"]
        taken = [dimension["Value"] for dimension in transformation["Dimensions"]]
        taken += [transformation["MetricValue"]]
        assert all(text == "1" or text.removeprefix("$.") in fields for text in taken)
        assert len(transformation["Dimensions"]) <= 3


def made(**options: Any) -> Json:
    functions = (
        function(name="first"),
        function(name="second", execution_mode=ExecutionMode.BATCH),
    )
    return templates_of(workflow(*functions, options=StackOptions(**options)))["flow"]


def resources(template: Json, kind: str) -> list[Json]:
    return [one["Properties"] for one in template["Resources"].values() if one["Type"] == kind]


def test_nothing_is_watched_unless_it_is_asked_for() -> None:
    template = made()
    for kind in ("AWS::CloudWatch::Alarm", "AWS::Logs::MetricFilter", "AWS::SNS::Topic"):
        assert resources(template, kind) == []
    told = [one["Value"] for one in template["Outputs"].values()]
    assert any(isinstance(value, str) and value.startswith("none: ") for value in told)


def test_a_topic_of_the_users_own_is_used_as_it_is() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:mine"
    template = made(alarms=Alarms(topic=topic))
    assert resources(template, "AWS::SNS::Topic") == []
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    assert {action for one in alarms for action in one["AlarmActions"]} == {topic}
    assert all(one["TreatMissingData"] == "notBreaching" for one in alarms)


def test_there_is_an_alarm_for_everything_that_can_go_wrong() -> None:
    alarms = resources(made(alarms=Alarms(email="a@b.example")), "AWS::CloudWatch::Alarm")
    found = sorted(one["MetricName"] for one in alarms)
    queues = ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"]
    assert found == sorted([*queues * 2, "Throttles", "Throttles", "FailedInvocations", LOOPS])


def test_the_dashboard_shows_functions_in_the_order_of_the_flow() -> None:
    (dashboard,) = resources(made(dashboard=True, metrics=True), "AWS::CloudWatch::Dashboard")
    text = json.dumps(dashboard["DashboardBody"])
    assert dashboard["DashboardName"] == "flow"
    assert text.index("first: calls") < text.index("second: calls")
