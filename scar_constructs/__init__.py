"""SCAR functions as AWS CDK constructs: an image, a script and two folders become a workflow.

The public face for CDK apps of others; everything is imported when it is first asked for, so that
the commands that need no CDK do not wait for it:

    import scar_constructs as scar

    app = scar.new_app()
    for workflow in scar.load([Path("functions.yaml")]).application.stacks:
        scar.WorkflowStack(app, workflow.name, workflow=workflow)
    app.synth()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scar_constructs.aws.flags import new_app
    from scar_constructs.aws.function.construct import ScarFunction
    from scar_constructs.aws.stack import WorkflowStack
    from scar_constructs.language.load import load_application as load

__version__ = "0.2.0"

__all__ = ["ScarFunction", "WorkflowStack", "__version__", "load", "new_app"]

_PLACES = {
    "ScarFunction": ("scar_constructs.aws.function.construct", "ScarFunction"),
    "WorkflowStack": ("scar_constructs.aws.stack", "WorkflowStack"),
    "load": ("scar_constructs.language.load", "load_application"),
    "new_app": ("scar_constructs.aws.flags", "new_app"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
