"""Where things may be imported from: each room of the package only from those below it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "scar_constructs"
FLOORS = (
    "__main__",
    "cli",
    "local",
    "aws",
    "operate review",
    "images",
    "estimate",
    "language",
    "model",
    "cdk_cli",
    "installation errors",
    "terminal",
)
"""From the top down; the emulator is a house of its own."""
LANGUAGE = (
    "load reference",
    "checks",
    "grants",
    "workflow",
    "parse",
    "keys",
    "lock saved_image runtime_config",
    "archive paths",
    "yaml",
    "diagnostics",
)
AWS = (
    "templates",
    "app rights",
    "stack",
    "monitoring",
    "buckets",
    "function",
    "jobs",
    "shared",
    "settings",
    "package",
    "policy",
    "assembly commands flags",
)


def floors(names: tuple[str, ...], prefix: str = "") -> dict[str, int]:
    return {
        f"{prefix}{name}": -number for number, line in enumerate(names) for name in line.split()
    }


HOUSE = floors(FLOORS)
ROOMS = {"language": floors(LANGUAGE), "aws": floors(AWS)}


def modules(folder: str) -> list[tuple[tuple[str, ...], Path]]:
    """Each module's path of names below the folder."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT / folder).with_suffix("").parts
        found.append((parts[:-1] if parts[-1] == "__init__" else parts, path))
    return found


def named(value: object) -> str:
    return ".".join(value) if isinstance(value, tuple) else ""


def imported(path: Path, package: str) -> Iterator[tuple[str, ...]]:
    """The names below the package of all that the module imports from it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            first, *rest = name.split(".")
            if first == package and rest:
                yield tuple(rest)


@pytest.mark.parametrize(("parts", "path"), modules(PACKAGE), ids=named)
def test_a_room_imports_only_from_the_rooms_below(parts: tuple[str, ...], path: Path) -> None:
    if not parts or parts[0] == "emulator":
        return
    upward = []
    for target in imported(path, PACKAGE):
        if target[0] == "__version__":
            continue
        floor, rooms = HOUSE, (parts[0], target[0])
        if rooms[0] == rooms[1] and parts[0] in ROOMS:
            floor, rooms = ROOMS[parts[0]], (".".join(parts[1:2]), target[1])
            if target[1] not in floor:
                continue  # what the room's own face offers
        if rooms[0] != rooms[1] and floor.get(rooms[0], 1) <= floor[rooms[1]]:
            upward.append(".".join(target))
    assert upward == []


@pytest.mark.parametrize(("parts", "path"), modules("scar_constructs/emulator"), ids=named)
def test_the_emulator_imports_no_other_room(parts: tuple[str, ...], path: Path) -> None:
    del parts
    assert {target[0] for target in imported(path, PACKAGE)} <= {"emulator"}


@pytest.mark.parametrize(("parts", "path"), modules("scar_constructs/model"), ids=named)
def test_the_model_imports_nothing_of_ours(parts: tuple[str, ...], path: Path) -> None:
    del parts
    assert {target[0] for target in imported(path, PACKAGE)} <= {"model"}


@pytest.mark.parametrize(("parts", "path"), modules("runtime/scar_runtime"), ids=named)
def test_the_runtime_imports_the_standard_library_only(parts: tuple[str, ...], path: Path) -> None:
    del parts
    known = {*sys.stdlib_module_names, "scar_runtime"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            assert node.module.partition(".")[0] in known
        elif isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= known


def test_every_room_says_in_one_sentence_what_it_is_for() -> None:
    for folder in (ROOT / PACKAGE).rglob("__init__.py"):
        text = ast.get_docstring(ast.parse(folder.read_text()))
        assert text, folder
        assert text.partition("\n\n")[0].endswith("."), folder
