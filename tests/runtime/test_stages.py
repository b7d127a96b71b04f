"""A job in three containers: what stage-in leaves, how it is launched, and what stage-out tells."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scar_runtime.aws.client import Client
from scar_runtime.handler import Invocation
from scar_runtime.joins.tickets import Ticket, tickets
from scar_runtime.runtime import Runtime
from scar_runtime.stages.launcher import launcher
from scar_runtime.stages.stage_in import run_stage_in
from scar_runtime.stages.stage_out import run_stage_out
from scar_runtime.stages.volume import Volume

from tests.runtime.cloud import Bucket
from tests.runtime.functions import COPY, Function, Invoked, executions, s3_record, stored
from tests.runtime.test_resume import EIGHT, MANY, Killed, dying
from tests.support.waiting import HANG_SECONDS, eventually

Make = Callable[..., Function]
SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
CONTAINERS = "stage-in stage-out"


class StagedJob:
    """The job of the only event, in a volume of its own."""

    def __init__(self, made: Function, event: Any, root: Path) -> None:
        self._made = made
        Invocation(made.runtime(SCAR_JOB_CONTAINERS=CONTAINERS), Invoked("the-id")).dispatch(event)
        self.volume = Volume(root)
        self.spool = made.spool.name

    @property
    def overrides(self) -> list[Mapping[str, Any]]:
        (task,) = self._made.batch.jobs[0]["ecsPropertiesOverride"]["taskProperties"]
        return list(task["containers"])

    def runtime(self, client: type[Client] = Client) -> Runtime:
        key = self.overrides[0]["environment"][0]["value"]
        made = replace(self._made, client=client)
        return made.runtime(AWS_BATCH_JOB_ID="job-1", SCAR_JOB_EVENT=key)

    def next_attempt(self) -> None:
        """Another machine, with a volume of its own."""
        shutil.rmtree(self.volume.root)
        self.volume.root.mkdir()

    def stage_in(self, client: type[Client] = Client) -> int:
        return run_stage_in(self.runtime(client), self.volume)

    def program(self, **variables: str) -> int:
        command = ["/bin/sh", str(self.volume.launcher)]
        environment = {"PATH": os.environ["PATH"], **variables}
        return subprocess.run(command, env=environment).returncode

    def stage_out(self, client: type[Client] = Client) -> int:
        return run_stage_out(self.runtime(client), self.volume)

    def run(self) -> int:
        assert self.stage_in() == 0
        self.program()
        return self.stage_out()


@pytest.fixture
def staged(function: Make, bucket: Bucket, tmp_path: Path) -> Callable[..., StagedJob]:
    def make(script: str | None, event: Any = None, **changes: Any) -> StagedJob:
        made = function(script, mode="batch", **changes)
        volume = tmp_path / "volume"
        volume.mkdir()
        return StagedJob(made, event or stored(bucket, "in/a b"), volume)

    return make


Staged = Callable[..., StagedJob]


def test_only_the_helpers_are_told_of_the_event(staged: Staged) -> None:
    job = staged(COPY)
    assert [container["name"] for container in job.overrides] == CONTAINERS.split()
    assert {container["environment"][0]["name"] for container in job.overrides} == {
        "SCAR_JOB_EVENT"
    }


def test_a_script_that_succeeds_is_published_once(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY)
    assert job.run() == 0
    assert bucket.get("out/a b") == b"content\n"
    assert bucket.metadata("out/a b")["scar-hops"] == "1"
    (line,) = executions(capfd.readouterr().out)[1:]
    assert (line["service"], line["status"], line["exit_code"]) == ("batch", "succeeded", 0)
    assert line["outputs"] == [f"{bucket.name}/out/a b"]
    assert not list(job.volume.root.glob("the-id"))


def test_a_script_that_fails_gives_the_job_its_code(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY + "; exit 7")
    assert job.run() == 7
    assert bucket.keys("out/") == []
    output = capfd.readouterr().out
    assert executions(output)[-1]["exit_code"] == 7
    assert "the script exited with code 7" in output
    assert [claim["state"] for claim in job._made.claims()] == ["failed"]


def test_a_program_that_never_ran_the_launcher_is_a_failure(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY)
    assert job.stage_in() == 0
    assert job.stage_out() == 1
    assert "ENTRYPOINT" in capfd.readouterr().out
    assert bucket.keys("out/") == []


def test_a_stage_in_that_died_is_a_failure(
    staged: Staged, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY)
    assert job.stage_out() == 1
    output = capfd.readouterr().out
    assert executions(output)[-1]["status"] == "failed"
    assert "stage-in did not come to its end" in output


def test_an_input_that_is_gone_is_told_by_the_last_container(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged("touch $SCAR_OUTPUT_DIR/x")
    bucket.client.delete_object(Bucket=bucket.name, Key="in/a b")
    assert job.stage_in() == 0
    assert job.program() == 0
    assert job.stage_out() == 1
    line = executions(capfd.readouterr().out)[-1]
    assert (line["status"], line["exit_code"], line["outputs"]) == ("failed", 1, [])
    assert bucket.keys("out/") == []


def test_a_duplicate_runs_nothing(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY + "; echo ran")
    assert job.run() == 0
    capfd.readouterr()
    bucket.client.delete_object(Bucket=bucket.name, Key="out/a b")
    assert job.run() == 0
    output = capfd.readouterr().out
    assert executions(output)[-1]["status"] == "duplicate"
    assert "ran" not in output.splitlines()
    assert bucket.keys("out/") == []


def test_a_claim_that_was_taken_over_publishes_nothing(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY)
    assert job.stage_in() == 0
    job.program()
    (key,) = job._made.spool.keys("f/claims/")
    job._made.spool.put(key, b'{"state": "running", "holder": "another", "job": "job-2"}')
    assert job.stage_out() == 0
    assert executions(capfd.readouterr().out)[-1]["status"] == "duplicate"
    assert bucket.keys("out/") == []


def test_an_input_that_was_replaced_is_ignored(
    staged: Staged, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    job = staged(COPY)
    bucket.put("in/a b", b"newer\n")
    assert job.run() == 0
    assert executions(capfd.readouterr().out)[-1]["status"] == "ignored"
    assert bucket.keys("out/") == []


def test_a_retried_attempt_goes_on_and_publishes_once(staged: Staged, bucket: Bucket) -> None:
    job = staged(COPY)
    assert job.stage_in() == 0
    job.program()
    job.next_attempt()
    assert job.run() == 0
    assert bucket.keys("out/") == ["out/a b"]


@pytest.mark.parametrize("after", [False, True], ids=["before a write", "after a write"])
@pytest.mark.parametrize("writes", [0, 4, 7])
def test_a_stage_out_that_dies_amid_publishing_is_gone_on_with(
    staged: Staged, bucket: Bucket, writes: int, after: bool
) -> None:
    bucket.versioned()
    job = staged(MANY)
    assert job.stage_in() == 0
    job.program()
    with pytest.raises(Killed):
        job.stage_out(dying(bucket.name, writes, after=after))
    job.next_attempt()
    assert job.run() == 0
    assert bucket.versions("out/") == EIGHT


@pytest.mark.parametrize("after", [False, True], ids=["before its claim", "after its claim"])
def test_a_stage_in_that_dies_is_begun_again(staged: Staged, bucket: Bucket, after: bool) -> None:
    bucket.versioned()
    job = staged(MANY)
    with pytest.raises(Killed):
        job.stage_in(dying(job.spool, 0, after=after))
    job.next_attempt()
    assert job.run() == 0
    assert bucket.versions("out/") == EIGHT


def test_variables_of_both_dialects_and_of_the_function(staged: Staged, bucket: Bucket) -> None:
    script = (
        'printf "%s\\n" "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR" "$REQUEST_ID" "$STORAGE_OBJECT_KEY"'
        ' "$MINE" "$OF_THE_IMAGE" "$HOME" "$AWS_BATCH_JOB_ARRAY_INDEX" >"$SCAR_OUTPUT_DIR/said";'
        ' env | grep -c "^SCAR_" >>"$SCAR_OUTPUT_DIR/said"; pwd >>"$SCAR_OUTPUT_DIR/said"'
    )
    job = staged(script, environment={"MINE": 'it\'s "mine" $HOME `x`\n2', "UID": "5"})
    assert job.stage_in() == 0
    assert job.program(OF_THE_IMAGE="kept", AWS_BATCH_JOB_ARRAY_INDEX="4") == 0
    assert job.stage_out() == 0
    work = job.volume.root / "the-id"
    assert bucket.get("out/said").decode().splitlines() == [
        *(f"{work}/input/a b", f"{work}/output", "the-id", "in/a b"),
        *('it\'s "mine" $HOME `x`', "2", "kept", str(work), "4", "3", str(work)),
    ]


def test_arguments_of_the_event_run_in_place_of_a_script(
    staged: Staged, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launcher is the command of the image's ENTRYPOINT, and so are the words in it. They run
    where the image says, as the container does."""
    monkeypatch.chdir(tmp_path)
    event = {
        "cmd_args": ["/bin/sh", "-c", '{ echo "$1"; pwd; } >"$SCAR_OUTPUT_DIR/x"', "sh", "a $HOME"]
    }
    assert staged("never", event).run() == 0
    assert bucket.get("out/x") == f"a $HOME\n{tmp_path}\n".encode()


