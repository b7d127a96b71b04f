"""`scar local` as its users call it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import HANG_SECONDS, eventually

ROOT = Path(__file__).parent.parent.parent
HELLO = ROOT / "examples" / "hello"
FAILING = Path(__file__).parent / "data" / "failing"


class Place:
    """Where a test's commands keep their temporary files, to see what they leave behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = str(folder.parent / "kept")
        self.environment = {**os.environ, "TMPDIR": str(folder), "SCAR_LOCAL_FOLDER": kept}

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments), cwd=ROOT, env=self.environment, capture_output=True, text=True
        )

    def left_over(self) -> list[str]:
        """The folders of clouds that are there, and the processes that work in them."""
        processes = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if str(self.folder).encode() in words:
                    processes.append(words.replace(b"\0", b" ").decode())
        return [*map(str, self.folder.glob("scar-local-*")), *processes]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return Place(folder)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "scar_constructs", "local", *map(str, arguments)]


@contextmanager
def started(place: Place, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        yield running


def read_until(running: subprocess.Popen[str], start: str) -> None:
    """Read what is said until a line starts so."""
    assert running.stderr is not None
    assert any(line.startswith(start) for line in running.stderr)


def test_help_names_every_command(place: Place) -> None:
    done = place.call("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("run", "up", "down", "images"))


def test_a_users_fault_is_printed_as_by_the_check_and_nothing_starts(
    place: Place, tmp_path: Path
) -> None:
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("functions: {f: {image: x, memry: 1}}\n")
    done = place.call("run", faulty, "--put", HELLO / "poem.txt")
    check = [sys.executable, "-m", "scar_constructs", "check", "--quiet", str(faulty)]
    checked = subprocess.run(check, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == checked.stderr
    assert "memry" in done.stderr
    assert place.left_over() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--put", "nowhere.txt"], "there is no file nowhere.txt to upload"),
        (["--put", "=README.md"], "name the bucket"),
        (["--put", "b/p=nowhere.txt"], "there is no file nowhere.txt to upload"),
        (["--put", "other/p=README.md"], "--put other/p=README.md: no function has an input in"),
    ],
)
def test_a_wrong_upload_is_refused_before_anything_starts(
    place: Place, arguments: Sequence[str], message: str
) -> None:
    done = place.call("run", HELLO, *arguments)
    assert done.returncode == 1
    assert done.stderr.strip().startswith(message)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("entrypoint: [cowsay]", "f has no script and runs a program of its image"),
        ("execution_mode: batch, build: false", "f has `build: false`"),
    ],
)
def test_what_needs_its_image_is_refused_before_an_engine_without_images_starts(
    settings: str, told: str, place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"functions: {{f: {{image: x, {settings}, s3: {{input_bucket: cows-in}}}}}}")
    done = place.call("run", file, "--engine", "process")
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "podman or docker" in done.stderr
    assert "starting" not in done.stderr


def of_poem(outputs: Path) -> list[str | Path]:
    """The arguments of a run on the poem, without containers."""
    return ["--engine", "process", "--put", HELLO / "poem.txt", "--get", outputs, "--json"]


