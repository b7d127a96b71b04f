"""What a script sees of the process that the platform started."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from scar_runtime.environment import image_environment, instance_ip, without_empty
from scar_runtime.handler import Invocation
from scar_runtime.workspace import WORK_ROOT

from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import COPY, Function, Invoked, document, executions, stored
from tests.runtime.scripted import Said, scripted
from tests.runtime.test_stages import Staged, staged
from tests.support.waiting import HANG_SECONDS, eventually

__all__ = ["staged"]  # a fixture

RUNTIME = Path(__file__).parents[2] / "runtime"


def started_with(folder: Path, **variables: str) -> dict[str, str]:
    """The script's part of an environment the kernel gave the process."""
    file = folder / "environ"
    entries = (os.fsencode(f"{name}={value}") for name, value in variables.items())
    file.write_bytes(b"\0".join(entries) + b"\0")
    return image_environment(file)


def test_our_own_variables_are_hidden(tmp_path: Path) -> None:
    seen = started_with(tmp_path, PATH="/bin", HOME="/h", SCAR_SPOOL_BUCKET="b", KEY="a=b\n")
    assert seen == {"PATH": "/bin", "HOME": "/h", "KEY": "a=b\n"}


def test_a_job_s_place_in_an_array_is_kept(tmp_path: Path) -> None:
    place = {"AWS_BATCH_JOB_ARRAY_INDEX": "4", "AWS_BATCH_JOB_ARRAY_SIZE": "9"}
    assert place.items() <= started_with(tmp_path, **place).items()


def test_a_program_has_a_path_where_nobody_gave_any(tmp_path: Path) -> None:
    assert "/usr/bin" in started_with(tmp_path)["PATH"]


HOMES = {
    "none": ({}, {}, None),
    "an empty one": ({"HOME": ""}, {}, None),
    "an engine's for a stranger": ({"HOME": "/"}, {}, None),
    "Lambda's": ({"HOME": "/home/sbx_user1051"}, {}, None),
    "the image's": ({"HOME": "/root"}, {}, "/root"),
    "the function's": ({"HOME": "/root"}, {"HOME": "/mnt/models"}, "/mnt/models"),
    "the function's over Lambda's": (
        {"HOME": "/home/sbx_user1051"},
        {"HOME": "/mnt/models"},
        "/mnt/models",
    ),
}


@pytest.mark.parametrize(("image", "environment", "kept"), HOMES.values(), ids=HOMES)
def test_a_script_has_a_home_that_it_can_write_unless_somebody_chose_one(
    function: Callable[..., Function],
    image: Mapping[str, str],
    environment: Mapping[str, str],
    kept: str | None,
) -> None:
    write = 'echo "$HOME"; [ -z "$WRITE" ] || { mkdir "$HOME/.cache" && pwd; }'
    made = function(write, outputs=[], environment=environment)
    runtime = made.runtime({"PATH": "/usr/bin:/bin", "WRITE": "" if kept else "yes", **image})
    invoked = Invoked()
    answer = Invocation(runtime, invoked).handle({})
    work = WORK_ROOT / invoked.aws_request_id
    said = base64.b64decode(answer["body"]).decode().splitlines()
    assert said == ([kept] if kept else [str(work)] * 2)
    assert not work.exists()


@pytest.mark.parametrize(("image", "environment", "kept"), HOMES.values(), ids=HOMES)
def test_a_job_of_several_containers_has_the_same_home(
    staged: Staged,
    image: Mapping[str, str],
    environment: Mapping[str, str],
    kept: str | None,
) -> None:
    job = staged('echo "$HOME" >said', environment=environment)
    assert job.stage_in() == 0
    assert job.program(**image) == 0
    work = job.volume.work("the-id").root
    assert (work / "said").read_text() == f"{kept or work}\n"


def test_what_an_image_sets_to_nothing_is_not_set() -> None:
    """By `ENV AWS_ACCESS_KEY_ID=`: the job's credentials come from its container's endpoint."""
    assert without_empty({"AWS_ACCESS_KEY_ID": "", "AWS_REGION": "", "A": "", "AWS_X": "y"}) == {
        "A": "",
        "AWS_X": "y",
    }


def test_empty_credentials_of_an_image_do_not_hide_those_of_the_job(
    tmp_path: Path, cloud: Cloud, bucket: Bucket
) -> None:
    given = {"AccessKeyId": "test", "SecretAccessKey": "test", "Token": "token"}
    with scripted(Said(body=json.dumps(given).encode())) as endpoint:
        done = by_hand(
            tmp_path,
            cloud,
            COPY,
            stored(bucket, "in/a"),
            bucket,
            AWS_ACCESS_KEY_ID="",
            AWS_SECRET_ACCESS_KEY="",
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{endpoint.url}/credentials",
        )
        assert done.returncode == 0, done.stderr
        assert endpoint.asked
    assert bucket.keys("out/") == ["out/a"]


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"SCAR_IMAGE_LD_PRELOAD": "a.so", "LD_PRELOAD": ""}, {"LD_PRELOAD": "a.so"}),
        ({"SCAR_IMAGE_LD_PRELOAD": "", "LD_PRELOAD": ""}, {}),
        ({"SCAR_IMAGE_LD_PRELOAD": "a.so", "LD_PRELOAD": "b.so"}, {"LD_PRELOAD": "b.so"}),
        ({"LD_PRELOAD": "b.so"}, {"LD_PRELOAD": "b.so"}),
    ],
    ids=["kept from the image", "none", "given at the start", "no derived image"],
)
def test_the_image_s_loader_settings_are_given_back(
    tmp_path: Path, given: dict[str, str], seen: dict[str, str]
) -> None:
    if "SCAR_IMAGE_LD_PRELOAD" in given:
        given = {"SCAR_IMAGE_LD_LIBRARY_PATH": "", "LD_LIBRARY_PATH": "", **given}
    own = started_with(tmp_path, PATH="/bin", HOME="/h", **given)
    assert own == {"PATH": "/bin", "HOME": "/h", **seen}


