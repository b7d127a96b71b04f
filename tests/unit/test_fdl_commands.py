"""What runs where there is no script: from the file, the lock file of images, or a saved image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.language import FdlError, LoadedApplication, load_application
from scar_constructs.language.checks.commands import idle_program
from scar_constructs.language.keys.command_line import CommandLine
from scar_constructs.language.lock import ImageConfig, Lock, LockedImage, LockError, read_lock
from scar_constructs.language.runtime_config import render
from scar_constructs.model import Architecture, Command, Function
from tests.support.command import main
from tests.unit.fdl_files import write
from tests.unit.saved_images import docker_archive, file

COWSAY = "/usr/games/fortune -a | /usr/games/cowsay"
PUBLISHED = {
    "scar-cowsay": """\
        functions:
          aws:
          - lambda:
              name: scar-cowsay
              container:
                image: grycap/cowsay
        """,
    "scar-aws-cli": """\
        functions:
          aws:
          - lambda:
              name: scar-aws-cli
              container:
                image: grycap/awscli
        """,
    "basic-cow": """\
        functions:
          aws:
          - lambda:
              name: basic-cow
              container:
                image: grycap/cowsay
        """,
    "api-cow": """\
        functions:
          aws:
          - lambda:
              name: scar-api-cow
              container:
                image: grycap/cowsay
            api_gateway:
              name: api-cow
        """,
}
"""SCAR's own examples without a script, and the two of its guide."""


def locked(*entrypoint: str, command: tuple[str, ...] = ()) -> LockedImage:
    config = ImageConfig(entrypoint=entrypoint, command=command, working_dir="", user="")
    return LockedImage(digest=f"sha256:{'ab' * 32}", configs={Architecture.X86_64: config})


LOCK: Lock = {
    "grycap/cowsay": locked(command=("/bin/sh", "-c", COWSAY)),
    "grycap/awscli": locked("aws"),
    "both": locked("tini", "--", command=("serve", "-v")),
    "base": locked(command=("bash",)),
}


def loaded(folder: Path, text: str, lock: Lock | None = LOCK) -> LoadedApplication:
    return load_application(write(folder, a=text), lock=lock)


def function_of(folder: Path, settings: str, lock: Lock = LOCK) -> Function:
    """The only function, with these settings, in the classic dialect."""
    (stack,) = loaded(folder, f"functions: {{f: {{{settings}}}}}", lock).application.stacks
    (function,) = stack.functions
    return function


def document_of(function: Function) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(render(function))
    return document


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("image: both", ["tini", "--", "serve", "-v"]),
        ("image: both, command: [check, 2]", ["tini", "--", "check", "2"]),
        ("image: both, entrypoint: [check]", ["check"]),
        ("image: both, entrypoint: [check], command: [-q]", ["check", "-q"]),
        ("image: both, entrypoint: [], command: [check]", ["check"]),
        ("image: grycap/awscli", ["aws"]),
        ("image: unknown, entrypoint: [], command: [check, true]", ["check", "true"]),
    ],
)
def test_what_the_file_says_comes_before_what_the_image_has_as_for_docker(
    settings: str, words: list[str], tmp_path: Path
) -> None:
    function = function_of(tmp_path, settings)
    assert list(function.command.words) == words
    document = document_of(function)
    assert document["entrypoint"] + document["command"] == words


def test_both_dialects_have_the_keys(tmp_path: Path) -> None:
    text = """\
        functions:
          aws:
          - lambda:
              name: f
              container: {image: x, entrypoint: [cowsay], command: [moo]}
          g: {image: x, entrypoint: [cowsay], command: [moo]}
        """
    (stack,) = loaded(tmp_path, text).application.stacks
    commands = [function.command for function in stack.functions]
    assert commands == [Command(entrypoint=("cowsay",), command=("moo",))] * 2


def test_the_processor_s_own_configuration_counts(tmp_path: Path) -> None:
    other = ImageConfig(entrypoint=("arm",), command=(), working_dir="", user="")
    image = locked("intel")
    image = replace(image, configs={**image.configs, Architecture.ARM64: other})
    settings = "image: x, architectures: [arm64]"
    assert function_of(tmp_path, settings, {"x": image}).command.words == ("arm",)


