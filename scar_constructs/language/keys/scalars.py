"""The shapes that a value in YAML may have: text, numbers, lists, groups of known keys.

One shape serves three readers: it checks a node, it writes its part of the JSON Schema, and it
describes itself for the documents, so that these three cannot differ.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeGuard

from scar_constructs.language.diagnostics.problems import Problem, Report
from scar_constructs.language.yaml.faults import fault
from scar_constructs.language.yaml.tree import Node, Plain, Scalar
from scar_constructs.terminal import quote

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
            report.add(self._unfit(node, node.value))

    def _unfit(self, node: Node, text: str) -> Problem:
        """The problem of a text that does not fit, with the limit that it passes."""
        wanted = self.words
        if self.max_length is not None and len(text) > self.max_length:
            wanted += f", of at most {self.max_length} characters"
        return fault(self.rule, node, f"must be {wanted}", self.advice(text))

    def advice(self, text: str) -> str:
        """What to do about a text that does not fit."""
        if self.max_length is not None and len(text) > self.max_length:
            return f"shorten it by {len(text) - self.max_length}"
        if self.fix:
            return self.fix
        return f"write it such as {self.example}" if self.example else "write it out"

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


@dataclass(frozen=True)
class Unshown(Text):
    """Text in whose place a user may write what nobody should see: a problem tells no value."""

    def check(self, node: Node, report: Report) -> None:
        if isinstance(node, Scalar) and node.value is None:
            report.add(wrong_type(node, self.words, "give a value, or remove the key"))
        elif not isinstance(node, Scalar) or not self._fits(node.text):
            text = node.text if isinstance(node, Scalar) else ""
            report.add(replace(self._unfit(node, text), got=""))


_LOGIN = re.compile(r"(?:[a-z+.-]+://)?[^/@]*:[^/@]*@")


@dataclass(frozen=True)
class ImageName(Text):
    """The name of an image. Registries refuse capital letters, so small ones are offered. A login
    before it would be a credential in clear, and is told without being shown."""

    def check(self, node: Node, report: Report) -> None:
        if isinstance(node, Scalar) and _LOGIN.match(node.text):
            message = "has a login before the registry, which is a credential in clear"
            fix = "remove it, and run `docker login` on the machine that deploys"
            report.add(replace(fault("credentials-in-clear", node, message, fix), got=""))
        else:
            super().check(node, report)

    def advice(self, text: str) -> str:
        path, slash, last = text.rpartition("/")
        name, colon, tag = last.partition(":")
        lower = f"{path}{slash}{name}".lower() + colon + tag
        if lower != text and self._fits(lower):
            return f"write {lower}: names of images have no capital letters"
        return super().advice(text)


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
    beyond: str = ""
    """What else a user may want who asks for more than the maximum."""

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
    if value < shape.minimum:
        return f"write {shape.minimum:g}, the nearest"
    beyond = shape.beyond if isinstance(shape, Integer) else ""
    return f"write {shape.maximum:g}, the nearest" + f", or {beyond}" * bool(beyond)


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
class Switch:
    """true or false, or one word for what is between them."""

    word: str

    @property
    def words(self) -> str:
        return f"true, false or {self.word}"

    def check(self, node: Node, report: Report) -> None:
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, bool) and value != self.word:
            report.add(wrong_type(node, self.words, f"write {self.words}, without quotes"))

    def schema(self) -> Schema:
        return {"enum": [True, False, self.word]}


_DIGITS = "write the digits alone, without quotes or unit"


@dataclass(frozen=True)
class Anything:
    """A value that nobody reads, such as the settings of a tool that is gone."""

    words: str = "anything"

    def check(self, node: Node, report: Report) -> None:
        """Nothing can be wrong."""

    def schema(self) -> Schema:
        return {}
