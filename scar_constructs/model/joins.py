"""What a function hands on to a function further down that joins."""

from __future__ import annotations

from dataclasses import dataclass

from scar_constructs.model.storage import Input

EVENT = "scar_join"
"""The key of events that are the runtime's own (`scar_runtime.events.joined`)."""
_LOOKS = 2
_LEAST_MINUTES, _MOST_MINUTES = 5, 360


def look_every_minutes(after_seconds: int) -> int:
    """How often groups are looked for that are not whole after so long: twice in that time, but at
    least every six hours, and no more often than every five minutes."""
    return min(max(after_seconds // 60 // _LOOKS, _LEAST_MINUTES), _MOST_MINUTES)


@dataclass(frozen=True, kw_only=True)
class Taker:
    """A function on the way to a join, with the inputs by which it takes files for it."""

    function: str
    inputs: tuple[Input, ...]


@dataclass(frozen=True, kw_only=True)
class EmptyPlace:
    """Where an object goes that stands for no file, so that `function` takes it: the start and the
    end of its key."""

    function: str
    bucket: str
    start: str
    end: str


@dataclass(frozen=True, kw_only=True)
class JoinStep:
    """Of this function's outputs, those that any of `takers` takes go on to the function `join`.

    `opens`: the executions of this very function are what is joined.
    """

    join: str
    opens: bool
    takers: tuple[Taker, ...]
    empty: EmptyPlace
