"""The shapes that a value in YAML may have: text, numbers, lists, groups of known keys.

One shape serves three readers: it checks a node, it writes its part of the JSON Schema, and it
describes itself for the documents, so that these three cannot differ.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeGuard

from scar_constructs.fdl.errors import Problem, Report
from scar_constructs.fdl.nodes import Mapping, Node, Plain, Scalar, Sequence, child_path, quote
from scar_constructs.fdl.rules import fault, problem

Schema = dict[str, Any]


class Shape(Protocol):
    """What a value must look like."""

    def check(self, node: Node, report: Report) -> None:
        """Add a problem for each way in which the node differs from the shape."""

    def schema(self) -> Schema:
        """The shape in JSON Schema, draft 2020-12."""

    @property
    def words(self) -> str:
        """The shape in a few words, to follow "must be"."""


def wrong_type(node: Node, words: str, fix: str) -> Problem:
    """The problem of a value of another kind."""
    if isinstance(node, Scalar) and node.value is None:
        return fault("no-value", node, f"must be {words}", "give a value, or remove the key")
    return fault("wrong-type", node, f"must be {words}", fix)


END = r"(?![\s\S])"
"""The end of the text in a pattern: `$` would let a trailing line feed through in Python, and JSON
Schema's dialect of patterns has no `\\Z`."""


@dataclass(frozen=True)
class Text:
    """Text. A number or a truth value in YAML is not text; `any_scalar` has its own shape."""

    words: str = "text"
    pattern: str | None = None
    max_length: int | None = None
    min_length: int = 1
    rule: str = "bad-text"
    fix: str = ""
    example: str = ""

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            report.add(wrong_type(node, self.words, _as_text(node)))
        elif not self._fits(node.value):
            fix = self.fix or f"write it such as {self.example}"
            report.add(fault(self.rule, node, f"must be {self.words}", fix))

    def _fits(self, text: str) -> bool:
        if len(text) < self.min_length:
            return False
        if self.max_length is not None and len(text) > self.max_length:
            return False
        return self.pattern is None or re.search(self.pattern, text) is not None

    def schema(self) -> Schema:
        schema: Schema = {"type": "string"}
        if self.min_length:
            schema["minLength"] = self.min_length
        if self.max_length is not None:
            schema["maxLength"] = self.max_length
        if self.pattern is not None:
            schema["pattern"] = self.pattern
        return schema


def _as_text(node: Node) -> str:
    return f"put it in quotes: {quote(node.text)}" if isinstance(node, Scalar) else "write one text"


@dataclass(frozen=True)
class Value:
    """Text, a number or a truth value; it travels as the text that the user wrote."""

    words: str = "text or a number"

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Scalar) or node.value is None:
            report.add(wrong_type(node, self.words, "write one value"))

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"]}


def is_whole(value: Plain) -> TypeGuard[int | float]:
    """Whether the value is a whole number; 512.0 is one, as in JSON Schema, and true is none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


@dataclass(frozen=True)
class Integer:
    """A whole number within limits, both included."""

    minimum: int
    maximum: int
    unit: str = ""

    @property
    def words(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"a whole number from {self.minimum} to {self.maximum}{unit}"

    def check(self, node: Node, report: Report) -> None:
        value = node.value if isinstance(node, Scalar) else None
        if not is_whole(value):
            report.add(wrong_type(node, self.words, _DIGITS))
        elif not self.minimum <= value <= self.maximum:
            report.add(fault("out-of-range", node, f"must be {self.words}", _nearest(self, value)))

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Number:
    """A number within limits, both included; fractions are allowed."""

    minimum: float
    maximum: float

    @property
    def words(self) -> str:
        return f"a number from {self.minimum:g} to {self.maximum:g}"

    def check(self, node: Node, report: Report) -> None:
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            report.add(wrong_type(node, self.words, _DIGITS))
        elif not self.minimum <= value <= self.maximum:
            report.add(fault("out-of-range", node, f"must be {self.words}", _nearest(self, value)))

    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


def _nearest(shape: Integer | Number, value: float) -> str:
    return f"write {shape.minimum if value < shape.minimum else shape.maximum:g}, the nearest"


@dataclass(frozen=True)
class Boolean:
    """true or false."""

    words: str = "true or false"

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Scalar) or not isinstance(node.value, bool):
            report.add(wrong_type(node, self.words, "write true or false, without quotes"))

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice:
    """One of a few words or numbers."""

    options: tuple[str | int, ...]

    @property
    def words(self) -> str:
        return "one of " + ", ".join(str(option) for option in self.options)

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
            report.add(wrong_type(node, self.words, f"write {self.options[0]}"))
        elif node.value not in self.options:
            fix = self._fix(node.text, node.value)
            report.add(fault("not-a-choice", node, f"must be {self.words}", fix))

    def _fix(self, text: str, value: Plain) -> str:
        numbers = [option for option in self.options if isinstance(option, int)]
        if numbers and isinstance(value, int | float):
            return f"write {min(numbers, key=lambda option: abs(option - value))}, the nearest"
        texts = [str(option) for option in self.options]
        folded = {option.lower(): option for option in texts}
        near = difflib.get_close_matches(text[:100].lower(), folded, n=1, cutoff=0.4)
        return f"write {folded[near[0]]}" if near else f"write {texts[0]}"

    def schema(self) -> Schema:
        return {"enum": list(self.options)}


@dataclass(frozen=True)
class ListOf:
    """A list whose items all have one shape."""

    item: Shape
    maximum: int | None = None
    minimum: int = 0
    fix: str = ""

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
        return schema


_DIGITS = "write the digits alone, without quotes or unit"


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


@dataclass(frozen=True)
class Anything:
    """A value that nobody reads, such as the settings of a tool that is gone."""

    words: str = "anything"

    def check(self, node: Node, report: Report) -> None:
        """Nothing can be wrong."""

    def schema(self) -> Schema:
        return {}


class Origin(StrEnum):
    """Who brought a key into the language."""

    SCAR = "SCAR"
    OURS = "new"


@dataclass(frozen=True)
class Key:
    """One key of the language.

    `default` and `option` (SCAR's command line) are words for the documents. A key with `ignored`
    has no meaning any more and gives a warning with that reason; one with `changed` means
    something else than in SCAR, and the reason is told by `--explain`.
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


@dataclass(frozen=True)
class Group:
    """A mapping of known keys."""

    keys: AbstractMapping[str, Key]

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
            fix = _nearest_key(name, self.keys)
            report.add(problem("unknown-key", path, position, "is not a known key", "", fix))
        elif key.refused:
            reason, _, fix = key.refused.partition("; ")
            report.add(problem("refused-key", path, position, reason, "", fix))
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
