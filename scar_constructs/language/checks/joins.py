"""Checks of joins: of what is written, and of the way to each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from scar_constructs.language.diagnostics.problems import Problem, Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.parse.view import Section
from scar_constructs.language.workflow.join_steps import JoinWay, active, feeds, join_way
from scar_constructs.language.workflow.key_patterns import can_trigger
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node
from scar_constructs.model import OWN, Function, Input
from scar_constructs.model.filters import Filter

_KINDS = ("of", "group", "suffixes")
_APART = ("{stem}", "{group}")
_FIELD = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def _entries(parsed: ParsedFunction) -> Iterator[tuple[Section, Mapping]]:
    """The inputs that have `join`, each with it."""
    for entry in parsed.section.sections("lambda.input"):
        node = entry.find("join")
        if isinstance(node, Mapping):
            yield entry, node


def check_join_forms(parsed: ParsedFunction) -> Iterator[Problem]:
    """One kind of join, with what belongs to it."""
    for entry, node in _entries(parsed):
        kinds = [kind for kind in _KINDS if node.find(kind) is not None]
        if len(kinds) != 1:
            message = f"must have exactly one of {', '.join(f'`{kind}`' for kind in _KINDS)}"
            got = " and ".join(f"`{kind}`" for kind in kinds)
            yield _at(node, "join-form", message, "keep one", got)
            continue
        for name in ("by", "count"):
            if kinds == ["group"] and node.find(name) is None:
                yield _at(node, "join-form", f"`group` needs `{name}`", f"add `{name}`")
            elif kinds != ["group"] and (extra := node.find(name)) is not None:
                yield _at(extra, "join-form", "belongs to `group`", "remove it")
        then = node.find("then")
        if then is not None and node.find("after") is None:
            yield _at(then, "join-form", "needs `after`, the time", "add `after: 24h`")
        yield from _fields(entry)


def _fields(entry: Section) -> Iterator[Problem]:
    """The fields of a group, and those by which it goes."""
    pattern, node = entry.text("join.group"), entry.find("join.by")
    if pattern is None or node is None:
        return
    names = _FIELD.findall(pattern)
    for name in sorted({one for one in names if names.count(one) > 1}):
        at = entry.find("join.group")
        if at is not None:
            yield _at(at, "join-form", f"has the field {name} twice", "give each another name")
    one = entry.text("join.by")
    by = (one,) if one else entry.texts("join.by")
    for name in by:
        if name not in names:
            fix = f"name one of {', '.join(dict.fromkeys(names))}"
            yield _at(node, "join-form", "must be a field of `group`", fix, f'"{name}"')


def check_join_inputs(parsed: ParsedFunction) -> Iterator[Problem]:
    """One input of a function joins, and it is of the account's own S3."""
    joined = [
        (source, at)
        for source, at in zip(parsed.function.inputs, parsed.inputs_at, strict=True)
        if source.join is not None
    ]
    for _, at in joined[1:]:
        fix = "give the other input to another function"
        yield _place(at, "join-twice", "another input of the function has a join", fix)
    for source, at in joined:
        if source.provider != OWN:
            message = "files are joined in buckets of the account itself only"
            yield _place(at, "join-elsewhere", message, "remove `join`, or copy the files to S3")
        elif not _can_match(source):
            message = "no file that passes the input's filters has a name of this form"
            fix = "let `prefix` and `suffix` pass what the join asks for"
            yield _place(at, "join-never-whole", message, fix)


def _can_match(source: Input) -> bool:
    """Whether a file of each kind that a group needs can pass the input's filters."""
    join = source.join
    if join is None or join.of is not None:
        return True
    pattern = join.group or ""
    starts = [_FIELD.split(pattern)[0]] if join.group else [""]
    ends = join.suffixes or (_FIELD.split(pattern)[-1],)
    filters = [
        Filter(prefix, suffix)
        for prefix in source.prefixes or ("",)
        for suffix in source.suffixes or ("",)
    ]
    return all(
        any(one.overlaps(Filter(start, end)) for one in filters) for start in starts for end in ends
    )


