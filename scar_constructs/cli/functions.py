"""Functions by their names, as commands get them."""

from __future__ import annotations

from scar_constructs.errors import UserError
from scar_constructs.language.workflow.join import Application, Stack
from scar_constructs.model import Function


def named(application: Application, name: str) -> tuple[Stack, Function]:
    """The function of this name, and its stack. Raises `UserError` with those known."""
    known = {one.name: (stack, one) for stack in application.stacks for one in stack.functions}
    if name not in known:
        raise UserError(f"no function is named {name}; there are: {', '.join(known)}")
    return known[name]
