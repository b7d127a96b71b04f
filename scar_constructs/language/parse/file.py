"""One file's nodes to models, whichever dialect each function is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.keys.dialects import FDL_KEY, OSCAR_KEY, TOP
from scar_constructs.language.lock import NO_LOCK, Lock
from scar_constructs.language.parse import classic
from scar_constructs.language.parse.buckets import parse_buckets, parse_options
from scar_constructs.language.parse.function import Located, ParsedFunction, parse_function
from scar_constructs.language.parse.shared_environments import share_environments
from scar_constructs.language.parse.storage import Providers, parse_providers
from scar_constructs.language.parse.view import Section, merge
from scar_constructs.language.yaml.faults import fault
from scar_constructs.language.yaml.literal_text import check_texts
from scar_constructs.language.yaml.tree import Mapping, Scalar, Sequence
from scar_constructs.model import StackOptions, WorkflowFile, limits


@dataclass(frozen=True)
class ParsedFile:
    """A file, with the places that later stages may have to name. `root`: all that it says."""

    file: WorkflowFile
    root: Mapping
    functions: tuple[ParsedFunction, ...]
    name_at: Located
    buckets_at: dict[str, Located]
    options_at: dict[str, Located]

    def without(self, names: frozenset[str]) -> ParsedFile:
        """The file less these functions."""
        left = tuple(one for one in self.functions if one.function.name not in names)
        models = tuple(one.function for one in left)
        return replace(self, file=replace(self.file, functions=models), functions=left)


def parse_file(
    path: Path, root: Mapping, base: Mapping | None, lock: Lock | None, report: Report
) -> ParsedFile:
    """The models of a file. `base` holds defaults of lower rank than the file's own. `lock` tells
    what images run; None: nobody can know it yet, and it is not asked.

    A value that is wrong is reported and replaced by its default, so that one run finds the
    problems of all later stages too.
    """
    check_texts(root, report)
    TOP.check(root, report)
    top = Section(root, report)
    own = top.find("defaults")
    if isinstance(own, Mapping):
        base = merge(base, own) if base is not None else own
    functions = _parse_functions(root, base, parse_providers(top), lock or NO_LOCK, report)
    named = share_environments(functions, base)
    return ParsedFile(
        file=WorkflowFile(
            name=top.text("workflow") or stack_name(path.stem),
            path=path,
            functions=tuple(parsed.function for parsed in named),
            buckets=parse_buckets(top),
            tags=top.variables("tags"),
            region=_region(named, report),
            options=parse_options(top),
        ),
        root=root,
        functions=named,
        name_at=_located(root, "workflow"),
        buckets_at=_bucket_places(top),
        options_at={one.name: _located(root, one.name) for one in fields(StackOptions)},
    )


def _parse_functions(
    root: Mapping, base: Mapping | None, providers: Providers, lock: Lock, report: Report
) -> list[ParsedFunction]:
    """The functions, each with what it said before its jobs went to other machines."""

    def parse(node: Mapping) -> ParsedFunction | None:
        whole = merge(base, node) if base is not None else node
        parsed = parse_function(Section(whole, report), providers, lock)
        return replace(parsed, own=node) if parsed is not None else None

    found = []
    for node in function_nodes(root):
        parsed, former = parse(node), node.find("batch.former")
        if parsed is not None and isinstance(former, Mapping):
            entries = {**node.entries, "batch": former}
            before = Mapping(node.path, node.position, entries, node.key_positions)
            parsed = replace(parsed, former=parse(before))
        found += [parsed] if parsed is not None else []
    return found


def stack_name(stem: str) -> str:
    """A stack's name from a file's: letters, digits and hyphens, a letter first."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")
    if not name[:1].isalpha():
        name = f"scar-{name}".rstrip("-")
    return name[: limits.STACK_NAME_MAX].rstrip("-")


def _located(mapping: Mapping, key: str) -> Located:
    node = mapping.entries.get(key)
    if node is not None:
        return Located(node.path, node.position)
    return Located(mapping.path, mapping.position)


def function_nodes(root: Mapping) -> list[Mapping]:
    """The functions of both dialects, each as an item of `functions.aws`."""
    functions = root.entries.get("functions")
    if not isinstance(functions, Mapping):
        return []
    nodes: list[Mapping] = []
    for name, node in functions.items():
        if name == FDL_KEY and isinstance(node, Sequence):
            nodes += [
                item
                for item in node.items
                if isinstance(item, Mapping) and isinstance(item.entries.get("lambda"), Mapping)
            ]
        elif name == FDL_KEY and isinstance(node, Mapping) and "lambda" in node.entries:
            continue  # one function without the list's dash, which is told
        elif name != OSCAR_KEY and isinstance(node, Mapping):
            name_node = Scalar(node.path, functions.position_of(name), name, name)
            nodes.append(classic.to_fdl(name_node, node))
    return nodes


def _region(functions: tuple[ParsedFunction, ...], report: Report) -> str | None:
    """The one region that the functions name, if any does."""
    region: str | None = None
    for parsed in functions:
        own = parsed.section.text("lambda.region")
        node = parsed.section.find("lambda.region")
        if own is None or node is None:
            continue
        if region is not None and own != region:
            report.add(
                fault(
                    "several-regions",
                    node,
                    f"must be {region}, as for the functions above: a file is one stack",
                    "move the function into a file of its own",
                )
            )
        region = region or own
    return region


def _bucket_places(top: Section) -> dict[str, Located]:
    node = top.find("buckets")
    if not isinstance(node, Mapping):
        return {}
    return {name: Located(entry.path, node.position_of(name)) for name, entry in node.items()}
