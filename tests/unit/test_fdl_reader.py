"""The reader: positions, YAML's traps, and input that was made to hurt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.yaml.read import read_file
from scar_constructs.language.yaml.scalars import resolve
from scar_constructs.language.yaml.tree import Mapping, Scalar, Sequence
from scar_constructs.model import limits
from tests.support.cost import calls


def read(folder: Path, text: str) -> Mapping:
    path = folder / "a.yaml"
    path.write_text(text)
    report = Report()
    root = read_file(path, report)
    assert not report.problems
    assert root is not None
    return root


def rules(folder: Path, data: bytes) -> list[str]:
    path = folder / "a.yaml"
    path.write_bytes(data)
    report = Report()
    read_file(path, report)
    return [problem.rule for problem in report.problems]


def test_nodes_know_their_path_and_place(tmp_path: Path) -> None:
    root = read(tmp_path, 'a:\n- b: "x"\n  c d: 1\n')

    inner = root.entries["a"]
    assert isinstance(inner, Sequence)
    item = inner.items[0]
    assert isinstance(item, Mapping)
    text, number = item.entries["b"], item.entries["c d"]
    assert (text.path, text.position.line, text.position.column) == ("a[0].b", 2, 6)
    assert text.position.length == 3
    assert number.path == 'a[0]["c d"]'
    assert item.position_of("c d").line == 3


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert list(read(tmp_path, "\ufefffunctions: 1\n").entries) == ["functions"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10000", 10000),
        ("1_000", 1000),
        ("-3", -3),
        ("0.5", 0.5),
        ("true", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("010", "010"),
        ("1:30", "1:30"),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
        ("2018-01-01", "2018-01-01"),
        ("9" * 5000, "9" * 5000),
    ],
    ids=lambda value: str(value)[:12],
)
def test_plain_scalars(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quoted_scalars_are_text(tmp_path: Path) -> None:
    node = read(tmp_path, "a: '10'\n").entries["a"]

    assert isinstance(node, Scalar)
    assert node.value == "10"


def test_merge_keys_give_what_is_missing(tmp_path: Path) -> None:
    root = read(tmp_path, "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{x: 4}, *a]}\n")

    def values(name: str) -> dict[str, object]:
        node = root.entries[name]
        assert isinstance(node, Mapping)
        return {key: entry.value for key, entry in node.items() if isinstance(entry, Scalar)}

    assert values("b") == {"x": 1, "y": 3}
    assert values("c") == {"x": 4, "y": 2}


def test_all_duplicate_keys_are_told(tmp_path: Path) -> None:
    assert rules(tmp_path, b"a: 1\na: 2\nb: 1\nb: 2\n") == ["duplicate-key", "duplicate-key"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    report = Report()

    assert read_file(tmp_path / "none.yaml", report) is None
    assert [problem.rule for problem in report.problems] == ["file-missing"]


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    report = Report()

    assert read_file(tmp_path / ("x" * 300), report) is None
    assert [problem.rule for problem in report.problems] == ["file-unreadable"]


def test_a_device_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    report = Report()

    assert read_file(tmp_path / "a.yaml", report) is None
    assert [problem.rule for problem in report.problems] == ["file-unreadable"]


def bomb(levels: int) -> bytes:
    lines = [f"a0: &a0 [{', '.join('x' * 9)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


MERGES = b"a0: &a0 {x: [1, 2, 3]}\n" + b"".join(
    b"a%d: &a%d {<<: [*a%d, *a%d], y%d: [*a%d, *a%d]}\n" % (n, n, n - 1, n - 1, n, n - 1, n - 1)
    for n in range(1, 40)
)

HOSTILE = {
    "brackets": (b"[" * 4_000_000, "too-deep"),
    "braces": (b"{" * 4_000_000, "key-not-text"),
    "dashes": (b"- " * 2_000_000, "too-deep"),
    "indents": (b"".join(b" " * n + b"a:\n" for n in range(200)), "too-deep"),
    "aliases": (bomb(30), "aliases-too-large"),
    "merges": (MERGES, "aliases-too-large"),
    "a loop of aliases": (b"a: &a [*a]", "alias-unknown"),
    "many values": (b"- a\n" * 1_000_000, "file-too-large"),
    "many bytes": (b"a" * (limits.FILE_MAX_BYTES + 1), "file-too-large"),
    "one huge text": (b"a" * 4_000_000, "not-a-mapping"),
    "not UTF-8": (b"a: \xff\n" * 100_000, "not-utf8"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "not-utf8"),
    "control characters": (b"a: \x01\n", "not-yaml"),
    "anchors": (b"a: " + b"&a " * 1_000_000, "not-yaml"),
    "binary": (bytes(range(256)) * 1000, "not-utf8"),
}


CALLS_PER_VALUE = 40
"""What each value that a file may have costs at most, in calls."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_costs_no_more_than_a_large_file_and_ends_in_one_error(
    name: str, tmp_path: Path
) -> None:
    data, rule = HOSTILE[name]
    found: list[str] = []

    calls(lambda: found.extend(rules(tmp_path, data)), CALLS_PER_VALUE * limits.FILE_MAX_NODES)

    assert found == [rule]
