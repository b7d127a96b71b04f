"""Living with a workflow: SCAR's commands, log and trace of a file, what failed, who may what."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.local.server import ACCOUNT
from tests.local.accounts import make_role
from tests.local.conftest import DATA
from tests.local.living import Person
from tests.local.workflows import Workflow
from tests.support.waiting import eventually

LIVING = DATA / "living" / "living.yaml"
MENDED = Path("/tmp/living-is-mended")


@pytest.fixture(scope="module")
def person(host: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Who has deployed data/living with SCAR's own command."""
    someone = Person(host.cloud, tmp_path_factory.mktemp("living"))
    someone.must("init", "-f", LIVING)
    yield someone
    MENDED.unlink(missing_ok=True)


def as_role(person: Person, host: Workflow, kind: str, file: Path = LIVING) -> Person:
    """Somebody who may do what `scar policy` prints for the kind, and nothing else."""
    document = json.loads(person.must("policy", kind, file, "--account", ACCOUNT))
    role = make_role(host.cloud, f"living-{kind}", None, *document["Statement"])
    session = host.cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="person")
    keys = session["Credentials"]
    variables = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    return Person(host.cloud, person.folder, variables)


@pytest.fixture(scope="module")
def operator(person: Person, host: Workflow) -> Person:
    return as_role(person, host, "operate")


@pytest.fixture(scope="module")
def reader(person: Person, host: Workflow) -> Person:
    return as_role(person, host, "read")


@pytest.fixture(scope="module")
def file(operator: Person, host: Workflow) -> str:
    """A file of three lines that has gone through the workflow; the second line is bad."""
    (operator.folder / "words").write_text("one two\nthis is bad\nfour five six\n")
    operator.must("put", "-b", "living/in", "-p", "words")
    host.finish()
    return "living/in/words"


PARTS = [f"living/parts/words-a{letter}" for letter in "abc"]


def steps(document: Any) -> Iterator[Any]:
    """Every execution of a trace."""
    for one in document["executions"]:
        yield one
        for inner in one["files"]:
            yield from steps(inner)