def test_a_payload_is_in_the_volume(staged: Staged, bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "payload").mkdir()
    tool = tmp_path / "payload" / "tool"
    tool.write_text("#!/bin/sh\necho made by a tool\n")
    tool.chmod(0o755)
    job = staged('"$EXTRA_PAYLOAD/tool" >"$SCAR_OUTPUT_DIR/x"')
    assert job.run() == 0
    assert bucket.get("out/x") == b"made by a tool\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_image_s_user_may_be_anybody(staged: Staged, bucket: Bucket, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    script = 'mkdir "$SCAR_OUTPUT_DIR/d"; id -u >"$SCAR_OUTPUT_DIR/d/who"; umask 077; '
    job = staged(script + 'cat "$SCAR_INPUT_FILE" >"$SCAR_OUTPUT_DIR/copy"')
    assert job.stage_in() == 0
    command = ["/bin/sh", str(job.volume.launcher)]
    assert subprocess.run(command, user=12345, group=12345, env={}).returncode == 0
    assert job.stage_out() == 0
    assert bucket.get("out/d/who") == b"12345\n"
    assert bucket.get("out/copy") == b"content\n"


def test_sigterm_reaches_the_script_and_no_code_is_told(staged: Staged, tmp_path: Path) -> None:
    said = tmp_path / "said"
    job = staged(f"trap 'echo asked >{said}; exit 0' TERM; echo up >{said}; sleep 600 & wait")
    assert job.stage_in() == 0
    with subprocess.Popen(["/bin/sh", str(job.volume.launcher)], start_new_session=True) as program:
        eventually(lambda: said.exists() and said.read_text())
        program.terminate()
        assert program.wait(HANG_SECONDS) == 143
        os.killpg(program.pid, signal.SIGKILL)  # the sleep, which a container would end
    assert said.read_text() == "asked\n"
    assert job.stage_out() == 1


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
VALUES = st.binary(max_size=40).filter(lambda value: b"\0" not in value).map(os.fsdecode)