def test_a_saved_image_tells_itself_what_it_runs(tmp_path: Path) -> None:
    program = {"Entrypoint": ["/usr/games/cowsay"], "Cmd": ["moo"]}
    docker_archive(tmp_path / "cow.tar", [file("moo")], config=program)
    function = function_of(tmp_path, "image_file: cow.tar, api_gateway: {name: cows}")
    assert function.command.words == ("/usr/games/cowsay", "moo")


def test_a_saved_image_of_somebody_else_is_not_read_for_it(tmp_path: Path) -> None:
    docker_archive(tmp_path / "cow.tar", [file("moo")], config={"Cmd": ["moo"]})
    inner = tmp_path / "inner"
    inner.mkdir()
    paths = write(inner, a="functions: {f: {image_file: ../cow.tar}}")
    with pytest.raises(FdlError) as caught:
        load_application(paths, untrusted=True)
    assert [problem.rule for problem in caught.value.problems] == ["untrusted-file"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_examples_without_a_script_run_their_images(
    name: str, tmp_path: Path
) -> None:
    found = loaded(tmp_path, PUBLISHED[name])
    assert found.warnings == ()
    (function,) = found.application.stacks[0].functions
    expected = ("aws",) if "aws" in name else ("/bin/sh", "-c", COWSAY)
    assert function.command.words == expected


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name != "api-cow"])
def test_what_only_calls_can_start_is_accepted_without_a_command(name: str, tmp_path: Path) -> None:
    """A call may bring its script, as `scar run -s` does."""
    found = loaded(tmp_path, PUBLISHED[name], {})
    assert [warning.rule for warning in found.warnings] == ["script-with-each-call"]
    assert "entrypoint" not in document_of(found.application.stacks[0].functions[0])


@pytest.mark.parametrize(
    "start", ["s3: {input_bucket: cows}", "api_gateway: {name: cows}"], ids=["file", "request"]
)
def test_what_something_else_can_start_needs_a_script_or_a_command(
    start: str, tmp_path: Path
) -> None:
    text = f"functions: {{f: {{image: grycap/imagemagick, {start}}}}}"
    with pytest.raises(FdlError) as caught:
        loaded(tmp_path, text)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.path) == ("nothing-to-run", "functions.f.init_script")
    for way in ("init_script", "command", "scar lock"):
        assert way in problem.fix


def test_the_lock_file_is_not_asked_while_it_is_made(tmp_path: Path) -> None:
    text = "functions: {f: {image: grycap/imagemagick, api_gateway: {name: cows}}}"
    assert loaded(tmp_path, text, None).warnings == ()


@pytest.mark.parametrize(
    "settings",
    [
        "image: unknown, execution_mode: batch, build: false",
        "image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/cows, create_image: false",
    ],
)
def test_an_image_that_is_used_as_it_is_knows_itself_what_it_runs(
    settings: str, tmp_path: Path
) -> None:
    text = f"functions: {{f: {{{settings}, s3: {{input_bucket: cows}}}}}}"
    assert loaded(tmp_path, text).warnings == ()


def test_an_image_that_is_used_as_it_is_has_its_entrypoint_in_force(tmp_path: Path) -> None:
    settings = "execution_mode: batch, build: false, init_script: run.sh"
    document = document_of(function_of(tmp_path, f"image: both, {settings}"))
    assert document["entrypoint"] == []


def test_an_entrypoint_that_the_lock_file_rules_out_is_not_warned_of(tmp_path: Path) -> None:
    settings = "execution_mode: batch, build: false, init_script: run.sh"
    none = loaded(tmp_path, f"functions: {{f: {{image: base, {settings}}}}}")
    assert none.warnings == ()
    some = loaded(tmp_path, f"functions: {{f: {{image: both, {settings}}}}}")
    assert [warning.rule for warning in some.warnings] == ["entrypoint-stays"]