@pytest.mark.usefixtures("person")
def test_what_the_file_asks_for_is_watched(host: Workflow) -> None:
    alarms = host.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    watched = {one["MetricName"] for one in alarms if one["AlarmName"].startswith("living-")}
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


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("arguments", [["logs", "--follow"], ["status", "--watch"]], ids=" ".join)
def test_what_goes_on_ends_with_an_interruption(person: Person, arguments: list[str]) -> None:
    begun = subprocess.Popen(
        person.command(*arguments),
        cwd=person.folder,
        env=person.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert begun.stdout is not None
    begun.stdout.readline()
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate()
    assert (begun.returncode, said.splitlines()[-1]) == (130, "interrupted")


def test_who_operates_reaches_nothing_else(operator: Person, host: Workflow) -> None:
    host.put("broken-chain", "in/other", b"x")
    for arguments in (
        ("get", "-b", "broken-chain/in", "-p", "other"),
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


def test_files_go_up_and_down_once(person: Person) -> None:
    contents = {"a b+c": b"x" * 10, "deep/empty": b"", "deep/large": bytes(range(256)) * 40_000}
    folder = person.folder / "tree"
    (folder / "deep").mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    for skipped in (False, True):
        sent = person.json("put", "-b", "living/stored", "-p", "tree")
        assert {one["path"] for one in sent} == {f"living/stored/{name}" for name in contents}
        assert {one["skipped"] for one in sent} == {skipped}
    for skipped in (False, True):
        got = person.json("get", "-b", "living/stored", "-p", "back")
        assert {one["skipped"] for one in got} == {skipped}
    for name, content in contents.items():
        assert (person.folder / "back" / name).read_bytes() == content
    person.must("get", "-b", "living/stored/a b+c", "-p", "one")
    assert (person.folder / "one").read_bytes() == contents["a b+c"]


def test_a_key_leads_nowhere_else(person: Person, host: Workflow) -> None:
    host.put("living", "odd/../../outside", b"x")
    person.must("get", "-b", "living/odd", "-p", "odd")
    assert not (person.folder / "outside").exists()
    assert [one.read_bytes() for one in (person.folder / "odd").rglob("outside")] == [b"x"]


def test_a_function_runs_once_for_each_file_of_a_folder(person: Person, host: Workflow) -> None:
    """Interrupted in the middle, and called again."""
    count = 200
    for number in range(count):
        host.put("living", f"many/{number:03}", b"%d\n" % number)
    begun = subprocess.Popen(
        person.command("run", "-n", "living-echo", "-ib", "living/many"),
        cwd=person.folder,
        env=person.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: len(host.keys("living", "echoed/")) > 20)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate()
    assert begun.returncode == 130
    assert said.splitlines()[-1] == "interrupted"
    host.finish()
    assert len(host.keys("living", "echoed/")) < count

    done = person.json("run", "-n", "living-echo", "-ib", "living/many")
    assert (len(done), any(one["failed"] for one in done)) == (count, False)
    host.finish()
    assert len(host.keys("living", "echoed/")) == count
    rows = [row for row in host.rows("living-echo") if row["status"] == "succeeded"]
    assert len(rows) == count
    assert {row["input"] for row in rows} == {f"living/many/{n:03}" for n in range(count)}


def test_a_call_prints_what_the_script_printed(operator: Person) -> None:
    (operator.folder / "own.sh").write_text('echo "own $1"\n')
    assert operator.must("run", "-n", "living-open") == "heard \n"
    assert operator.must("run", "-n", "living-open", "-s", "own.sh", "you") == "own you\n"
    assert operator.must("run", "-n", "living-split", "-s", "own.sh", "job") == "own job\n"
    assert operator.json("run", "-n", "living-open")["output"] == "heard \n"
    operator.must("run", "-n", "living-open", "-o", "out.txt")
    assert (operator.folder / "out.txt").read_text() == "heard \n"
    failed = operator.call("run", "-n", "living-count")
    assert failed.returncode == 1
    assert "exited with code" in failed.stderr


def test_an_address_is_called_as_it_asks(operator: Person) -> None:
    (operator.folder / "body").write_bytes(b"a body\n")
    assert "a body" in operator.must("invoke", "-n", "living-echo", "-db", "body")
    words = operator.must("invoke", "-n", "living-open", "-p", '{"word": "here"}')
    assert words == "heard here\n"
    wrong = operator.call("invoke", "-n", "living-split")
    assert wrong.returncode == 1
    assert wrong.stderr == (
        "living-split has no HTTP address: give it `api_gateway: {name: ...}`\n"
    )


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "no region is set: set AWS_REGION"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "aws sso login"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_PROFILE": "nobody"}, "`aws configure list-profiles` names those there are"),
    ],
    ids=["region", "credentials", "connection", "profile"],
)
@pytest.mark.parametrize(
    "arguments",
    [
        ["ls"],
        ["logs"],
        ["trace", "s3://living/in/words"],
        ["status"],
        ["failures", "living"],
        ["redrive", "living"],
        ["put", "-b", "living/in", "-p", str(LIVING)],
        ["run", "-n", "living-open"],
        ["prune", "living"],
    ],
    ids=lambda value: value[0],
)
def test_a_fault_of_the_surroundings_is_one_line(
    person: Person, host: Workflow, arguments: list[str], variables: dict[str, str], text: str
) -> None:
    given = {
        **variables,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    given["AWS_MAX_ATTEMPTS"] = "1"
    done = Person(host.cloud, person.folder, given).call(*arguments)
    assert done.returncode == 1, done.stdout
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["logs", "living-splat"], "did you mean living-split?"),
        (["logs", "--since", "yesterday"], "write such as 30m"),
        (["status", "livin"], "did you mean living?"),
        (["failures", "living", "--function", "x"], "the stack has no function x; there are:"),
        (["redrive", "living", "--function", "x"], "the stack has no function x; there are:"),
        (["run", "-n", "x"], "no function x is deployed"),
        (["invoke", "-n", "x"], "no function x is deployed"),
        (["invoke", "-n", "living-open", "-p", "{"], "-p is no JSON"),
        (["rm", "-n", "x"], "no function x is deployed"),
        (["trace", "s3://living/gone"], "there is no object s3://living/gone"),
        (["get", "-b", "living/gone", "-p", "x"], "nothing lies at s3://living/gone"),
        (["ls", "-b", "no-such-bucket-here"], "there is no bucket no-such-bucket-here"),
        (["put", "-b", "living/in", "-p", "gone"], "there is no file or folder gone"),
        (
            ["run", "-n", "living-echo", "-ib", "living/gone"],
            "living/gone is no input of living-echo",
        ),
        (["run", "-n", "living-echo", "-ib", "living/many/x"], "nothing lies in s3://living/many"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_what_does_not_exist_is_one_line(person: Person, arguments: list[str], text: str) -> None:
    done = person.call(*arguments)
    assert done.returncode == 1, done.stdout
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_function_of_options_lives_and_goes(person: Person, host: Workflow) -> None:
    """Last: `rm` of one function of several deploys the file without it."""
    (person.folder / "hello.sh").write_text("#!/bin/sh\necho hello\n")
    made = person.must("init", "-n", "living-own", "-i", "busybox", "-s", "hello.sh", "-m", "256")
    assert "living-own" in made
    assert person.must("run", "-n", "living-own") == "hello\n"
    again = person.call("init", "-n", "living-own", "-i", "busybox:2", "-s", "hello.sh")
    assert again.returncode == 1
    assert "living-own.yaml exists with another content" in again.stderr
    unasked = person.call("rm", "-n", "living-own")
    assert (unasked.returncode, "add --yes" in unasked.stderr) == (2, True)
    person.must("rm", "-n", "living-own", "--yes")
    assert "living-own" not in person.must("ls")

    one_of_five = person.call("rm", "-n", "living-open", "--yes")
    assert one_of_five.returncode == 1
    assert "the file is the truth" in one_of_five.stderr
    person.must("rm", "-n", "living-open", "-f", LIVING, "--yes")
    left = {one["name"] for one in person.json("ls") if one["stack"] == "living"}
    assert left == {"living-split", "living-count", "living-sign", "living-echo"}
    person.must("rm", "-f", LIVING)
    assert "living" not in {one["stack"] for one in person.json("ls")}
    host.storage.head_bucket(Bucket="living")
    gone = person.call("rm", "-f", LIVING)
    assert (gone.returncode, gone.stderr) == (1, "living is not deployed\n")
