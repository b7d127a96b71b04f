"""Which resources there are, why, and of which keys they come."""

from __future__ import annotations

from scar_constructs.review.origins.of_functions import OF_FUNCTIONS
from scar_constructs.review.origins.of_stacks import OF_STACKS
from scar_constructs.review.origins.origin import Origin

TABLE = (*OF_FUNCTIONS, *OF_STACKS)
"""The first that fits a path holds."""


def origin_of(path: str) -> tuple[Origin, str] | None:
    """The entry of a construct path below the stack, and the first name in it; None if there is no
    such entry."""
    for origin in TABLE:
        fits = origin.pattern.fullmatch(path)
        if fits:
            return origin, fits[1] if fits.groups() else ""
    return None
