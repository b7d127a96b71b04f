"""Load YAML files and the scripts they name into one application.

The stages, and what passes from one to the next:

    path -> yaml.read -> tree -> parse.file -> models, with their places -> checks.files
         -> workflow.join -> Application -> checks

Every stage adds what it finds to one report, and works on with what is sound, so that a user sees
all problems of all files in one run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scar_constructs.language.checks.arn_regions import check_arn_regions
from scar_constructs.language.checks.definitions import check_definition_sizes
from scar_constructs.language.checks.files import check_file
from scar_constructs.language.checks.joins import check_joins
from scar_constructs.language.checks.loops import check_flow
from scar_constructs.language.checks.near_misses import check_near_misses
from scar_constructs.language.checks.quotas import (
    check_copies,
    check_event_rules,
    check_fed_inputs,
    check_flow_logs,
    check_quotas,
    check_regions,
    check_spools,
    check_unused_settings,
)
from scar_constructs.language.checks.region_quotas import check_region_quotas
from scar_constructs.language.checks.role_size import check_role_sizes
from scar_constructs.language.diagnostics.exception import FdlError
from scar_constructs.language.diagnostics.problems import (
    MAX_PROBLEMS,
    Position,
    Problem,
    Report,
    TooManyProblemsError,
)
from scar_constructs.language.lock import LOCK_FILE, NO_LOCK, Lock
from scar_constructs.language.parse.file import ParsedFile, parse_file
from scar_constructs.language.parse.function import Located
from scar_constructs.language.parse.outside_files import is_link_out
from scar_constructs.language.parse.scar_cfg import read_defaults
from scar_constructs.language.paths import UNUSABLE, is_led_away, reason
from scar_constructs.language.workflow.join import Application, check_names, join
from scar_constructs.language.workflow.join_steps import with_join_steps
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.read import read_file
from scar_constructs.model import Input
from scar_constructs.model.storage import OWN

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Starter:
    """An input whose new files start a function, and where it is written."""

    function: str
    source: Input
    at: Located


@dataclass(frozen=True)
class LoadedApplication:
    """An application without errors, and what its author should know. `starters`: the inputs of
    functions that are not retired, in the order of the files. `files`: each with its places."""

    application: Application
    warnings: tuple[Problem, ...]
    starters: tuple[Starter, ...]
    files: tuple[ParsedFile, ...] = ()


def load_application(
    paths: Sequence[Path],
    defaults: Path | None = None,
    *,
    lock: Lock | None = NO_LOCK,
    untrusted: bool = False,
    without: frozenset[str] = frozenset(),
) -> LoadedApplication:
    """Read YAML files, or all of a folder, and join their functions.

    `defaults` is a file of values for functions that have none: SCAR's own scar.cfg (JSON), or
    YAML of the same form. `lock` tells what images run (`lock.find_lock` reads it); None: the lock
    file is about to be written, and it is not asked what functions without a script run. With
    `untrusted`, files that the YAML files take from outside of their folders are refused and not
    read. Functions `without` which the application is wanted are read and checked, and then left
    out. Raises FdlError with all problems of all files.

    >>> load_application([Path("examples/hello")]).application.stacks[0].name
    'hello'
    """
    report = Report(is_untrusted=untrusted)
    try:
        application, files = _load(paths, defaults, lock, report, without)
    except TooManyProblemsError:
        raise FdlError((*report.problems, _too_many(report.problems[-1]))) from None
    if report.errors:
        raise FdlError(report.problems)
    return LoadedApplication(application, report.warnings, tuple(_starters(files)), files)


def _too_many(last: Problem) -> Problem:
    position = Position(last.file, last.line, last.column)
    message = f"there are more than {MAX_PROBLEMS} problems, and the rest was not looked for"
    return problem("too-many-problems", "", position, message, "", "correct these first")


def _load(
    paths: Sequence[Path],
    defaults: Path | None,
    lock: Lock | None,
    report: Report,
    without: frozenset[str],
) -> tuple[Application, tuple[ParsedFile, ...]]:
    """The application, which must not be used if the report has errors, and its files."""
    base = read_defaults(defaults, report) if defaults is not None else None
    parsed: list[ParsedFile] = []
    for path in find_files(paths, report):
        root = None if _is_refused(path, report) else read_file(path, report)
        if root is not None:
            parsed.append(parse_file(path, root, base, lock, report))
            check_file(parsed[-1], root, report, knows_images=lock is not None)
            if without:
                parsed[-1] = parsed[-1].without(without)
    check_names(parsed, report)
    overlapping = check_flow(parsed, report)
    check_fed_inputs(parsed, report)
    check_near_misses(parsed, report)
    check_unused_settings(parsed, report)
    check_copies(parsed, report)
    check_flow_logs(parsed, report)
    check_spools(parsed, report)
    check_joins(parsed, report)
    parsed = with_join_steps(parsed)
    application = join(parsed, overlapping, report)
    check_quotas(parsed, application, report)
    check_event_rules(parsed, application, report)
    check_region_quotas(parsed, report)
    check_regions(parsed, application, report)
    check_arn_regions(parsed, report)
    check_role_sizes(parsed, application, report)
    check_definition_sizes(parsed, report)
    return application, tuple(parsed)


def _starters(parsed: Sequence[ParsedFile]) -> Iterator[Starter]:
    for one in (function for file in parsed for function in file.functions):
        for source, at in zip(one.function.inputs, one.inputs_at, strict=True):
            if source.provider == OWN and not one.function.retired:
                yield Starter(one.function.name, source, at)


def find_files(paths: Sequence[Path], report: Report) -> list[Path]:
    """The files to read: those given, and of a folder all its *.yaml and *.yml, sorted. A lock file
    of images is none of them."""
    found: dict[Path, None] = {}
    if not paths:
        report.add(problem("file-missing", "", Position("."), "no file is given", "", "name one"))
    for path in paths:
        try:
            if report.is_untrusted and is_led_away(path):
                message = "a link in it leads out of where it seems to lie"
                fix = "give the folder that the link leads to, if it may be read"
                report.add(problem("untrusted-file", "", Position(str(path)), message, "", fix))
                continue
            inside = _inside(path) if path.is_dir() else [path]
        except UNUSABLE as error:
            message = f"cannot be read: {reason(error)}"
            fix = "check the path and its permissions"
            report.add(problem("file-unreadable", "", Position(str(path)), message, "", fix))
            continue
        if not inside:
            message = "the folder holds no *.yaml or *.yml file"
            fix = "name a YAML file, or a folder that holds some"
            report.add(problem("folder-empty", "", Position(str(path)), message, "", fix))
        found.update(dict.fromkeys(inside))
    return list(found)


def _is_refused(path: Path, report: Report) -> bool:
    """A file that is not even opened: its faults would show what it holds."""
    return is_link_out(path, report) and report.is_untrusted


def _inside(folder: Path) -> list[Path]:
    return sorted(
        one
        for one in folder.iterdir()
        if one.suffix in SUFFIXES and one.name != LOCK_FILE.name and one.is_file()
    )