def test_the_hello_example_without_containers(place: Place, tmp_path: Path) -> None:
    done = place.call("run", HELLO, *of_poem(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "images are NOT used" in done.stderr
    result = json.loads(done.stdout)
    assert result["succeeded"] is True
    ran = sorted((row["function"], row["service"], row["status"]) for row in result["executions"])
    assert ran == [
        ("hello-count", "lambda", "succeeded"),
        ("hello-count", "lambda", "succeeded"),
        ("hello-count", "lambda", "succeeded"),
        ("hello-split", "batch", "succeeded"),
        ("hello-split", "lambda", "submitted"),
    ]
    counts = sorted((tmp_path / "hello-bucket" / "counts").iterdir())
    assert [path.name for path in counts] == ["poem-1.count", "poem-2.count", "poem-3.count"]
    assert all(path.read_text().endswith(" words\n") for path in counts)
    assert not (tmp_path / "hello-bucket" / "input").exists()
    assert place.left_over() == []


def test_two_functions_of_one_folder_in_an_existing_bucket(place: Place, tmp_path: Path) -> None:
    """Both get the file: S3 refuses such notifications, so EventBridge's rules deliver."""
    fan = Path(__file__).parent / "data" / "fan"
    done = place.call("run", fan, *of_poem(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "[overlap]" in done.stderr
    assert "fan-bucket is made here" in done.stderr
    assert "aws s3api put-bucket-notification-configuration --bucket fan-bucket" in done.stderr
    ran = [(row["function"], row["service"]) for row in json.loads(done.stdout)["executions"]]
    assert sorted(set(ran)) == [("fan-a", "lambda"), ("fan-b", "batch"), ("fan-b", "lambda")]
    poem = (HELLO / "poem.txt").read_text()
    for folder in ("a", "b"):
        assert (tmp_path / "fan-bucket" / folder / "poem.txt").read_text() == poem.upper()


def test_a_failure_is_the_exit_code_and_is_told(place: Place) -> None:
    upload = f"failing-bucket/in={HELLO / 'poem.txt'}"
    done = place.call("run", FAILING, "--engine", "process", "--put", upload)
    assert done.returncode == 1
    assert "failing-function (lambda) failed with exit code 7 in 3 attempts" in done.stderr
    assert "its last output:\ngiving up" in done.stderr
    assert "1 failed event is in the queue failing-" in done.stderr
    assert "failed" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGINT, "synthesising the templates"), (signal.SIGTERM, "building the images")],
    ids=["ctrl-c", "terminate"],
)
def test_an_interruption_leaves_nothing_behind(
    place: Place, number: signal.Signals, moment: str
) -> None:
    arguments = ("run", HELLO, "--engine", "process", "--put", HELLO / "poem.txt")
    with started(place, *arguments) as running:
        read_until(running, moment)
        time.sleep(1)
        running.send_signal(number)
        _, said = running.communicate(timeout=HANG_SECONDS)
    assert running.returncode == 130
    assert "interrupted" in said
    assert place.left_over() == []


def test_a_killed_run_takes_its_cloud_along(place: Place) -> None:
    with started(place, "run", HELLO, "--engine", "process") as running:
        read_until(running, "synthesising")
        running.kill()
    eventually(lambda: not any("scar_constructs.emulator" in left for left in place.left_over()))


STARTED = """
workflow: started
functions:
  aws:
  - lambda:
      name: started-function
      container: {image: public.ecr.aws/docker/library/debian:trixie-slim}
      init_script: script.sh
      input: [{storage_provider: s3, path: started-bucket/in}]
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_script_on_this_machine_ends_with_the_run(
    place: Place, tmp_path: Path, number: signal.Signals
) -> None:
    """So does what it started, and its folder is gone, and that of the cloud."""
    told = tmp_path / "told"
    (tmp_path / "started.yaml").write_text(STARTED)
    (tmp_path / "script.sh").write_text(
        f"#!/bin/sh\nsetsid sleep 600 &\necho $$ $! $PWD >{told}.new\n"
        f"mv {told}.new {told}\nsleep 600\n"
    )
    upload = f"started-bucket/in={HELLO / 'poem.txt'}"
    arguments = ("run", tmp_path / "started.yaml", "--engine", "process", "--put", upload)
    with started(place, *arguments) as running:
        eventually(told.exists)
        running.send_signal(number)
        running.communicate(timeout=HANG_SECONDS)
    script, child, folder = told.read_text().split()
    eventually(lambda: place.left_over() == [], place.left_over)
    eventually(lambda: not any(Path(f"/proc/{one}").exists() for one in (script, child)))
    assert not Path(folder).exists()


def test_up_and_down(place: Place) -> None:
    assert "no local cloud is running" in place.call("down").stderr
    up = place.call("up", "--engine", "process")
    try:
        assert up.returncode == 0, up.stderr
        exports = dict(
            line.removeprefix("export ").split("=", 1) for line in up.stdout.splitlines()
        )
        assert exports["AWS_ENDPOINT_URL"].startswith("'http://localhost:")
        assert (place.folder.parent / "kept").is_dir()
        assert place.call("up").stdout == up.stdout
        other = place.call("up", "--engine", "podman")
        assert (other.returncode, other.stdout) == (1, "")
        assert "is running already, with engine process" in other.stderr
        kept = place.call("run", HELLO, "--engine", "process", "--keep")
        assert (kept.returncode, kept.stdout) == (1, "")
        assert "is running already at http://" in kept.stderr
        script = f"{up.stdout}\nnpx cdk diff -c functions={HELLO}"
        diff = subprocess.run(["/bin/sh", "-c", script], cwd=ROOT, capture_output=True, text=True)
        assert diff.returncode == 0, diff.stderr
        assert "AWS::Batch::JobQueue" in diff.stdout + diff.stderr
    finally:
        ended = place.call("down")
    assert (ended.returncode, ended.stderr) == (
        0,
        "ending the local cloud\nthe local cloud is gone\n",
    )
    assert "no local cloud is running" in place.call("down").stderr
