"""The classic dialect, rewritten into the other one, so that one parser is enough.

Every node keeps the path and the position that the user knows it by.
"""

from __future__ import annotations

from scar_constructs.language.diagnostics.problems import Position
from scar_constructs.language.keys.dialects import CLASSIC_TO_FDL
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, Sequence, child_path

CLASSIC_KEY_TEMPLATE = "{request_id}/{name}"
"""SCAR's first dialect kept the outputs of each request in a folder of their own."""


def to_fdl(name: Scalar, function: Mapping) -> Mapping:
    """The function as an item of `functions.aws`; `name` is its key as a node."""
    root = Mapping(function.path, function.position, {})
    _put(root, "lambda.name", name, name.position)
    for key, node in function.items():
        if key in CLASSIC_TO_FDL:
            _put(root, CLASSIC_TO_FDL[key], node, function.position_of(key))
    s3 = function.entries.get("s3")
    if isinstance(s3, Mapping):
        _put_storage(root, name.text, s3)
    return root


def _put(root: Mapping, dotted: str, node: Node, position: Position) -> None:
    """Set the node under keys joined by dots, unless something stands there already."""
    *parents, last = dotted.split(".")
    target = root
    for key in parents:
        child = target.entries.get(key)
        if not isinstance(child, Mapping):
            child = Mapping(root.path, position, {})
            target.entries[key] = child
            target.key_positions[key] = position
        elif child.path != root.path:
            # A block that the user wrote, perhaps shared by an alias: never change it.
            child = Mapping(child.path, child.position, dict(child.entries), child.key_positions)
            target.entries[key] = child
        target = child
    target.entries.setdefault(last, node)
    target.key_positions.setdefault(last, position)


def _put_storage(root: Mapping, name: str, s3: Mapping) -> None:
    """`s3.input_bucket` and its sisters as `input` and `output`."""
    input_bucket = _text(s3, "input_bucket")
    output_bucket = _text(s3, "output_bucket") or input_bucket
    if input_bucket is not None:
        place = s3.entries["input_bucket"]
        path = _folder_path(s3, place, input_bucket, "input_folder", f"{name}/input")
        _put(root, "lambda.input", _one(place, {"path": path}), place.position)
    if output_bucket is not None:
        place = s3.entries.get("output_bucket", s3.entries.get("input_bucket", s3))
        path = _folder_path(s3, place, output_bucket, "output_folder", f"{name}/output")
        key = Scalar(place.path, place.position, CLASSIC_KEY_TEMPLATE, CLASSIC_KEY_TEMPLATE)
        _put(root, "lambda.output", _one(place, {"path": path, "key": key}), place.position)


def _text(mapping: Mapping, key: str) -> str | None:
    node = mapping.entries.get(key)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _folder_path(s3: Mapping, place: Node, bucket: str, key: str, default: str) -> Scalar:
    """`bucket/folder`, standing where the user wrote the folder, else where the bucket is."""
    folder = _text(s3, key)
    where = s3.entries[key] if folder is not None else place
    path = child_path(s3.path, key) if folder is not None else place.path
    value = f"{bucket}/{default if folder is None else folder.strip('/')}"
    return Scalar(path, where.position, value, value)


def _one(place: Node, entries: dict[str, Node]) -> Sequence:
    return Sequence(place.path, place.position, (Mapping(place.path, place.position, entries),))