def check_joins(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a problem for each join that would never be whole."""
    functions = active(files)
    names = {function.name for function in functions}
    places = {one.function.name: one for file in files for one in file.functions}
    for parsed in (one for file in files for one in file.functions):
        for source, at in zip(parsed.function.own_inputs, _own_places(parsed), strict=True):
            of = source.join.of if source.join else None
            if of is None or parsed.function.retired:
                continue
            if of not in names:
                message, fix = "is no function of these files", "load its file as well"
                report.add(_place(at, "join-unknown", f"`join.of: {of}` {message}", fix))
                continue
            way = join_way(parsed.function, source, of, functions)
            found = list(_way_problems(way, at))
            for one in found or _keys_that_meet(way, places):
                report.add(one)


def _keys_that_meet(way: JoinWay, places: dict[str, ParsedFunction]) -> Iterator[Problem]:
    """Outputs on the way whose keys are the same for different executions."""
    for function in way.before:
        apart = ("{request_id}",) if function.name != way.of else (*_APART, "{request_id}")
        parsed, takers = places[function.name], way.takers(function)
        inputs = [source for taker in takers for source in taker.inputs]
        outputs = zip(function.outputs, parsed.outputs_at, strict=True)
        for output, at in outputs:
            is_taken = any(can_trigger(output, source) for source in inputs)
            if is_taken and not any(placeholder in output.key for placeholder in apart):
                message = (
                    f"of two executions of {way.of} the outputs may get the same keys here; the"
                    " newer ones replace the older, whose group then never gets whole"
                )
                fix = 'write `key: "{request_id}/{name}"`, unless the script names files apart'
                yield _place(at, "join-keys-meet", message, fix)


def _own_places(parsed: ParsedFunction) -> list[Located]:
    pairs = zip(parsed.function.inputs, parsed.inputs_at, strict=True)
    return [at for source, at in pairs if source.provider == OWN]


def _way_problems(way: JoinWay, at: Located) -> Iterator[Problem]:
    names = [function.name for function in way.before]
    if way.of not in names:
        message = f"nothing that {way.of} writes comes to this input"
        fix = "name a function upstream, or write its outputs where the next function reads"
        yield _place(at, "join-not-upstream", message, fix)
        return
    behind = _behind(way)
    for function in way.before:
        if function.name != way.of and function.name not in behind:
            message = f"files of {function.name} come to this input without being from {way.of}"
            fix = "let them go to another folder"
            yield _place(at, "join-avoided", message, fix)
        elif function.name != way.of and any(one.join for one in function.own_inputs):
            message = f"{function.name}, which joins files itself, stands between {way.of} and this"
            yield _place(at, "join-inside", message, f"join {function.name}'s own executions")
    for function, source in way.fed_from_elsewhere():
        if function.name in behind:
            folder = f"{source.bucket}/{source.folder}".rstrip("/")
            message = f"files that start {function.name} in {folder} are not from {way.of}"
            fix = "give these files to a function of their own"
            yield _place(at, "join-avoided", message, fix)


def _behind(way: JoinWay) -> set[str]:
    """The functions on the way that the first one's files reach."""
    found: set[str] = set()
    waiting: list[Function] = [one for one in way.before if one.name == way.of]
    while waiting:
        one = waiting.pop()
        for other in way.before:
            if other.name not in found and any(feeds(one, place) for place in other.own_inputs):
                found.add(other.name)
                waiting.append(other)
    return found


def _at(node: Node, rule: str, message: str, fix: str, got: str = "") -> Problem:
    return problem(rule, node.path, node.position, message, got, fix)


def _place(at: Located, rule: str, message: str, fix: str) -> Problem:
    return problem(rule, at.path, at.position, message, "", fix)


JOIN_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_join_forms,
    check_join_inputs,
)
