"""The command line: what goes where, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import main
from tests.unit.fdl_files import write

GOOD = "functions: {cow: {image: x, init_script: run.sh, s3: {input_bucket: bbb}}}\n"
BAD = "functions:\n  cow:\n    image: X\n    memroy: 64\n"
WARN = "functions: {cow: {image: x, init_script: run.sh, asynchronous: true}}\n"


def test_what_was_looked_at_is_told_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = write(tmp_path, a=GOOD, b=WARN.replace("cow", "calf"))

    assert main(["check", str(first)]) == 0
    assert capsys.readouterr() == ("", "1 file, 1 function, no problem\n")
    assert main(["check", str(first), str(second)]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "2 files, 2 functions, 1 warning"


def test_the_errors_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, a=BAD)

    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "2 errors"


@pytest.mark.parametrize(("text", "lines"), [(GOOD, 0), (WARN, 1), (BAD, 2)])
def test_quiet_tells_problems_only(
    text: str, lines: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(tmp_path, a=text)

    main(["check", "--quiet", str(path)])
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_problems_go_to_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, a=BAD)

    assert main(["check", "--quiet", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.rsplit(" ", 1)[-1] for line in err.splitlines()] == [
        "[image-name]",
        "[unknown-key]",
    ]


def test_a_warning_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, a=WARN)

    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().err.startswith("warning: functions.cow.asynchronous: is ignored")


@pytest.mark.parametrize(("text", "count", "code"), [(GOOD, 0, 0), (BAD, 2, 1), (WARN, 1, 0)])
def test_json_goes_to_standard_output(
    text: str, count: int, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(tmp_path, a=text)

    assert main(["check", "--quiet", "--format", "json", str(path)]) == code
    out, err = capsys.readouterr()
    assert err == ""
    assert len(json.loads(out)) == count


def test_github_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, a=BAD)

    assert main(["check", "--format", "github", str(path)]) == 1
    assert capsys.readouterr().out.count("::error file=") == 2


def test_explain_tells_the_fate_of_every_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """\
    functions:
      cow:
        image: x
        asynchronous: true
        memroy: 64
        lambda_role: ""
      oscar: []
    """
    (path,) = write(tmp_path, a=text)

    assert main(["check", "--explain", str(path)]) == 1
    rows = [line.split(maxsplit=2)[1:] for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["functions", "kept"],
        ["functions.cow.image", "kept"],
        [
            "functions.cow.asynchronous",
            "ignored: the caller of the function decides for each call",
        ],
        ["functions.cow.memroy", "refused: not a key of the language"],
        [
            "functions.cow.lambda_role",
            "changed: SCAR required it; now a role is made unless one is named",
        ],
        [
            "functions.oscar",
            "refused: OSCAR services run on an OSCAR cluster; those under `aws` work as they are",
        ],
    ]


def test_config_prints_the_packaged_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(tmp_path, a=GOOD)

    assert main(["config", str(path), "cow"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "version": 1,
        "name": "cow",
        "execution_mode": "lambda",
        "log_level": "INFO",
        "timeout_threshold": 10,
        "environment": {},
        "secrets": {},
        "script": {"name": "run.sh", "content": "#!/bin/sh\necho moo\n"},
        "input": [
            {
                "storage_provider": "s3",
                "bucket": "bbb",
                "folder": "cow/input",
                "prefix": [],
                "suffix": [],
            }
        ],
        "output": [
            {
                "storage_provider": "s3",
                "bucket": "bbb",
                "folder": "cow/output",
                "prefix": [],
                "suffix": [],
                "key": "{request_id}/{name}",
            }
        ],
        "storage_providers": {},
        "parameters": [],
        "credentials": "role",
    }


def test_config_of_no_function(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, a=GOOD)

    assert main(["config", str(path), "cwo"]) == 1
    assert capsys.readouterr().err == "no function is named cwo; there are: cow\n"


def test_defaults_reach_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = write(tmp_path, a=GOOD)
    (tmp_path / "scar.cfg").write_text('{"lambda": {"log_level": "DEBUG"}}')

    assert main(["config", "--defaults", str(tmp_path / "scar.cfg"), str(path), "cow"]) == 0
    assert json.loads(capsys.readouterr().out)["log_level"] == "DEBUG"


def test_schema_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "SCAR functions"


def test_usage_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "scar new demo" in capsys.readouterr().err


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scar_constructs", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "No space left on device: make room, and call the command again\n"


def test_a_reader_that_has_enough_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "scar_constructs", "schema"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (1, "")
