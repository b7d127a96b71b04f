"""The files of a revision of a git repository, without touching its work tree.

Objects are read as they are stored: no filter, hook, attribute or configuration of the repository
takes part, so that what is reviewed is what was committed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from scar_constructs.errors import UserError
from scar_constructs.terminal import shorten

_LARGEST_TREE_FILES = 5_000
_LARGEST_TREE_BYTES = 200 * 1024**2
"""Of larger repositories only the folders with the YAML files are read."""
_LINK, _MODULE = "120000", "160000"
_BLOCK_BYTES = 1 << 20


class _GitError(UserError):
    """Git's own words for what it could not do."""


@dataclass(frozen=True)
class _Blob:
    mode: str
    name: str
    size: int
    path: str


def is_revision(text: str, folder: Path = Path()) -> bool:
    """Whether git knows a commit of this name in the repository around the folder."""
    try:
        return bool(_commit(text, folder))
    except UserError:
        return False


def merge_base(one: str, other: str, folder: Path = Path()) -> str:
    """The commit at which the two revisions parted."""
    names = (_commit(one, folder), _commit(other, folder))
    return _git(folder, "merge-base", *names).strip()


def within(paths: Iterable[Path], folder: Path = Path()) -> list[Path]:
    """The paths relative to `folder`. Raises UserError for one that no revision can have, since it
    is outside of the repository."""
    top = _top(folder)
    here = folder.resolve()
    found = []
    for path in paths:
        whole = Path(os.path.normpath(here / path))
        if not whole.is_relative_to(top):
            raise UserError(
                f"{shorten(str(path))} is outside of the repository, whose top is {top}: a "
                "revision has nothing there; name a path within it"
            )
        found.append(Path(os.path.relpath(whole, here)))
    return found


def export(revision: str, paths: Sequence[Path], target: Path, folder: Path = Path()) -> Path:
    """Write the files of the revision into the folder `target`; returns where in it the current
    `folder` is. `paths`: what is going to be read, relative to `folder`.

    Raises UserError where there is no repository or no such revision.
    """
    commit = _commit(revision, folder)
    top = _top(folder)
    inside = _git(folder, "rev-parse", "--show-prefix").rstrip("\n")
    blobs = _tree(top, commit, [])
    if len(blobs) > _LARGEST_TREE_FILES or sum(one.size for one in blobs) > _LARGEST_TREE_BYTES:
        blobs = _tree(top, commit, [*_folders(inside, paths)])
    _write(top, blobs, target)
    here = target / inside
    here.mkdir(parents=True, exist_ok=True)
    return here


def _folders(inside: str, paths: Iterable[Path]) -> Iterable[str]:
    """The folders of the paths, from the top of the repository."""
    for path in paths:
        joined = os.path.normpath(Path(inside) / path)
        parent = (
            joined if Path(path).is_dir() or not Path(joined).suffix else str(Path(joined).parent)
        )
        yield "." if parent == "." else f"{parent}/"


def _commit(revision: str, folder: Path) -> str:
    name = f"{revision}^{{commit}}"
    try:
        found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    except _GitError as fault:
        _top(folder)
        raise UserError(
            f"git knows no revision {shorten(revision)}; `git fetch` brings those of others"
        ) from fault
    return found.split()[-1]


def _top(folder: Path) -> Path:
    """The folder of the repository. Raises UserError where there is none."""
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    except _GitError as fault:
        message = "revisions are of a git repository, and this folder is in none"
        raise UserError(f"{message}; call the command in the repository") from fault


def _tree(top: Path, commit: str, folders: Sequence[str]) -> list[_Blob]:
    listed = _git(top, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", *folders)
    found = []
    for line in filter(None, listed.split("\0")):
        about, _, path = line.partition("\t")
        mode, _, name, size = about.split()
        if mode != _MODULE and _is_inside(path):
            found.append(_Blob(mode, name, int(size), path))
    return found


def _is_inside(path: str) -> bool:
    """A tree may have been made by hand, with names that git itself would not write."""
    parts = path.split("/")
    return all(part not in ("", ".", "..") and part.lower() != ".git" for part in parts)


def _write(top: Path, blobs: Sequence[_Blob], target: Path) -> None:
    """All files first: nothing may be written through a link."""
    files = [one for one in blobs if one.mode != _LINK]
    links = [one for one in blobs if one.mode == _LINK]
    command = ["git", "cat-file", "--batch"]
    with subprocess.Popen(
        command, cwd=top, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for")
        for one in (*files, *links):
            process.stdin.write(f"{one.name}\n".encode())
            process.stdin.flush()
            path = target / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if one.mode == _LINK:
                _link(path, _read(process.stdout), target)
            else:
                _copy(process.stdout, path)
        process.stdin.close()


def _size(stream: IO[bytes]) -> int:
    answer = stream.readline().split()
    if len(answer) != 3:  # `NAME missing`: a clone that has only a part of the objects
        raise UserError("git lacks objects of this revision; fetch all of it and call this again")
    return int(answer[2])


def _read(stream: IO[bytes]) -> bytes:
    content = stream.read(_size(stream))
    stream.read(1)
    return content


def _copy(stream: IO[bytes], path: Path) -> None:
    left = _size(stream)
    with path.open("xb") as target:
        while left:
            block = stream.read(min(left, _BLOCK_BYTES))
            if not block:
                raise UserError("git ended before the revision was read")
            left -= len(block)
            target.write(block)
    stream.read(1)


def _link(path: Path, content: bytes, target: Path) -> None:
    """A link within the revision; one that leads out of it is left out, as if it were missing."""
    leads_to = os.fsdecode(content)
    joined = PurePosixPath(os.path.normpath(path.relative_to(target).parent / leads_to))
    if not joined.is_absolute() and joined.parts[:1] != ("..",) and not path.exists():
        path.symlink_to(leads_to)


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, env=_environment(), check=False
        )
    except FileNotFoundError as fault:
        raise UserError("revisions are read by git, which is not installed") from fault
    if done.returncode:
        raise _GitError(os.fsdecode(done.stderr).strip() or f"git {arguments[0]} failed")
    return os.fsdecode(done.stdout)


def _environment() -> dict[str, str]:
    """No object is fetched while it is read, and no name is quoted."""
    return {
        **os.environ,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C.UTF-8",
    }
