"""One YAML document's events to nodes.

The tree is built from libyaml's events rather than by a recursive loader, so that the depth, the
number of nodes and the expanded size of aliases are known before any of them can cost memory, and
so that no key is lost because another has the same name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from scar_constructs.language.diagnostics.problems import Position, Problem, Report
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.scalars import TAG_PREFIX, resolve, tagged
from scar_constructs.language.yaml.tree import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    child_path,
    item_path,
)
from scar_constructs.model import limits
from scar_constructs.terminal import quote

MERGE_KEY = "<<"
_KNOWN_TAGS = frozenset(
    TAG_PREFIX + name for name in ("str", "int", "float", "bool", "null", "map", "seq")
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableError(Exception):
    """The file cannot be read any further; `problem` says why."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found.message)
        self.problem = found


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been met yet. `weight` counts its expanded nodes."""

    is_mapping: bool
    path: str
    position: Position
    anchor: str | None
    weight: int = 1
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    key_positions: dict[str, Position] = field(default_factory=dict)
    merged: list[Node] = field(default_factory=list)
    key: str | None = None
    is_merge: bool = False
    key_position: Position | None = None


class Composer:
    """Builds one document. Raises `UnreadableError` where going on would be unsafe or senseless."""

    def __init__(self, file: str, text: str, report: Report) -> None:
        self._file = file
        self._report = report
        self._events = _LOADER(text)
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._root: Node | None = None
        self._count = 0

    def compose(self) -> Node | None:
        documents = 0
        while self._events.check_event():
            event = self._events.get_event()
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._start(event)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._stop(
                        "several-documents",
                        event,
                        "must hold one YAML document",
                        "put each document into a file of its own",
                    )
        return self._root

    def _position(self, event: yaml.Event) -> Position:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return Position(self._file)
        length = max(1, end.column - start.column) if end.line == start.line else 1
        return Position(self._file, start.line + 1, start.column + 1, length)

    def _stop(self, rule: str, event: yaml.Event, message: str, fix: str) -> UnreadableError:
        return UnreadableError(problem(rule, self._path(), self._position(event), message, "", fix))

    def _path(self) -> str:
        """The path of the node that comes next."""
        if not self._stack:
            return ""
        parent = self._stack[-1]
        if parent.is_mapping:
            return child_path(parent.path, parent.key) if parent.key is not None else parent.path
        return item_path(parent.path, len(parent.items))

    def _grow(self, event: yaml.Event) -> None:
        self._count += 1
        if self._count > limits.FILE_MAX_NODES:
            raise self._stop(
                "file-too-large",
                event,
                f"must hold at most {limits.FILE_MAX_NODES} values",
                "split it into several files; they are joined by the buckets they share",
            )

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._grow(event)
        position = self._position(event)
        if self._awaits_key():
            self._stack[-1].key = event.value
            self._stack[-1].key_position = position
            self._stack[-1].is_merge = event.value == MERGE_KEY and event.implicit[0]
            return
        self._check_tag(event)
        value = resolve(event.value) if event.implicit[0] else tagged(event.tag, event.value)
        self._add(Scalar(self._path(), position, event.value, value), 1, event.anchor)

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._grow(event)
        if self._awaits_key():
            raise self._stop(
                "key-not-text", event, "a key must be text", "write the key as one word"
            )
        if len(self._stack) >= limits.FILE_MAX_DEPTH:
            found = problem(
                "too-deep",
                "",
                self._position(event),
                f"must not be nested more than {limits.FILE_MAX_DEPTH} levels deep",
                "",
                "no key of the language is that deep; correct the indentation",
            )
            raise UnreadableError(found)
        self._check_tag(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Open(is_mapping, self._path(), self._position(event), event.anchor))

    def _end(self) -> None:
        done = self._stack.pop()
        node: Node
        if done.is_mapping:
            for source in done.merged:
                _merge(done, source)
            node = Mapping(done.path, done.position, done.entries, done.key_positions)
        else:
            node = Sequence(done.path, done.position, tuple(done.items))
        self._add(node, done.weight, done.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._grow(event)
        if self._awaits_key():
            raise self._stop(
                "key-not-text", event, "a key must be text", "write the key as one word"
            )
        if event.anchor not in self._anchors:
            raise self._stop(
                "alias-unknown",
                event,
                f"alias *{event.anchor} stands for nothing that ended before it",
                f"mark a value above this line with &{event.anchor}",
            )
        node, weight = self._anchors[event.anchor]
        parent = self._stack[-1] if self._stack else None
        if parent is not None and parent.weight + weight > limits.FILE_MAX_NODES:
            raise self._too_large(self._position(event))
        self._add(node, weight, None)

    def _too_large(self, position: Position) -> UnreadableError:
        """Counted are the values with every alias written out, so that no walk takes for ever."""
        return UnreadableError(
            problem(
                "aliases-too-large",
                "",
                position,
                f"aliases must not expand to more than {limits.FILE_MAX_NODES} values",
                "",
                "write the values out, or use `defaults`",
            )
        )

    def _add(self, node: Node, weight: int, anchor: str | None) -> None:
        """Give the node to whatever holds it."""
        if anchor is not None:
            self._anchors[anchor] = (node, weight)
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        parent.weight += weight
        if parent.weight > limits.FILE_MAX_NODES:
            raise self._too_large(node.position)
        if not parent.is_mapping:
            parent.items.append(node)
            return
        key, position = parent.key, parent.key_position
        parent.key = parent.key_position = None
        if key is None or position is None:
            raise AssertionError("a value came before its key")
        if parent.is_merge:
            parent.merged.append(node)
        elif key in parent.entries:
            self._report.add(_duplicate(parent, key, position))
        else:
            parent.entries[key] = node
            parent.key_positions[key] = position

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None and event.tag not in _KNOWN_TAGS and event.tag != "!":
            raise self._stop(
                "tag-unknown",
                event,
                f"the tag {quote(event.tag)} has no meaning here",
                "remove the tag",
            )


def _duplicate(parent: _Open, key: str, position: Position) -> Problem:
    first = parent.key_positions[key]
    return problem(
        "duplicate-key",
        child_path(parent.path, key),
        position,
        f"is given twice; the first stands in line {first.line}",
        "",
        "remove one of the two",
    )


def _merge(target: _Open, source: Node) -> None:
    """YAML's `<<`: keys of the source where the target has none."""
    sources = source.items if isinstance(source, Sequence) else (source,)
    for one in sources:
        if not isinstance(one, Mapping):
            found = problem(
                "merge-not-a-mapping",
                child_path(target.path, MERGE_KEY),
                one.position,
                "`<<` takes a mapping, or a list of them",
                "",
                "point it at a mapping marked with &name",
            )
            raise UnreadableError(found)
        for key, node in one.items():
            if key not in target.entries:
                target.entries[key] = node
                target.key_positions[key] = one.position_of(key)
