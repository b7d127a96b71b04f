"""The layers of a saved image as one tar: what a container of the image would see.

A tar that a Dockerfile adds to an empty image works with every builder, which no form of a saved
image does. The tar holds the paths in order and the layers' own times, so that the same image
gives the same bytes. Contents go through in pieces; only names and headers are kept in memory.

How layers are laid over each other:
https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from scar_constructs.language.archive import (
    UNREADABLE,
    compression_of,
    damaged,
    members_of,
    opened,
    opened_tar,
)
from scar_constructs.language.saved_image import Layer, SavedImage

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_MARKER = ".wh..wh."
"""Names that start so are notes of a storage driver, and no files."""
_LINKS_MAX = 40  # as the kernel's
_XATTR = "SCHILY.xattr."
_PIECE = 1_048_576


def write_root(path: Path, image: SavedImage, target: Path) -> None:
    """Write the files of the image in the file `path` to the tar `target`.

    Raises ImageFileError if a layer is not what the image says of it.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(opened(path))
        tree = _Tree()
        layers = []
        try:
            for layer in image.layers:
                content = stack.enter_context(_content(archive, layer))
                layers.append(stack.enter_context(opened_tar(content)))
                tree.lay_over(len(layers) - 1, members_of(layers[-1]))
            with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as out:
                _write(tree.files(), layers, out)
        except UNREADABLE as error:
            raise damaged(str(error) or type(error).__name__) from error


def _content(archive: tarfile.TarFile, layer: Layer) -> IO[bytes]:
    """A layer as a plain tar that can be read at any place, held against its digest."""
    stored = archive.extractfile(layer.member)
    if stored is None:
        raise damaged(f"{layer.member} is missing")
    content: IO[bytes] = stored
    if compression_of(stored):
        content = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 - closed by the caller
        with gzip.open(stored) as plain:
            shutil.copyfileobj(plain, content, _PIECE)
        content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    if f"sha256:{digest.hexdigest()}" != layer.digest:
        content.close()
        raise damaged(f"the content of {layer.member} does not match its digest")
    content.seek(0)
    return content


@dataclass(eq=False, slots=True)
class _Node:
    """A file or folder; two names of one node are hard links."""

    entry: tarfile.TarInfo
    layer: int
    children: dict[str, _Node] = field(default_factory=dict)


def _folder() -> _Node:
    """A folder that no layer tells of, as the engines make it."""
    entry = tarfile.TarInfo()
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return _Node(entry, layer=-1)


class _Tree:
    """The files of an image while its layers are laid over each other."""

    def __init__(self) -> None:
        self._root = _folder()

    def lay_over(self, number: int, members: Iterable[tarfile.TarInfo]) -> None:
        """Remove what the layer takes away from those below, then add what it brings."""
        added = []
        for member in members:
            parts = _parts(member.name)
            if parts and parts[-1].startswith(_WHITEOUT):
                self._take_away(parts)
            else:
                added.append((parts, member))
        for parts, member in added:
            self._add(parts, member, number)

    def files(self) -> Iterator[tuple[str, _Node]]:
        """Every path with its node, a folder before what is in it, in the order of the names."""
        waiting = [("", self._root)]
        while waiting:
            path, node = waiting.pop()
            yield path or ".", node
            waiting += _inside(path, node)

    def _take_away(self, parts: list[str]) -> None:
        parent = self._walk(parts[:-1], lambda _, __: None)
        name = parts[-1]
        if parent is None or (name.startswith(_MARKER) and name != _OPAQUE):
            return
        if name == _OPAQUE:
            parent.children.clear()
        else:
            parent.children.pop(name.removeprefix(_WHITEOUT), None)

    def _add(self, parts: list[str], member: tarfile.TarInfo, number: int) -> None:
        if not parts:
            if member.isdir():
                self._root.entry, self._root.layer = member, number
            return
        parent = self._make(parts[:-1])
        there = parent.children.get(parts[-1])
        if member.islnk():
            parent.children[parts[-1]] = self._linked(member)
        elif member.isdir() and there is not None and there.entry.isdir():
            there.entry, there.layer = member, number
        else:
            parent.children[parts[-1]] = _Node(member, number)

    def _linked(self, member: tarfile.TarInfo) -> _Node:
        parts = _parts(member.linkname)
        parent = self._walk(parts[:-1], lambda _, __: None)
        found = parent.children.get(parts[-1]) if parent and parts else None
        if found is None or found.entry.isdir():
            raise damaged(f"{member.name} is a link to {member.linkname}, which is no file")
        return found

    def _make(self, parts: list[str]) -> _Node:
        """The folder of this path, made where it is missing or something else stands."""

        def made(parent: _Node, name: str) -> _Node:
            parent.children[name] = _folder()
            return parent.children[name]

        return cast(_Node, self._walk(parts, made))

    def _walk(
        self, parts: list[str], missing: Callable[[_Node, str], _Node | None]
    ) -> _Node | None:
        """The folder of this path, through symbolic links, none of which leads out of the image."""
        trail, waiting, links = [self._root], parts[::-1], 0
        while waiting:
            name = waiting.pop()
            found = trail[-1].children.get(name)
            if name == "..":
                trail = trail[:-1] or trail
            elif found is not None and found.entry.issym():
                links += 1
                if links > _LINKS_MAX:
                    raise damaged(f"{'/'.join(parts)} goes through a ring of links")
                trail = [self._root] if found.entry.linkname.startswith("/") else trail
                waiting += [
                    one for one in found.entry.linkname.split("/")[::-1] if one not in ("", ".")
                ]
            else:
                if found is None or not found.entry.isdir():
                    found = missing(trail[-1], name)
                if found is None:
                    return None
                trail.append(found)
        return trail[-1]


def _parts(name: str) -> list[str]:
    """A path of a layer in its parts; none for the root itself."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise damaged(f"{name} leads out of the image")
    return parts


def _inside(path: str, folder: _Node) -> list[tuple[str, _Node]]:
    """What a folder holds, the last by name first."""
    names = sorted(folder.children, reverse=True)
    return [(f"{path}/{name}" if path else name, folder.children[name]) for name in names]


def _write(
    files: Iterable[tuple[str, _Node]], layers: list[tarfile.TarFile], out: tarfile.TarFile
) -> None:
    first: dict[_Node, str] = {}
    for path, node in files:
        header = _header(path, node.entry)
        if not node.entry.isreg():
            out.addfile(header)
        elif node in first:
            header.type, header.size, header.linkname = tarfile.LNKTYPE, 0, first[node]
            out.addfile(header)
        else:
            first[node] = path
            out.addfile(header, layers[node.layer].extractfile(node.entry))


def _header(path: str, entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """What the layer says of the file, without names of users and groups, which are not kept."""
    made = tarfile.TarInfo(path)
    made.type = tarfile.REGTYPE if entry.isreg() else entry.type
    made.mode = entry.mode & 0o7777
    made.uid, made.gid, made.mtime = entry.uid, entry.gid, entry.mtime
    made.size = entry.size if entry.isreg() else 0
    made.linkname = entry.linkname
    made.devmajor, made.devminor = entry.devmajor, entry.devminor
    made.pax_headers = {
        key: value for key, value in sorted(entry.pax_headers.items()) if key.startswith(_XATTR)
    }
    return made