def test_bytes_that_are_no_text_pass_through(tmp_path: Path) -> None:
    (tmp_path / "environ").write_bytes(b"PATH=/bin\0HOME=/\0BYTES=\xff\0nonsense\0")
    seen = image_environment(tmp_path / "environ")
    assert os.fsencode(seen["BYTES"]) == b"\xff"
    assert "nonsense" not in seen


def test_the_instance_has_an_address() -> None:
    assert instance_ip().count(".") == 3


def by_hand(
    folder: Path,
    cloud: Cloud,
    script: str,
    event: object,
    output: Bucket | None = None,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """`python3 -m scar_runtime`, in the environment of a user's terminal."""
    outputs = [{"bucket": output.name, "folder": "out"}] if output else []
    config = folder / "config.json"
    config.write_text(json.dumps(document(script, mode="batch", outputs=outputs)))
    return subprocess.run(
        [sys.executable, "-m", "scar_runtime"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(RUNTIME),
            "SCAR_FUNCTION_CONFIG": str(config),
            **cloud.variables,
            **variables,
        },
        input=event if isinstance(event, str) else json.dumps(event),
        capture_output=True,
        text=True,
    )


def test_by_hand_an_event_is_processed(tmp_path: Path, cloud: Cloud, bucket: Bucket) -> None:
    script = 'echo working; tr a-z A-Z <"$SCAR_INPUT_FILE" >"$SCAR_OUTPUT_DIR/x"'
    done = by_hand(tmp_path, cloud, script, stored(bucket, "in/a", b"text"), bucket)
    assert (done.returncode, done.stdout) == (0, "working\n")
    assert bucket.get("out/x") == b"TEXT"
    [line] = executions(done.stderr)
    assert (line["service"], line["status"]) == ("local", "succeeded")


def test_by_hand_the_code_is_the_script_s(tmp_path: Path, cloud: Cloud) -> None:
    done = by_hand(tmp_path, cloud, "exit 7", {})
    assert done.returncode == 7
    assert "function f: the script exited with code 7" in done.stderr


def test_the_files_of_the_extra_payload_are_found(tmp_path: Path, cloud: Cloud) -> None:
    (tmp_path / "payload").mkdir()
    (tmp_path / "payload" / "labels").write_text("cat\n")
    done = by_hand(tmp_path, cloud, 'cat "$EXTRA_PAYLOAD/labels"', {})
    assert (done.returncode, done.stdout) == (0, "cat\n")


def test_without_an_extra_payload_there_is_no_variable(tmp_path: Path, cloud: Cloud) -> None:
    done = by_hand(tmp_path, cloud, 'echo "${EXTRA_PAYLOAD-none}"', {})
    assert (done.returncode, done.stdout) == (0, "none\n")


@pytest.mark.parametrize(
    "text", ["", "{", "no event", "[" * 100_000], ids=lambda text: text[:10] or "nothing"
)
def test_by_hand_what_is_no_json_is_refused(tmp_path: Path, cloud: Cloud, text: str) -> None:
    done = by_hand(tmp_path, cloud, "true", text)
    assert done.returncode == 2
    assert done.stderr.startswith("scar: standard input must be an event in JSON: ")
    assert len(done.stderr.splitlines()) == 1


def test_by_hand_a_missing_configuration_is_told(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(RUNTIME)}
    done = subprocess.run(
        [sys.executable, "-m", "scar_runtime"],
        cwd=tmp_path,
        env=environment,
        input="{}",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "scar: SCAR_FUNCTION_CONFIG must name the function's configuration file\n"
    )


AT_A_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("scar_runtime", run_name="__main__")
"""
"""Tests that run in the background may have these signals ignored, and with them all children."""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_by_hand_an_interruption_ends_the_script_and_removes_its_folder(
    tmp_path: Path, cloud: Cloud, number: signal.Signals, code: int
) -> None:
    told = tmp_path / "told"
    script = f"sleep 600 & echo $! $$ $PWD >{told}.new; mv {told}.new {told}; wait"
    config = tmp_path / "config.json"
    config.write_text(json.dumps(document(script, mode="batch")))
    with subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(RUNTIME),
            "SCAR_FUNCTION_CONFIG": str(config),
            **cloud.variables,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        running.stdin.write("{}")
        running.stdin.close()
        running.stdin = None
        eventually(told.exists)
        running.send_signal(number)
        _, said = running.communicate(timeout=HANG_SECONDS)
    assert (running.returncode, "Traceback" in said) == (code, False), said
    *processes, folder = told.read_text().split()
    eventually(lambda: not any(Path(f"/proc/{one}").exists() for one in processes))
    assert not Path(folder).exists()


def test_collections_go_on_once_the_runtime_is_there(tmp_path: Path) -> None:
    """The entry point stops them while modules are imported."""
    (tmp_path / "config.json").write_text(json.dumps(document("true")))
    program = "import gc; gc.disable(); from scar_runtime.runtime import from_process; "
    variables = {"SCAR_FUNCTION_CONFIG": str(tmp_path / "config.json"), "AWS_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-c", program + "from_process(); print(gc.isenabled())"],
        env={**variables, "PYTHONPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
