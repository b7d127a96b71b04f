"""What the image itself runs, in place of a script: words, folder, standard input, messages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.config import Config
from scar_runtime.errors import ConfigError, ScriptError
from scar_runtime.events import Record
from scar_runtime.handler import Invocation
from scar_runtime.program import program_of, takes_input
from scar_runtime.runtime import Runtime
from scar_runtime.workspace import Workspace

from tests.runtime.cloud import Bucket
from tests.runtime.functions import Function, Invoked, document, executions, stored

Make = Callable[..., Function]
EVENTS = Path(__file__).parents[1] / "events"
SHOWN = '{ echo "$INPUT_FILE_PATH"; echo "$STORAGE_OBJECT_KEY"; pwd; } >"$TMP_OUTPUT_DIR/said"'


def config_of(**changes: Any) -> Config:
    settings: dict[str, Any] = {"script": None, "outputs": (), "environment": {}, **changes}
    return Config("f", "lambda", "INFO", 1.0, **settings)


def answered(runtime: Runtime, event: Any) -> bytes:
    answer = Invocation(runtime, Invoked()).handle(event)
    return base64.b64decode(answer["body"])


def request(body: bytes) -> Mapping[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "api_rest.json").read_text())
    return {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


@pytest.mark.parametrize(
    ("entrypoint", "command", "arguments", "words"),
    [
        (["aws"], None, [], ["aws"]),
        (["aws"], [], ["s3", "ls"], ["aws", "s3", "ls"]),
        (["tini", "--"], ["serve", "-v"], [], ["tini", "--", "serve", "-v"]),
        (["tini", "--"], ["serve", "-v"], ["check"], ["tini", "--", "check"]),
        ([], ["cowsay", "moo"], [], ["cowsay", "moo"]),
        ([], ["cowsay", "moo"], ["fortune"], ["fortune"]),
        (None, ["cowsay", "moo"], [], ["cowsay", "moo"]),
        (None, None, ["fortune", "-a"], ["fortune", "-a"]),
    ],
)
def test_entrypoint_command_and_arguments_are_joined_as_docker_does(
    entrypoint: Sequence[str] | None,
    command: Sequence[str] | None,
    arguments: Sequence[str],
    words: Sequence[str],
    tmp_path: Path,
) -> None:
    config = config_of(entrypoint=entrypoint, command=command)
    record = Record(event={}, arguments=tuple(arguments))
    assert program_of(config, record, Workspace(tmp_path)).words == tuple(words)


def test_the_image_s_command_sees_what_a_script_sees_and_is_published(
    function: Make, bucket: Bucket
) -> None:
    made = function(None, entrypoint=["/bin/sh", "-c"], command=[SHOWN])
    Invocation(made.runtime(), Invoked("the-id")).handle(stored(bucket, "in/a b"))
    said = bucket.get("out/said").decode().splitlines()
    assert said == ["/tmp/the-id/input/a b", "in/a b", str(Path.cwd())]


def test_a_command_gets_the_file_as_its_standard_input(function: Make, bucket: Bucket) -> None:
    made = function(None, entrypoint=["/usr/bin/tr"], command=["a-z", "A-Z"])
    assert answered(made.runtime(), stored(bucket, "in/a", b"moo")) == b"MOO"


def test_the_body_of_a_request_reaches_the_command(function: Make) -> None:
    made = function(None, outputs=[], entrypoint=["/usr/bin/tr"], command=["a-z", "A-Z"])
    assert answered(made.runtime(), request(b"moo")) == b"MOO"


def test_the_body_of_a_request_is_never_run_by_a_shell(function: Make) -> None:
    """A bare shell, as base images have it for a command, would take it for its script."""
    made = function(None, outputs=[], entrypoint=[], command=["/bin/bash"])
    assert answered(made.runtime(), request(b"echo owned")) == b""


@pytest.mark.parametrize(
    ("script", "words"),
    [("cat", {}), (None, {"entrypoint": ["/bin/sh", "-c"], "command": ["cat"]})],
)
def test_scripts_and_shells_have_an_empty_standard_input(
    script: str | None, words: Mapping[str, Any], function: Make, bucket: Bucket
) -> None:
    made = function(script, **words)
    assert answered(made.runtime(), stored(bucket, "in/a", b"moo")) == b""


@pytest.mark.parametrize(
    ("words", "takes"),
    [
        (("/usr/games/cowsay",), True),
        (("/usr/bin/tini", "--", "jq", "."), True),
        (("/bin/sh", "-c", "ffmpeg -i $INPUT_FILE_PATH out.mp4"), False),
        (("tini", "--", "bash", "-c", "x"), False),
    ],
)
def test_who_gets_the_file_as_standard_input(words: tuple[str, ...], takes: bool) -> None:
    assert takes_input(words) == takes


def test_arguments_go_to_the_entrypoint_also_of_a_function_with_a_script(function: Make) -> None:
    made = function("echo script", outputs=[], entrypoint=["printf", "%s-"], command=["never"])
    assert answered(made.runtime(), {"cmd_args": ["a", "b"]}) == b"a-b-"
    assert answered(made.runtime(), {}) == b"script\n"


def test_an_event_s_script_runs_in_place_of_the_image_s_command(function: Make) -> None:
    made = function(None, outputs=[], entrypoint=["/bin/false"], command=[])
    event = {"script": base64.b64encode(b"echo mine; pwd").decode()}
    invoked = Invoked("the-id")
    answer = Invocation(made.runtime(), invoked).handle(event)
    assert base64.b64decode(answer["body"]) == b"mine\n/tmp/the-id\n"


def test_arguments_without_a_known_entrypoint_run_with_a_warning(
    function: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(None, outputs=[])
    assert answered(made.runtime(), {"cmd_args": ["echo", "moo"]}) == b"moo\n"
    assert "ENTRYPOINT is not known" in capfd.readouterr().out
    known = function(None, outputs=[], entrypoint=[])
    assert answered(known.runtime(), {"cmd_args": ["echo", "moo"]}) == b"moo\n"
    assert "ENTRYPOINT" not in capfd.readouterr().out


def test_a_function_with_nothing_to_run_says_what_to_give_it(function: Make) -> None:
    made = function(None, outputs=[])
    with pytest.raises(ConfigError, match=r"`init_script`, or `command`.*lock file.*`script`"):
        Invocation(made.runtime(), Invoked()).handle({})


def test_a_request_to_a_function_with_nothing_to_run_is_told_so(function: Make) -> None:
    made = function(None, outputs=[])
    answer = Invocation(made.runtime(), Invoked()).handle(request(b"moo"))
    assert answer["statusCode"] == 500
    assert "`init_script`" in base64.b64decode(answer["body"]).decode()


def test_a_command_that_fails_is_told_as_a_command(function: Make, bucket: Bucket) -> None:
    made = function(None, entrypoint=["/bin/sh"], command=["-c", "echo why; exit 7"])
    with pytest.raises(ScriptError, match=r"the command exited with code 7.*\nwhy") as caught:
        Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    assert caught.value.exit_code == 7
    assert bucket.keys("out/") == []


def test_a_program_that_the_image_has_not(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str]
) -> None:
    made = function(None, entrypoint=["no-such-program"])
    with pytest.raises(ScriptError, match="the image has no no-such-program"):
        Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    [line] = executions(capfd.readouterr().out)
    assert line["exit_code"] == 127


def test_a_program_that_may_be_an_argument_is_told_with_the_doubt(function: Make) -> None:
    """As `scar run -f scar-aws-cli.yaml lambda list-functions`, of an image that is not locked."""
    made = function(None, outputs=[])
    event = {"cmd_args": ["lambda", "list-functions"]}
    with pytest.raises(ScriptError, match=r"the image has no lambda: .*ENTRYPOINT is not known"):
        Invocation(made.runtime(), Invoked()).handle(event)


@pytest.mark.parametrize("event", [{}, {"cmd_args": ["echo", "moo"]}])
def test_without_an_image_its_programs_are_refused(event: Any, function: Make) -> None:
    made = function(None, outputs=[], entrypoint=[], command=["echo", "moo"])
    runtime = made.runtime(SCAR_WITHOUT_IMAGE="1")
    with pytest.raises(ConfigError, match="`process` has no images: use podman or docker"):
        Invocation(runtime, Invoked()).handle(event)
    script = {"script": base64.b64encode(b"echo mine").decode()}
    assert answered(runtime, script) == b"mine\n"


def test_a_document_of_an_earlier_version_knows_no_command(function: Make) -> None:
    made = function("true")
    assert "entrypoint" not in document("true")
    config = made.runtime().config
    assert (config.entrypoint, config.command) == (None, None)
