"""Living with a workflow: log and trace of a file, what failed, and who may do what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.living import LIVING, MENDED, Person, as_role
from tests.local.workflows import Workflow

PARTS = [f"living/parts/words-a{letter}" for letter in "abc"]


def steps(document: Any) -> Iterator[Any]:
    """Every execution of a trace."""
    for one in document["executions"]:
        yield one
        for inner in one["files"]:
            yield from steps(inner)


@pytest.mark.usefixtures("person")
def test_what_the_file_asks_for_is_watched(host: Workflow) -> None:
    everyone = host.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    alarms = [one for one in everyone if one["AlarmName"].startswith("living-")]
    watched = {one["MetricName"] for one in alarms}
    assert watched == {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "Throttles",
        "FailedInvocations",
        "LoopsStopped",
    }
    (topic,) = {action for one in alarms for action in one["AlarmActions"]}
    sns = host.cloud.client("sns")
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "me@example.org")
    dashboards = host.cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert "living" in [one["DashboardName"] for one in dashboards]
    filters = host.cloud.client("logs").describe_metric_filters(
        logGroupName="/scar/batch/living-split"
    )["metricFilters"]
    names = {one["metricTransformations"][0]["metricName"] for one in filters}
    assert names == {"Executions", "Seconds", "LoopsStopped"}


def test_a_trace_from_an_output_names_the_upload(reader: Person, file: str) -> None:
    found = reader.json("trace", "s3://living/signed/words-aa", code=1)
    assert (found["file"], found["asked"]) == (file, "living/signed/words-aa")
    assert [one["function"] for one in found["executions"]] == ["living-split"]


def test_a_trace_from_the_upload_names_every_output(reader: Person, file: str) -> None:
    found = reader.json("trace", f"s3://{file}", code=1)
    (split,) = found["executions"]
    assert (split["service"], split["status"]) == ("batch", "succeeded")
    assert split["queue_seconds"] >= 0
    assert split["outputs"] == PARTS
    written = {path for one in steps(found) for path in one["outputs"]}
    assert written == {
        *PARTS,
        *(f"living/{folder}/words-a{letter}" for folder in ("counts", "signed") for letter in "ac"),
    }


def test_a_failed_branch_has_its_reason_its_last_lines_and_the_way_out(
    reader: Person, operator: Person, file: str
) -> None:
    found = reader.json("trace", file, code=1)
    (failed,) = (one for one in steps(found) if one["status"] == "failed")
    assert (failed["input"], failed["exit_code"]) == (PARTS[1], 3)
    for text in (
        failed["reason"],
        reader.call("trace", file).stdout,
        operator.must("failures", "living"),
        reader.must("logs", "--file", f"s3://{file}"),
    ):
        assert "this part is bad" in text
    redrive = "scar redrive living --function living-count"
    assert failed["redrive"] == redrive
    assert redrive in reader.call("trace", file).stdout
    told = reader.call("logs", "--file", file).stderr
    assert told == f"living-count failed on s3://{PARTS[1]}; to run it again: {redrive}\n"
    (waiting,) = operator.json("failures", "living")
    assert (waiting["function"], waiting["input"]) == ("living-count", PARTS[1])
    assert redrive in operator.must("failures", "living")


def test_the_log_of_a_file_has_the_lines_of_all_scripts_in_order(reader: Person, file: str) -> None:
    lines = reader.must("logs", "--file", f"s3://{file}").splitlines()
    said = [line.split("  ", 2)[-1] for line in lines]
    assert said[0] == "splitting"
    assert {"counting one two", "counting four five six", "signing 2", "signing 3"} <= set(said)
    assert said.index("counting one two") < said.index("signing 2")
    assert not any("Traceback" in line or "RequestId" in line for line in lines)
    everything = reader.must("logs", "--file", f"s3://{file}", "--all")
    assert "START RequestId" in everything


def test_the_log_of_a_request_and_of_a_job(reader: Person, file: str) -> None:
    found = reader.json("trace", file, code=1)
    (split,) = found["executions"]
    assert "splitting" in reader.must("logs", "--request", split["request_id"])
    assert "splitting" in reader.must("logs", "--job", split["job_id"])
    assert "splitting" in reader.must("log", "-n", "living-split", "-ri", split["job_id"])
    assert "splitting" in reader.must("log", "-n", "living-split", "-ls", split["stream"])
    documents = reader.must("logs", "living-split", "--json").splitlines()
    assert "splitting" in [json.loads(line)["text"] for line in documents]


@pytest.mark.usefixtures("file")
def test_what_is_there_is_listed(reader: Person) -> None:
    found = {one["name"]: one for one in reader.json("ls")}
    assert found["living-split"]["mode"] == "batch"
    assert found["living-split"]["inputs"] == ["living/in"]
    assert found["living-split"]["last"]["status"] == "succeeded"
    assert found["living-count"]["image"] == "busybox"
    assert "living-sign" in reader.must("ls")
    assert [one["key"] for one in reader.json("ls", "-b", "living/in")] == ["in/words"]


@pytest.mark.usefixtures("file")
def test_how_it_is_doing(reader: Person) -> None:
    (found,) = reader.json("status", "living")
    functions = {one["function"]: one for one in found["functions"]}
    assert found["failures"] == 1
    assert functions["living-split"]["succeeded_hour"] == 1
    assert (
        functions["living-count"]["succeeded_day"],
        functions["living-count"]["failed_day"],
    ) == (
        2,
        1,
    )
    assert functions["living-split"]["median_seconds"] >= 0
    assert "`scar failures living`" in reader.must("status")


@pytest.mark.usefixtures("file")
def test_who_only_reads_changes_nothing(reader: Person) -> None:
    for arguments in (
        ("put", "-b", "living/in", "-p", "words", "--region", "us-east-1"),
        ("run", "-n", "living-echo"),
        ("redrive", "living"),
        ("rm", "-f", LIVING),
    ):
        (reader.folder / "words").write_text(f"{arguments[0]} has changed this\n")
        done = reader.call(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "not authorized" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


def test_who_deploys_deploys_and_removes_and_does_nothing_else(
    person: Person, host: Workflow
) -> None:
    """By the CDK's own roles, which the policy lets them take."""
    (person.folder / "deployed.yaml").write_text(
        "functions: {living-deployed: {image: busybox, init_script: hello.sh}}\n"
    )
    (person.folder / "hello.sh").write_text("#!/bin/sh\necho hello\n")
    deployer = as_role(person, host, "deploy", Path("deployed.yaml"))
    deployer.must("init", "-f", "deployed.yaml")
    assert "living-deployed" in {one["name"] for one in person.json("ls")}
    for arguments in (("run", "-n", "living-deployed"), ("get", "-b", "living/in", "-p", "x")):
        done = deployer.call(*arguments)
        assert done.returncode == 1, done.stdout
        assert "not authorized" in done.stderr or "Forbidden" in done.stderr
    other = deployer.call("rm", "-f", LIVING)
    assert other.returncode == 1
    assert "living" in {one["stack"] for one in person.json("ls")}
    assert deployer.json("rm", "-f", "deployed.yaml") == {"removed": ["deployed"]}


