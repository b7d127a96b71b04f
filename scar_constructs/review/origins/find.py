"""Resources by what people know of them, and by keys."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from scar_constructs.errors import UserError
from scar_constructs.review.origins.explain import Explanation, Source
from scar_constructs.review.origins.resources import Resource
from scar_constructs.terminal import quote

_NEAR = 3
_SHOWN = 12
_CLASSIC_FOLDERS = {
    "s3.input_bucket": "input",
    "s3.input_folder": "input",
    "s3.output_bucket": "output",
    "s3.output_folder": "output",
}
"""Keys of SCAR's older dialect that name folders -> the key that folders are told by."""


class NotFoundError(UserError):
    """Nothing is called so; the text says what there is."""


def found(wanted: str, known: Sequence[Resource]) -> list[Resource]:
    """The resources of a logical id, a type, a physical name or a construct path, in any case of
    letters. Raises NotFoundError."""
    lowered = wanted.lower()
    for names in (_exact, _loose):
        fits = [one for one in known if lowered in names(one)]
        if fits:
            return fits
    raise _nothing(f"no resource is called {quote(wanted)}", wanted, _names(known))


def _exact(one: Resource) -> set[str]:
    return {one.logical_id.lower(), one.kind.lower(), one.name.lower()} - {""}


def _loose(one: Resource) -> set[str]:
    path = f"{one.stack}/{one.path}".lower()
    return {path, f"{path}/resource", one.path.lower(), one.kind.lower().removeprefix("aws::")}


def _names(known: Sequence[Resource]) -> Iterator[str]:
    for one in known:
        yield from filter(None, (one.logical_id, one.kind, one.name))


def of_key(wanted: str, known: Sequence[Explanation]) -> list[Explanation]:
    """The resources that come of a function, or of one of its keys: `FUNCTION`, `FUNCTION.KEY`, or
    a key alone. Raises NotFoundError."""
    functions = {name for one in known for name, _ in one.functions}
    for name in sorted(functions, key=len, reverse=True):
        if wanted == name:
            return [one for one in known if name in dict(one.functions)]
        if wanted.startswith(f"{name}."):
            return _with(wanted.removeprefix(f"{name}."), name, known)
    return _with(wanted, "", known)


def _with(key: str, function: str, known: Sequence[Explanation]) -> list[Explanation]:
    """Those of the key as a file writes it; else of its place; else of keys below or above it."""
    wanted = _CLASSIC_FOLDERS.get(key, key)
    for is_of in (_is_key, _is_place, _is_part):
        fits = [
            one
            for one in known
            for source in one.sources
            if source.function in ("", function or source.function) and is_of(source, wanted)
        ]
        if fits:
            return list({one.resource: one for one in fits}.values())
    keys = [source.key for one in known for source in one.sources]
    functions = [name for one in known for name, _ in one.functions]
    raise _nothing(f"nothing comes of {quote(key)}", key, [*functions, *keys])


def _is_key(source: Source, key: str) -> bool:
    return source.key == key or source.key.startswith(f"{key}.")


def _is_place(source: Source, key: str) -> bool:
    return source.place == key or source.place.startswith(f"{key}.")


def _is_part(source: Source, key: str) -> bool:
    return any(one.endswith(f".{key}") or f".{key}." in one for one in (source.key, source.place))


def _nothing(text: str, wanted: str, names: Iterator[str] | Sequence[str]) -> NotFoundError:
    known = list(dict.fromkeys(names))
    near = difflib.get_close_matches(wanted, known, _NEAR, 0.5)
    if near:
        return NotFoundError(f"{text}; did you mean {', '.join(near)}?")
    shown = f"{', '.join(known[:_SHOWN])}{', ...' if len(known) > _SHOWN else ''}"
    return NotFoundError(f"{text}; there are {shown}" if known else text)
