"""Checks of variables: those that hide something, and those that a caller over HTTP may set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.keys.steering import hides_when_empty, steers_programs
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Mapping, Scalar, Sequence, child_path

ENVIRONMENTS = (
    "lambda.container.environment.Variables",
    "lambda.environment.Variables",
    "batch.environment.Variables",
)
RUNTIME_VARIABLES = frozenset(
    {
        *("INPUT_FILE_PATH", "TMP_INPUT_DIR", "TMP_OUTPUT_DIR", "STORAGE_OBJECT_KEY"),
        *("EVENT", "EVENT_TIME", "REQUEST_ID", "INSTANCE_IP", "EXTRA_PAYLOAD"),
        *("AWS_LAMBDA_REQUEST_ID", "SCAR_INPUT_FILE", "SCAR_INPUT_DIR", "SCAR_OUTPUT_DIR"),
    }
)
"""What the runtime sets for each run of the script, over whatever the user gave."""


def check_container_environment(parsed: ParsedFunction) -> Iterator[Problem]:
    """The runtime's own variables win over the user's, which would surprise."""
    for name in parsed.function.environment:
        node = parsed.section.find(f"lambda.container.environment.Variables.{name}")
        if node is not None and (name in RUNTIME_VARIABLES or name.startswith("SCAR_")):
            message = "the runtime sets this variable for each run of the script"
            yield problem("reserved-variable", node.path, node.position, message, "", "rename it")


def check_empty_variables(parsed: ParsedFunction) -> Iterator[Problem]:
    """Those that were left out as the file was read."""
    for place in ENVIRONMENTS:
        variables = parsed.section.find(place)
        if not isinstance(variables, Mapping):
            continue
        for name, node in variables.items():
            if isinstance(node, Scalar) and node.text == "" and hides_when_empty(name):
                message = "is set to nothing, and is left out: it would hide what is set without it"
                yield problem("empty-variable", node.path, node.position, message, "", "remove it")


def check_parameters(parsed: ParsedFunction) -> Iterator[Problem]:
    """A caller must steer no program, and replaces nothing that is set."""
    node = parsed.section.find("api_gateway.parameters")
    function, sound = parsed.function, parsed.section.texts("api_gateway.parameters")
    given = {*function.environment, *function.secrets, *function.batch.environment}
    if function.execution_mode.runs_on_lambda:
        given |= {*function.lambda_environment}
    for item in node.items if isinstance(node, Sequence) else ():
        if not isinstance(item, Scalar) or item.text not in sound:
            continue
        fix = f"rename it, or have the script read CONT_VAR_{item.text}"
        if item.text in RUNTIME_VARIABLES or steers_programs(item.text):
            message = "must not be a variable from which programs take orders"
            yield fault("parameter-name", item, message, fix)
        elif item.text in given:
            message = "must not be a variable that the function sets: none is ever replaced"
            yield fault("parameter-is-set", item, message, fix)


def check_given_once(parsed: ParsedFunction) -> Iterator[Problem]:
    """A variable is a value or a secret: which of the two would win differs from place to place,
    and Batch refuses both.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
    """
    values = [parsed.section.find(place) for place in ENVIRONMENTS]
    given = {name for node in values if isinstance(node, Mapping) for name in node.entries}
    for place in ("lambda.secrets", "batch.secrets"):
        secrets = parsed.section.find(place)
        if not isinstance(secrets, Mapping):
            continue
        for name in (name for name in secrets.entries if name in given):
            path, at = child_path(secrets.path, name), secrets.position_of(name)
            message = "is given as a secret and in `environment` too"
            yield problem("variable-twice", path, at, message, "", "remove one of the two")


VARIABLE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_container_environment,
    check_empty_variables,
    check_parameters,
    check_given_once,
)
