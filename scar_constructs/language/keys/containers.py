"""Shapes made of others: lists, mappings that the user names, and groups of known keys."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from enum import StrEnum

from scar_constructs.language.diagnostics.problems import Problem, Report
from scar_constructs.language.keys.scalars import Schema, Shape, Text, wrong_type
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, Sequence, child_path


@dataclass(frozen=True)
class ListOf:
    """A list whose items all have one shape."""

    item: Shape
    maximum: int | None = None
    minimum: int = 0
    fix: str = ""
    distinct: bool = False
    """Whether no item may stand twice."""

    @property
    def words(self) -> str:
        return f"a list, each item {self.item.words}"

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Sequence):
            report.add(self._not_a_list(node))
            return
        count = len(node.items)
        if self.maximum is not None and count > self.maximum:
            message = f"must hold {self.maximum} at most, got {count}"
            report.add(_count_problem(node, message, f"remove {count - self.maximum}"))
        if count < self.minimum:
            message = f"must hold {self.minimum} at least, got {count}"
            report.add(_count_problem(node, message, "add to the list, or remove the key"))
        for item in node.items:
            self.item.check(item, report)
        if self.distinct:
            for item in _repeated(node):
                report.add(fault("item-twice", item, "stands in the list already", "remove it"))

    def _not_a_list(self, node: Node) -> Problem:
        if isinstance(self.item, Group):
            return wrong_type(node, self.words, f"write `- {self.item.first}: ...` under the key")
        text = node.text[:60] if isinstance(node, Scalar) else "..."
        return wrong_type(node, self.words, f"write [{text}]")

    def schema(self) -> Schema:
        schema: Schema = {"type": "array", "items": self.item.schema()}
        if self.maximum is not None:
            schema["maxItems"] = self.maximum
        if self.minimum:
            schema["minItems"] = self.minimum
        if self.distinct:
            schema["uniqueItems"] = True
        return schema


def _repeated(node: Sequence) -> Iterator[Scalar]:
    """The items that have stood before."""
    seen: set[str] = set()
    for item in node.items:
        if isinstance(item, Scalar):
            if item.text in seen:
                yield item
            seen.add(item.text)


def _count_problem(node: Node, message: str, fix: str) -> Problem:
    return problem("wrong-count", node.path, node.position, message, "", fix)


@dataclass(frozen=True)
class MapOf:
    """A mapping whose keys the user names and whose values all have one shape."""

    value: Shape
    key: Text
    maximum: int | None = None

    @property
    def words(self) -> str:
        return f"a mapping of names to {self.value.words}"

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Mapping):
            report.add(wrong_type(node, self.words, "write `NAME: VALUE` under the key"))
            return
        if self.maximum is not None and len(node.entries) > self.maximum:
            count = len(node.entries)
            message = f"must hold {self.maximum} at most, got {count}"
            report.add(_count_problem(node, message, f"remove {count - self.maximum}"))
        for name, value in node.items():
            path = child_path(node.path, name)
            self.key.check(Scalar(path, node.position_of(name), name, name), report)
            self.value.check(value, report)

    def schema(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "propertyNames": self.key.schema(),
            "additionalProperties": self.value.schema(),
        }
        if self.maximum is not None:
            schema["maxProperties"] = self.maximum
        return schema


class Origin(StrEnum):
    """Who brought a key into the language."""

    SCAR = "SCAR"
    OURS = "new"


@dataclass(frozen=True)
class Key:
    """One key of the language.

    `default` and `option` (SCAR's command line) are words for the documents. A key with `ignored`
    has no meaning any more and gives a warning with that reason; one with `changed` means
    something else than in SCAR, and the reason is told by `--explain`. One with `refused` (reason
    and fix, with "; " between) breaks `rule`, and its value is never shown.
    """

    shape: Shape
    meaning: str
    default: str = ""
    option: str = ""
    example: str = ""
    required: bool = False
    origin: Origin = Origin.SCAR
    ignored: str = ""
    changed: str = ""
    refused: str = ""
    rule: str = "refused-key"


@dataclass(frozen=True)
class Group:
    """A mapping of known keys.

    `elsewhere`: keys that users look for here and that stand at another place, with that place in
    words to follow "write it".
    """

    keys: AbstractMapping[str, Key]
    elsewhere: AbstractMapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        names = [name for name, key in self.keys.items() if not key.ignored and not key.refused]
        return "a mapping with keys such as " + ", ".join(f"`{name}`" for name in names[:3])

    @property
    def first(self) -> str:
        """The key that a user would write first: a required one if there is any."""
        return next(
            (name for name, key in self.keys.items() if key.required), next(iter(self.keys))
        )

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Mapping):
            report.add(wrong_type(node, self.words, f"write `{self.first}: ...` under the key"))
            return
        for name, value in node.items():
            self._check_entry(node, name, value, report)
        for name, key in self.keys.items():
            if key.required and name not in node.entries:
                report.add(
                    problem(
                        "missing-key",
                        child_path(node.path, name),
                        node.position,
                        "is required",
                        "",
                        f"add `{name}:`"
                        + (f", such as `{name}: {key.example}`" * bool(key.example)),
                    )
                )

    def _check_entry(self, node: Mapping, name: str, value: Node, report: Report) -> None:
        key = self.keys.get(name)
        position = node.position_of(name)
        path = child_path(node.path, name)
        if key is None:
            place = self.elsewhere.get(name)
            fix = f"write it {place}" if place else _nearest_key(name, self.keys)
            report.add(problem("unknown-key", path, position, "is not a known key", "", fix))
        elif key.refused:
            reason, _, fix = key.refused.partition("; ")
            report.add(problem(key.rule, path, position, reason, "", fix))
        elif key.ignored:
            report.add(
                problem(
                    "ignored-key", path, position, f"is ignored: {key.ignored}", "", "remove it"
                )
            )
        else:
            key.shape.check(value, report)

    def schema(self) -> Schema:
        properties: Schema = {}
        for name, key in self.keys.items():
            if key.refused:
                continue
            part: Schema = {} if key.ignored else dict(key.shape.schema())
            part["description"] = _description(key)
            if key.ignored:
                part["deprecationMessage"] = key.ignored
            properties[name] = part
        schema: Schema = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        required = [name for name, key in self.keys.items() if key.required]
        if required:
            schema["required"] = required
        return schema


def _description(key: Key) -> str:
    parts = [key.meaning]
    if key.default:
        parts.append(f"Default: {key.default}.")
    if key.changed:
        parts.append(f"Changed: {key.changed}.")
    if key.ignored:
        parts.append(f"Ignored: {key.ignored}.")
    if key.option:
        parts.append(f"SCAR's option: {key.option}.")
    return " ".join(parts)


def _nearest_key(name: str, keys: AbstractMapping[str, Key]) -> str:
    known = [key for key, spec in keys.items() if not spec.ignored and not spec.refused]
    if len(known) == 1:
        return f"write it under `{known[0]}`"
    near = difflib.get_close_matches(name[:100].lower(), known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return "known keys are " + ", ".join(f"`{key}`" for key in known)
