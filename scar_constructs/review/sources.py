"""Where the two versions of a review come from: files, folders, or revisions of a repository."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scar_constructs.errors import UserError
from scar_constructs.language import FdlError, LoadedApplication
from scar_constructs.language.lock import Lock
from scar_constructs.review import revisions
from scar_constructs.review.sides import Side, side, told
from scar_constructs.review.snapshot import is_assembly, read_snapshot
from scar_constructs.terminal import shorten

Load = Callable[[Sequence[Path], Path], tuple[LoadedApplication, Lock]]
"""Paths, and the folder in which the command would have been called -> what they say, and the
digests of images there."""


@dataclass(frozen=True)
class Source:
    """Files of a revision, or of the work tree (`revision` None)."""

    revision: str | None
    paths: tuple[Path, ...]

    @property
    def label(self) -> str:
        if self.revision is None:
            return ", ".join(map(str, self.paths))
        return self.revision[:12] if re.fullmatch("[0-9a-f]{40}", self.revision) else self.revision


def sources(arguments: Sequence[str]) -> tuple[Source, Source]:
    """The two versions that the arguments of the command name.

    `A..B [PATH...]`: two revisions, `A..` a revision and the work tree; `A...B`: from where the two
    parted. Else OLD and NEW, each a path, or `REVISION:PATH`. Raises UserError.
    """
    first, rest = arguments[0], [Path(one) for one in arguments[1:]]
    before, dots, after = first.partition("..." if "..." in first else "..")
    if dots and ":" not in before and not Path(first).exists():  # A:../B is a path of a revision
        if dots == "...":
            before = revisions.merge_base(before or "HEAD", after or "HEAD")
        paths = tuple(rest) or (Path(),)
        return Source(before or "HEAD", paths), Source(after or None, paths)
    if len(arguments) != 2:
        message = "two versions are compared"
        raise UserError(f"{message}; write `scar review OLD NEW`, or `scar review main..HEAD`")
    return _source(arguments[0]), _source(arguments[1])


def _source(text: str) -> Source:
    path = Path(text)
    if path.exists():
        return Source(None, (path,))
    revision, colon, inside = text.partition(":")
    if colon and revisions.is_revision(revision):
        return Source(revision, (Path(inside or "."),))
    if revisions.is_revision(text):
        return Source(text, (Path(),))
    message = f"{shorten(text)} is no file, no folder and no revision"
    raise UserError(f"{message}; write a path, `REVISION:PATH`, or `A..B`")


@contextmanager
def opened(both: tuple[Source, Source], load: Load) -> Iterator[tuple[Side, Side]]:
    """The two versions. Files of revisions are there as long as the context is open."""
    with ExitStack() as stack:
        yield _opened(both[0], load, stack), _opened(both[1], load, stack)


def _opened(source: Source, load: Load, stack: ExitStack) -> Side:
    if source.revision is None:
        if len(source.paths) == 1 and is_assembly(source.paths[0]):
            return read_snapshot(source.paths[0], source.label)
        return side(source.label, *load(source.paths, Path()))
    target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scar-review-"))).resolve()
    paths = revisions.within(source.paths)
    here = revisions.export(source.revision, paths, target)
    start = f"{here}{os.sep}"

    def shown(text: str) -> str:
        """Paths as the revision has them."""
        return text.replace(start, f"{source.label}:").replace(str(target), source.label)

    try:
        loaded, lock = load([here / one for one in paths], here)
    except FdlError as fault:
        raise FdlError(told(one, shown) for one in fault.problems) from None
    return side(source.label, loaded, lock, shown)
