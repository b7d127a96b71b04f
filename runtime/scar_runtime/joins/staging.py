"""The files of a group, on their way to the script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from scar_runtime.disk import require_space, write_file
from scar_runtime.events import StoredObject
from scar_runtime.outputs import HOPS
from scar_runtime.parallel import in_parallel
from scar_runtime.providers.store import Store
from scar_runtime.storage import PARALLEL_OBJECTS
from scar_runtime.workspace import Workspace, local_name

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f]")


def bring(
    objects: Sequence[StoredObject], store: Store, work: Workspace, check: Callable[[], None]
) -> dict[str, str]:
    """Put all files into the input folder, and the list of their paths beside it; gives the
    metadata of the first, with the most hops of any.

    Raises `DiskFullError` before anything is transferred where they do not fit.
    """
    require_space(work.input, sum(one.size or 0 for one in objects))
    places = list(zip(objects, _paths(objects, work.input), strict=True))
    write_file(work.input_list, b"".join(bytes(path) + b"\n" for _, path in places))

    def one(place: tuple[StoredObject, Path]) -> dict[str, str]:
        stored, path = place
        path.parent.mkdir(exist_ok=True)
        return store.download(stored, path, check)

    found = in_parallel(one, places, PARALLEL_OBJECTS)
    return {**found[0], HOPS: _most_hops(found)} if found else {}


def _paths(objects: Iterable[StoredObject], folder: Path) -> Iterator[Path]:
    """A path for each file: its own name, without what would break the list of them. Where several
    have one name, those after the first stand in numbered folders."""
    taken: dict[str, int] = {}
    for stored in objects:
        name = _UNFIT.sub("_", local_name(stored.key))
        number = taken[name] = taken.get(name, 0) + 1
        yield folder / name if number == 1 else folder / f".{number}" / name


def _most_hops(found: Iterable[Mapping[str, str]]) -> str:
    texts = (metadata.get(HOPS, "") for metadata in found)
    return str(max((int(text) for text in texts if re.fullmatch("[0-9]{1,4}", text)), default=0))
