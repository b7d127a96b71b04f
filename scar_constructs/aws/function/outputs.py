"""What a stack's outputs say of a function: commands that a person copies to a terminal."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from scar_constructs.aws import commands
from scar_constructs.aws.function.api import FunctionApi
from scar_constructs.model import Function
from scar_constructs.model.limits import ADDRESS_OUTPUT, KEY_OUTPUT


def add_outputs(scope: Construct, function: Function, api: FunctionApi | None) -> None:
    """How to start the function, to follow its logs, and to call its address if it has one."""
    name = function.name
    start, logs = commands.start_command(function), commands.logs_command(name)
    CfnOutput(scope, "Start", description=f"starts {name}", value=start)
    CfnOutput(scope, "Logs", description=f"follows the logs of {name}", value=logs)
    if api is None:
        return
    CfnOutput(scope, "Address", description=ADDRESS_OUTPUT.format(name), value=api.url)
    if api.key_id:
        command = commands.key_command(api.key_id)
        CfnOutput(scope, "ApiKey", description=KEY_OUTPUT.format(name), value=command)
