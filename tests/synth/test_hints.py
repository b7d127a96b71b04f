"""Commands in the outputs: they are run here by a shell, with `aws` replaced by `echo`."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from scar_constructs.aws.commands import start_command
from scar_constructs.model import ExecutionMode, Input
from tests.synth.models import function, workflow
from tests.synth.synthesis import templates_of


def arguments(command: str, cwd: Path) -> list[str]:
    """The arguments that the shell would hand to `aws`, command after command."""
    script = f"aws() {{ printf '%s\\n' \"$@\"; }}\n{command}\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("source", "file", "target"),
    [
        (Input(bucket="photos", folder="in"), "FILE", "s3://photos/in/"),
        (Input(bucket="photos", folder=""), "FILE", "s3://photos/"),
        (
            Input(bucket="photos", folder="in", suffixes=(".jpg", ".png")),
            "FILE.jpg",
            "s3://photos/in/",
        ),
        (
            Input(bucket="photos", folder="in", prefixes=("raw-",), suffixes=(".jpg",)),
            "FILE.jpg",
            "s3://photos/in/raw-FILE.jpg",
        ),
        (Input(bucket="photos", folder="it's $HOME"), "FILE", "s3://photos/it's $HOME/"),
    ],
    ids=["folder", "bucket", "suffix", "prefix", "shell characters"],
)
def test_upload_of_a_first_file(source: Input, file: str, target: str, tmp_path: Path) -> None:
    command = start_command(function(inputs=(source,)))
    assert arguments(command, tmp_path) == ["s3", "cp", file, target]


def test_a_function_without_input_is_called_with_a_script(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text('echo "$1"\n' * 40)
    called = arguments(start_command(function(inputs=())), tmp_path)
    assert called[:4] == ["lambda", "invoke", "--function-name", "thumbnails"]
    payload = json.loads(called[called.index("--payload") + 1])
    assert base64.b64decode(payload["script"]).decode() == (tmp_path / "run.sh").read_text()


def test_the_stack_tells_how_to_start_watch_and_mend() -> None:
    template = templates_of(workflow(function(execution_mode=ExecutionMode.BATCH)))["flow"]
    values = [output["Value"] for output in template["Outputs"].values()]
    assert "aws s3 cp FILE s3://photos/in/" in values
    assert "scar logs thumbnails --follow" in values
    queue = next(name for name in template["Resources"] if name.startswith("SharedFailuresQueue"))
    assert {"Ref": queue} in values