@pytest.mark.parametrize(
    "given", ["command: [{long}]", "environment: {{LONG: {long}}}"], ids=["command", "variable"]
)
def test_what_has_to_fit_into_a_job_definition_does(given: str, tmp_path: Path) -> None:
    settings = "image: x, execution_mode: batch, build: false, " + given.format(long="x" * 20_000)
    with pytest.raises(FdlError) as caught:
        loaded(tmp_path, f"functions: {{f: {{{settings}}}}}")
    assert [problem.rule for problem in caught.value.problems] == ["environment-too-large"]
    with_script = loaded(tmp_path, f"functions: {{f: {{{settings}, init_script: run.sh}}}}")
    assert "environment-too-large" not in {warning.rule for warning in with_script.warnings}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["bash"], "bash"),
        (["/bin/sh"], "sh"),
        (["/bin/sh", "-c", "bash"], "bash"),
        (["python3.13"], "python3.13"),
        (["perl5.36.0", "-de0"], "perl5.36.0"),
        (["php", "-a"], "php"),
        (["/usr/bin/tini", "--", "bash"], "bash"),
        (["/usr/bin/env", "python3"], "python3"),
        (["tini", "--", "cowsay", "python3"], None),
        (["python3", "app.py"], None),
        (["sh", "-c", "fortune | cowsay"], None),
        (["/usr/games/cowsay"], None),
        ([], None),
    ],
)
def test_programs_that_wait_for_a_person(words: list[str], name: str | None) -> None:
    assert idle_program(words) == name


def test_such_a_program_may_be_asked_for(tmp_path: Path) -> None:
    """The file's own words are taken as they are."""
    settings = "image: base, entrypoint: [bash], api_gateway: {name: cows}"
    assert function_of(tmp_path, settings).command.words == ("bash",)


def test_nothing_is_told_twice_of_a_faulty_command(tmp_path: Path) -> None:
    text = "functions: {f: {image: unknown, command: moo, api_gateway: {name: cows}}}"
    with pytest.raises(FdlError) as caught:
        loaded(tmp_path, text)
    assert [problem.rule for problem in caught.value.problems] == ["wrong-type"]


def test_a_shell_s_line_may_hold_variables(tmp_path: Path) -> None:
    text = "functions: {f: {image: x, entrypoint: [sh, -c, 'wc <$INPUT_FILE_PATH']}}"
    assert loaded(tmp_path, text).warnings == ()


def test_defaults_may_name_a_command(tmp_path: Path) -> None:
    text = """\
        defaults: {lambda: {container: {entrypoint: [cowsay], command: [moo]}}}
        functions: {f: {image: x, command: [oink]}}
        """
    (stack,) = loaded(tmp_path, text).application.stacks
    assert stack.functions[0].command.words == ("cowsay", "oink")


def test_the_schema_takes_what_the_check_takes() -> None:
    assert CommandLine(minimum=1).schema() == {
        "type": "array",
        "items": {"type": ["string", "number", "boolean"]},
        "maxItems": 1500,
        "minItems": 1,
    }


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{digest: moo}", "the digest of x must be sha256:..., got 'moo'"),
        ("{}", "the digest of x must be sha256:..., got None"),
        (f"{{digest: 'sha256:{'0' * 64}', x86_64: [a]}}", "x: x86_64: "),
        (f"{{digest: 'sha256:{'0' * 64}', mips: {{}}}}", "x: mips"),
        (
            f"{{digest: 'sha256:{'0' * 64}', x86_64: {{command: a}}}}",
            "x: x86_64.entrypoint: field required",
        ),
    ],
)
def test_a_damaged_lock_file_is_refused(entry: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(f"images: {{x: {entry}}}\n")
    with pytest.raises(LockError) as caught:
        read_lock(path)
    assert told in str(caught.value)


def test_the_command_line_asks_the_lock_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (path,) = write(tmp_path, a=PUBLISHED["api-cow"])
    assert main(["check", str(path)]) == 1
    config = "{entrypoint: [], command: [cowsay], working_dir: '', user: ''}"
    lock = f"images: {{grycap/cowsay: {{digest: 'sha256:{'0' * 64}', x86_64: {config}}}}}\n"
    Path("other.yml").write_text(lock)
    assert main(["check", "--images-lock", "other.yml", str(path)]) == 0
    Path("other.yml").rename("images.lock.yaml")
    assert main(["check", "."]) == 0  # where the lock file is none of the workflows
    capsys.readouterr()
    assert main(["config", str(path), "scar-api-cow"]) == 0
    assert json.loads(capsys.readouterr().out)["command"] == ["cowsay"]


def test_a_lock_file_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(tmp_path, a=PUBLISHED["api-cow"])
    lock = tmp_path / "none.yml"
    assert main(["check", "--images-lock", str(lock), str(path)]) == 1
    assert capsys.readouterr().err == f"{lock}: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("text", ["[" * 20_000, "{a: " * 20_000, "images: " + "[" * 20_000, "\0"])
def test_a_lock_file_that_goes_too_deep_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(text)
    with pytest.raises(LockError, match="must be a mapping"):
        read_lock(path)