def test_who_operates_reaches_nothing_else(operator: Person, host: Workflow) -> None:
    host.storage.create_bucket(Bucket="nobody-else-s")
    host.put("nobody-else-s", "in/other", b"x")
    for arguments in (
        ("get", "-b", "nobody-else-s/in", "-p", "other"),
        ("run", "-n", "broken-1"),
        ("rm", "-f", LIVING),
    ):
        done = operator.call(*arguments)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
    host.finish()


def test_a_redrive_goes_on_where_it_was_interrupted(
    operator: Person, host: Workflow, file: str
) -> None:
    MENDED.touch()
    assert operator.json("redrive", "living", "--function", "living-split") == []
    assert operator.json("redrive", "living", "--since", "2999-01-01") == []
    (given,) = operator.json("redrive", "living", "--function", "living-count")
    assert (given["action"], given["input"]) == ("redriven", PARTS[1])
    host.finish()
    found = operator.json("trace", file)
    assert "living/signed/words-ab" in {path for one in steps(found) for path in one["outputs"]}
    assert operator.json("failures", "living") == []


def test_the_cost_is_estimated_by_what_is_deployed(reader: Person, file: str) -> None:
    """Of the scripts that ran in this cloud, with the rights of a reader."""
    assert file
    asked = ("--files", "1000", "--size", "1MB", "--measure", "deployed", "--since", "1d")
    found = reader.json("estimate", LIVING, *asked)
    said = "\n".join(found["measured"])
    assert "living-split: 1 run, " in said
    assert " and 3 outputs each" in said
    assert "living-split: batch.memory 1024 is far more than it takes: try 256" in said
    assert "living-open: no execution that succeeded was found" in said