@pytest.mark.parametrize("shell", SHELLS)
@given(
    values=st.lists(VALUES, min_size=1, max_size=4),
    words=st.lists(VALUES, max_size=3),
)
@settings(max_examples=15)
def test_the_launcher_passes_any_bytes_on(
    shell: str, values: list[str], words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("launcher")
    names = [f"V{number}" for number in range(len(values))]
    show = [
        "/usr/bin/python3",
        "-c",
        "import os, sys\n"
        "names = [n for n in sorted(os.environb) if n[:1] == b'V' or n[:2] == b'a.']\n"
        "out = [os.environb[n] for n in names] + [os.fsencode(w) for w in sys.argv[1:]]\n"
        "open('said', 'wb').write(b'\\0'.join(out))\n",
    ]
    variables = {**dict(zip(names, values, strict=True)), "a.b": values[0]}
    text = launcher([*show, *words], folder, folder / "code", {"V": "given"}, variables, folder)
    (folder / "start").write_bytes(text)
    start = str(folder / "start")
    command = [shell, "sh", start] if shell == "busybox" else [shell, start]
    assert subprocess.run(command, env={"PATH": "/usr/bin:/bin"}).returncode == 0
    expected = ["given", *values, values[0], *words]
    assert (folder / "said").read_bytes() == b"\0".join(os.fsencode(word) for word in expected)
    assert (folder / "code").read_text() == "0\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_names_that_a_shell_keeps_for_itself_do_no_harm(shell: str, tmp_path: Path) -> None:
    names = ("UID", "PPID", "IFS", "OPTIND", "SHELLOPTS", "code", "child", "-x", "a b", "1")
    variables = dict.fromkeys(names, "7")
    command = ["/bin/sh", "-c", "exit 3"]
    text = launcher(command, tmp_path, tmp_path / "code", {}, variables, tmp_path)
    (tmp_path / "start").write_bytes(text)
    command = [shell, "sh"] if shell == "busybox" else [shell]
    done = subprocess.run([*command, tmp_path / "start"], capture_output=True)
    assert (done.returncode, done.stderr) == (3, b"")
    assert (tmp_path / "code").read_text() == "3\n"


def test_the_files_of_a_group_are_staged_for_a_script_of_another_image(
    function: Make, bucket: Bucket, tmp_path: Path
) -> None:
    joined = {"bucket": bucket.name, "folder": "in", "join": {"suffixes": [".a", ".b"]}}
    script = 'cat $(cat "$SCAR_INPUT_FILES") >"$SCAR_OUTPUT_DIR/$SCAR_GROUP"'
    made = function(script, mode="batch", inputs=[joined])
    first = stored(bucket, "in/x.a", b"first\n")
    Invocation(made.runtime(SCAR_JOB_CONTAINERS=CONTAINERS), Invoked("one")).dispatch(first)
    assert made.batch.jobs == []

    (tmp_path / "volume").mkdir()
    job = StagedJob(made, stored(bucket, "in/x.b", b"second\n"), tmp_path / "volume")

    assert job.run() == 0
    assert bucket.get("out/x") == b"first\nsecond\n"
    assert made.batch.jobs[0]["jobName"] == "f-x"
    assert bucket.metadata("out/x")["scar-input"] == f"{bucket.name}/in/x.a"


def test_the_command_of_an_image_is_told_where_the_files_of_a_group_are(
    function: Make, bucket: Bucket, tmp_path: Path
) -> None:
    joined = {"bucket": bucket.name, "folder": "in", "join": {"suffixes": [".a", ".b"]}}
    made = function(None, mode="batch", inputs=[joined])
    first = stored(bucket, "in/x.a", b"first\n")
    Invocation(made.runtime(SCAR_JOB_CONTAINERS=CONTAINERS), Invoked("one")).dispatch(first)

    (tmp_path / "volume").mkdir()
    job = StagedJob(made, stored(bucket, "in/x.b", b"second\n"), tmp_path / "volume")

    told = {one["name"]: one["value"] for one in job.overrides[-1]["environment"]}
    assert told["SCAR_INPUT_FILES"] == "/tmp/the-id/.script/input-files"
    assert told["SCAR_GROUP"] == "x"
    assert "SCAR_INPUT_FILE" not in told


def test_an_object_that_stands_for_no_file_passes_through_a_job_without_its_script(
    function: Make, bucket: Bucket, tmp_path: Path
) -> None:
    empty = {"function": "merge", "bucket": bucket.name, "start": "out/", "end": ".part"}
    taker = {"storage_provider": "s3", "bucket": bucket.name, "folder": "out"}
    takers = [{"function": "merge", "input": [{**taker, "prefix": [], "suffix": []}]}]
    steps = [{"join": "merge", "opens": False, "takers": takers, "empty": empty}]
    made = function("exit 7", mode="batch", joins=steps)
    ticket = Ticket("merge", 32 * "a", "poem", (), {"f": 3}, 9, is_empty=True).text
    answer = bucket.put("in/.scar-empty-0123456789abcdef", b"", Metadata={"scar-joins": ticket})
    facts = {"size": 0, "eTag": answer["ETag"].strip('"'), "sequencer": "01"}
    record = s3_record(bucket.name, "in/.scar-empty-0123456789abcdef", **facts)
    (tmp_path / "volume").mkdir()
    job = StagedJob(made, {"Records": [record]}, tmp_path / "volume")

    assert job.run() == 0
    [key] = bucket.keys("out/")
    assert key.startswith("out/.scar-empty-")
    assert key.endswith(".part")
    [passed] = tickets(bucket.metadata(key))
    found = passed.part("merge")
    assert found is not None
    assert (found.root, found.is_empty) == (32 * "a", True)
    assert [(one.slot, one.count) for one in found.shares] == [(3, 9), (0, 1)]
