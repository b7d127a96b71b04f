"""`scar init` with SCAR's options: the file that is written, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from scar_constructs.cli.init import init
from scar_constructs.errors import UserError
from scar_constructs.language import load_application
from scar_constructs.operate.function_file import text_of, write_file

EVERYTHING: dict[str, Any] = {
    "name": "f",
    "image": "busybox",
    "init_script": Path("run.sh"),
    "input_bucket": "photos/in",
    "output_bucket": "photos/out",
    "execution_mode": "batch",
    "memory": 1024,
    "timeout": 100,
    "timeout_threshold": 20,
    "environment": ("A=b=c", "EMPTY="),
    "lambda_environment": ("TZ2=UTC",),
    "description": "words",
    "log_level": "DEBUG",
    "iam_role": "arn:aws:iam::123456789012:role/mine",
    "api_gateway_name": "f",
    "batch_memory": 2048,
    "batch_vcpus": 2.0,
}


def test_the_file_says_what_the_options_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho\n")
    path = write_file(EVERYTHING)
    assert path == Path("f.yaml")
    (stack,) = load_application([path]).application.stacks
    (made,) = stack.functions
    assert (made.memory_mib, made.timeout_seconds, made.timeout_threshold_seconds) == (
        1024,
        100,
        20,
    )
    assert made.environment == {"A": "b=c", "EMPTY": ""}
    assert made.lambda_environment == {"TZ2": "UTC"}
    assert (made.batch.memory_mib, made.batch.vcpus) == (2048, 2)
    assert (made.description, made.log_level, made.role) == (
        "words",
        "DEBUG",
        "arn:aws:iam::123456789012:role/mine",
    )
    assert made.api is not None
    assert [f"{one.bucket}/{one.folder}" for one in made.own_inputs] == ["photos/in"]
    assert [f"{one.bucket}/{one.folder}" for one in made.own_outputs] == ["photos/out"]
    assert write_file(EVERYTHING) == path  # the same again is no change


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "give -f FILE, or -n NAME and -i IMAGE"),
        ({"name": "f"}, "give -f FILE, or -n NAME and -i IMAGE"),
        ({"name": "../f", "image": "x"}, "letters, digits, - and _"),
        ({"name": "f", "image": "x", "environment": ("A",)}, "-e A: write NAME=VALUE"),
        ({"name": "f", "image": "x", "environment": ("=b",)}, "-e =b: write NAME=VALUE"),
    ],
)
def test_what_makes_no_function_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=text.replace("(", r"\(")):
        write_file(options)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.yaml").write_text("mine\n")
    with pytest.raises(UserError, match="exists with another content"):
        write_file({"name": "f", "image": "busybox"})
    assert (tmp_path / "f.yaml").read_text() == "mine\n"


def test_a_text_stays_text() -> None:
    """YAML has its own ideas of `yes`, `012` and `{`."""
    text = text_of({"name": "f", "image": "x", "environment": ("A=yes", "B=012", "C={x: y")})
    blocks = yaml.safe_load(text)["functions"]["aws"][0]["lambda"]
    assert blocks["container"]["environment"]["Variables"] == {"A": "yes", "B": "012", "C": "{x: y"}


def test_a_file_takes_no_other_description() -> None:
    done = CliRunner().invoke(init, ["-f", "a.yaml", "-m", "512", "-d", "x"])
    assert done.exit_code == 2
    assert "write --description, --memory into a.yaml" in done.output
