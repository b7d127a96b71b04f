"""Query parameters of a request: what a caller may set, and what never."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.environment import VARIABLE_BYTES, parameter_variables
from scar_runtime.handler import Invocation

from tests.runtime.functions import Function, Invoked
from tests.runtime.scripted import Said, scripted
from tests.runtime.test_any_event import WEBHOOKS
from tests.runtime.test_handler import asked, request
from tests.runtime.test_stages import Staged, staged

__all__ = ["staged"]  # a fixture

Make = Callable[..., Function]
STEERING = (
    *("PATH", "LD_PRELOAD", "BASH_ENV", "ENV", "IFS", "http_proxy", "HTTPS_PROXY", "all_proxy"),
    *("npm_config_script_shell", "npm_config_node_options", "makeflags", "cc", "cflags", "ld"),
    *("path", "home", "editor", "pager", "perl5opt", "git_ssh", "lua_init", "r_profile", "_"),
    *("SCAR_INPUT_FILE", "REQUEST_ID", "AWS_ACCESS_KEY_ID", "aws_profile", "size"),
)
SHOW = 'env | grep -a "=evil" | sort'


def seen(function: Function, parameters: Mapping[str, Any], image: Mapping[str, str]) -> list[str]:
    """The variables of the script that the caller has set."""
    runtime = function.runtime(image)
    answer = Invocation(runtime, Invoked()).handle(asked(queryStringParameters=parameters))
    assert answer["statusCode"] == 200
    return base64.b64decode(answer["body"]).decode().splitlines()


IMAGE = {"PATH": "/usr/bin:/bin", "SET": "by the image"}


def test_a_parameter_reaches_the_script_with_its_prefix_alone(function: Make) -> None:
    parameters = dict.fromkeys(STEERING, "evil")
    made = function(SHOW, outputs=[])
    assert seen(made, parameters, IMAGE) == sorted(f"CONT_VAR_{name}=evil" for name in STEERING)


def test_those_that_the_file_lists_have_their_own_names_too(function: Make) -> None:
    made = function(SHOW, outputs=[], parameters=["size", "colour"])
    found = seen(made, {"size": "evil", "colour": "evil", "cc": "evil"}, IMAGE)
    assert found == [
        *("CONT_VAR_cc=evil", "CONT_VAR_colour=evil", "CONT_VAR_size=evil"),
        *("colour=evil", "size=evil"),
    ]


def test_a_listed_one_never_replaces_what_is_set(function: Make) -> None:
    """By the image, by the file, by the runtime, or by the platform."""
    listed = ["SET", "MINE", "PATH", "REQUEST_ID", "EVENT", "HOME", "free"]
    made = function(SHOW, outputs=[], parameters=listed, environment={"MINE": "by the file"})
    found = seen(made, dict.fromkeys(listed, "evil"), IMAGE | {"HOME": "/somewhere"})
    assert [one for one in found if not one.startswith("CONT_VAR_")] == ["free=evil"]


def test_a_job_of_several_containers_is_as_careful(staged: Staged) -> None:
    script = SHOW + ' >"$SCAR_OUTPUT_DIR/found"'
    event = asked(queryStringParameters=dict.fromkeys((*STEERING, "SET"), "evil"))
    job = staged(script, event, parameters=["size", "SET"], environment={})
    assert job.stage_in() == 0
    job.program(SET="by the image")
    work = job.volume.work("the-id")
    found = (work.output / "found").read_text().splitlines()
    assert [one for one in found if not one.startswith("CONT_VAR_")] == ["size=evil"]
    assert "CONT_VAR_PATH=evil" in found


UNFIT = {
    "a NUL": {"name": "a\0b"},
    "half a character": {"name": "\ud800"},
    "too long": {"name": "x" * (VARIABLE_BYTES + 1)},
    "no name": {"": "x"},
    "letters of others": {"größe": "x"},
    "signs": {"a-b": "x", "a b": "x", "a=b": "x", "x[]": "x", "BASH_FUNC_f%%": "() { :; }"},
    "a line feed": {"a\nb": "x"},
}


@pytest.mark.parametrize("parameters", UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_a_variable_is_told_and_harms_nothing(
    function: Make, capfd: pytest.CaptureFixture[str], parameters: dict[str, str]
) -> None:
    made = function('env | grep -a "^CONT_VAR_"', outputs=[])
    assert seen(made, {**parameters, "good": "x"}, IMAGE) == ["CONT_VAR_good=x"]
    output = capfd.readouterr().out
    assert "parameters that cannot be variables, and are in EVENT only: " in output


def test_any_number_of_parameters_leaves_the_script_startable(function: Make) -> None:
    """Linux starts no program with more than some megabytes of variables and arguments."""
    made = function('env | grep -ac "^CONT_VAR_"', outputs=[])
    parameters = {f"p{number}": "x" * 1_000 for number in range(5_000)}
    [count] = seen(made, parameters, IMAGE)
    assert 0 < int(count) < 100


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8)), st.sets(st.text(max_size=8)))
def test_no_name_comes_from_the_caller_alone(parameters: dict[str, str], listed: set[str]) -> None:
    variables, left_out = parameter_variables(parameters, listed)
    for name in variables:
        assert name.startswith("CONT_VAR_") or name in listed & parameters.keys()
    assert set(left_out) | {name.removeprefix("CONT_VAR_") for name in variables} >= set(parameters)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the bodies that are decoded."""
    sizes: list[int] = []
    decode = base64.b64decode

    def counting(text: str, **options: Any) -> bytes:
        sizes.append(len(text))
        return decode(text, **options)

    monkeypatch.setattr("base64.b64decode", counting)
    return sizes


@pytest.mark.parametrize("inputs", [[], WEBHOOKS], ids=["", "with webhooks"])
def test_a_body_is_decoded_once(function: Make, decoded: list[int], inputs: Any) -> None:
    made = function("true", outputs=[], inputs=inputs)
    body = base64.b64encode(b"x" * 3_000).decode()
    answer = Invocation(made.runtime(), Invoked()).handle(asked(body=body))
    assert answer["statusCode"] == 200
    assert decoded == [len(body)]


def test_a_body_that_nobody_waits_for_is_not_decoded_yet(
    function: Make, decoded: list[int]
) -> None:
    with scripted(Said(202)) as server:
        runtime = function("true").runtime(AWS_ENDPOINT_URL_LAMBDA=server.url)
        answer = Invocation(runtime, Invoked()).handle(request("eA==") | {"isBase64Encoded": True})
    assert answer["statusCode"] == 202
    assert decoded == []


def test_a_body_in_base64_is_kept_as_the_caller_sent_it(function: Make) -> None:
    """As SCAR's client sends one. API Gateway's own base64 around it is taken off."""
    made = function('base64 -d "$INPUT_FILE_PATH"; cat "$INPUT_FILE_PATH"', outputs=[])
    sent = base64.b64encode(b"bytes\n")
    answer = Invocation(made.runtime(), Invoked()).handle(
        asked(body=base64.b64encode(sent).decode(), isBase64Encoded=True)
    )
    assert base64.b64decode(answer["body"]) == b"bytes\n" + sent
