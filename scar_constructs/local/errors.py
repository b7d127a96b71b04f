"""What can go wrong in a local run, other than a function that fails."""

from __future__ import annotations

from scar_constructs.errors import UserError


class LocalError(UserError):
    """The text says what happened and what to do; it is printed without a trace."""
