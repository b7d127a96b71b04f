"""Variables that hide something when they are empty, and those that a caller over HTTP may set."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import FdlError, load_application
from scar_constructs.language.checks.variables import RUNTIME_VARIABLES
from scar_constructs.language.keys.steering import hides_when_empty, steers_programs
from scar_constructs.model import Function
from tests.support.command import main
from tests.unit.fdl_files import write

CLASSIC = """
functions:
  f:
    image: i
    init_script: run.sh
    environment: {ENVIRONMENT}
    api_gateway: {name: a, parameters: PARAMETERS}
"""
FDL = """
functions:
  aws:
  - lambda:
      name: f
      init_script: run.sh
      environment: {Variables: {ENVIRONMENT}}
      container: {image: i, environment: {Variables: {ENVIRONMENT}}}
    batch: {environment: {Variables: {ENVIRONMENT}}}
    api_gateway: {name: a, parameters: PARAMETERS}
"""
DIALECTS = pytest.mark.parametrize("text", [CLASSIC, FDL], ids=["classic", "fdl"])


def filled(text: str, environment: str = "KEY: x", parameters: str = "[]") -> str:
    return text.replace("ENVIRONMENT", environment).replace("PARAMETERS", parameters)


def loaded(folder: Path, text: str) -> tuple[Function, list[str]]:
    """The function, and the rules of the warnings."""
    found = load_application(write(folder, a=text))
    [stack] = found.application.stacks
    return stack.functions[0], [warning.rule for warning in found.warnings]


def refusals(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(FdlError) as refused:
        load_application(write(folder, a=text))
    return [(problem.rule, problem.path) for problem in refused.value.problems]


@DIALECTS
def test_parameters_are_read_in_both_dialects(text: str, tmp_path: Path) -> None:
    function, warnings = loaded(tmp_path, filled(text, parameters="[width, Height_2, _x]"))
    assert function.api
    assert function.api.parameters == ("width", "Height_2", "_x")
    assert warnings == []


@DIALECTS
@pytest.mark.parametrize("name", ["a-b", "1a", "a b", "a=b", "", "ñ", "BASH_FUNC_f%%"])
def test_a_parameter_that_is_no_variable_is_refused(text: str, name: str, tmp_path: Path) -> None:
    [(rule, path)] = refusals(tmp_path, filled(text, parameters=f'[width, "{name}"]'))
    assert rule == "variable-name"
    assert path.endswith("api_gateway.parameters[1]")


@DIALECTS
@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "IFS", "PS4", "PYTHONSTARTUP"),
        *("NODE_OPTIONS", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND"),
        *("http_proxy", "NO_PROXY", "npm_config_script_shell", "AWS_ACCESS_KEY_ID", "HOME"),
        *("SCAR_OUTPUT_DIR", "CONT_VAR_x", *sorted(RUNTIME_VARIABLES)),
    ],
)
def test_a_parameter_that_steers_programs_is_refused(text: str, name: str, tmp_path: Path) -> None:
    [(rule, path)] = refusals(tmp_path, filled(text, parameters=f"[{name}]"))
    assert rule == "parameter-name"
    assert path.endswith("api_gateway.parameters[0]")


@pytest.mark.parametrize("name", ["width", "path", "env", "user", "home", "Format", "N", "size"])
def test_ordinary_words_are_no_orders(name: str) -> None:
    assert not steers_programs(name)


@DIALECTS
def test_a_parameter_that_the_function_sets_is_refused(text: str, tmp_path: Path) -> None:
    [(rule, path)] = refusals(tmp_path, filled(text, "KEY: x", "[width, KEY]"))
    assert rule == "parameter-is-set"
    assert path.endswith("api_gateway.parameters[1]")


def test_a_parameter_that_is_a_secret_is_refused(tmp_path: Path) -> None:
    secrets = "secrets: {KEY: 'arn:aws:ssm:eu-west-1:111122223333:parameter/a'}"
    text = filled(CLASSIC, "OTHER: x", "[KEY]").replace("image: i", f"image: i\n    {secrets}")
    [(rule, _)] = refusals(tmp_path, text)
    assert rule == "parameter-is-set"


def test_explain_tells_scar_s_users_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(tmp_path, a=filled(CLASSIC))
    assert main(["check", "--explain", str(path)]) == 0
    [line] = [
        line
        for line in capsys.readouterr().out.splitlines()
        if "functions.f.api_gateway.name" in line
    ]
    assert "changed: query parameters reach the script as `CONT_VAR_<name>`" in line
    assert '`base64 -d "$INPUT_FILE_PATH"` gives the bytes' in line


HIDING = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "PATH"),
    *("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "HOME"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "TMPDIR"),
    *("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE"),
)


@DIALECTS
@pytest.mark.parametrize("name", HIDING)
def test_what_an_empty_variable_would_hide_stays(text: str, name: str, tmp_path: Path) -> None:
    """SCAR left empty variables out, so a file with one is still accepted."""
    function, warnings = loaded(tmp_path, filled(text, f"{name}: '', MINE: ''"))
    places = 3 if text is FDL else 1
    assert warnings == ["empty-variable"] * places
    found = [function.environment, function.lambda_environment, function.batch.environment]
    for environment in found[:places]:
        assert dict(environment) == {"MINE": ""}


def test_other_variables_may_be_empty() -> None:
    assert not any(map(hides_when_empty, ["LANG", "MINE", "LD_LIBRARY_PATH", "aws_mine", "HOMES"]))
