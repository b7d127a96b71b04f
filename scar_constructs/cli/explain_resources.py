"""`scar explain --resource` and `--of`: why a resource is there, and what comes of a key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scar_constructs.cdk_cli import prefer_pinned_node
from scar_constructs.errors import UserError
from scar_constructs.language import load_application
from scar_constructs.language.lock import find_lock
from scar_constructs.review.origins import Explanation, Source, explained, found, of_key, resources
from scar_constructs.review.records import plain
from scar_constructs.review.sides import Side, side
from scar_constructs.review.snapshot import is_assembly, read_snapshot
from scar_constructs.terminal import put, visible


def explain_resources(
    paths: Sequence[Path], resource: str | None, key: str | None, *, as_json: bool
) -> None:
    """Print why the resources that fit are there. `paths`: files, or one cloud assembly."""
    version, templates = _read(paths)
    known = list(resources(templates))
    try:
        if resource is not None:
            wanted = [explained(one, version) for one in found(resource, known)]
        else:
            wanted = of_key(key or "", [explained(one, version) for one in known])
    except LookupError as unknown:
        if not is_assembly(paths[0]):  # of what was synthesised just now every reason is known
            raise
        message = f"nothing is known of {unknown}: another app, or another version, made it"
        raise UserError(f"{message}; synthesise the assembly again") from unknown
    if as_json:
        put(f"{json.dumps([_document(one) for one in wanted], indent=1)}\n")
        return
    put("\n".join(line for one in wanted for line in _lines(one, key)) + "\n")


def _read(paths: Sequence[Path]) -> tuple[Side, Mapping[str, Mapping[str, Any]]]:
    """What the files say, and the templates that come of it."""
    if len(paths) == 1 and is_assembly(paths[0]):
        from scar_constructs.aws.assembly import read_templates

        return read_snapshot(paths[0], str(paths[0])), read_templates(paths[0])
    lock = find_lock(None)
    loaded = load_application(paths, lock=lock)
    prefer_pinned_node()
    # It imports the CDK, which starts Node.js.
    from scar_constructs.aws.templates import templates_of

    return side("", loaded, lock), templates_of(loaded.application)


def _document(one: Explanation) -> dict[str, Any]:
    document = plain(one)
    document["functions"] = [{"name": name, "at": plain(at)} for name, at in one.functions]
    return {**document.pop("resource"), **document}


def _lines(one: Explanation, key: str | None) -> Iterator[str]:
    """The resource, why it is there, for which functions, and of which keys."""
    resource = one.resource
    named = f"  {resource.name}" if resource.name else ""
    yield visible(
        f"{resource.logical_id}  {resource.kind}  {resource.stack}/{resource.path}{named}"
    )
    yield visible(f"  {one.reason}")
    if key is not None:
        return
    for name, at in one.functions:
        yield visible(f"  for {name}  ({at})")
        yield from (f"    {line}" for line in _of(one.sources, name))
    yield from (f"  {line}" for line in _of(one.sources, ""))


def _of(sources: Sequence[Source], function: str) -> Iterator[str]:
    for source in sources:
        if source.function != function:
            continue
        if source.at is not None:
            yield visible(f"{source.key}: {source.value}  ({source.at})")
        else:
            yield visible(f"{source.key}: {source.default}, by default")
