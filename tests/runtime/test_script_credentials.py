"""`credentials: none`: the script finds nothing to act on AWS with, also not in our process."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from scar_runtime.script_credentials import NAMES, without_role

from tests.runtime.functions import Function
from tests.runtime.unprivileged import unprivileged

Make = Callable[..., Function]
LOOK = """
env
cat /proc/$PPID/environ | tr '\\0' '\\n'
cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep CANARY
echo end
"""
CANARIES = {"AWS_SESSION_TOKEN": "CANARY-token", "AWS_ROLE_ARN": "CANARY-role"}


def seen(made: Function) -> str:
    """What a script sees that looks around, as Lambda's user."""
    with unprivileged(made, **CANARIES) as environment:
        said = environment.invoke({})
    return base64.b64decode(said["answer"]["body"]).decode()


def test_a_script_has_the_role_unless_the_file_says_otherwise(function: Make) -> None:
    found = seen(function(LOOK))
    assert all(f"{name}={value}\n" in found for name, value in CANARIES.items())


def test_with_none_nothing_leads_to_the_role(function: Make) -> None:
    """Neither a variable, nor our own process, whose environment has it all."""
    made = function(LOOK, credentials="none", environment={"AWS_ACCESS_KEY_ID": "mine"})

    found = seen(made)

    assert found.endswith("end\n")
    assert "CANARY" not in found
    assert "AWS_ACCESS_KEY_ID=mine\n" in found  # what the user gives stays


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_way_to_the_role_is_taken_out(name: str) -> None:
    kept = {"PATH": "/bin", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    assert without_role({name: "x", **kept}) == kept
