"""The two versions that `scar review` compares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scar_constructs.language import LoadedApplication, load_application
from scar_constructs.language.lock import LOCK_FILE, Lock, find_lock
from scar_constructs.review.sides import Side, side
from scar_constructs.review.snapshot import as_deployed, deployed
from scar_constructs.review.sources import opened, sources

if TYPE_CHECKING:
    from scar_constructs.operate.session import Session

Account = Callable[[str | None], "Session"]
"""Region of a file -> a session there."""


@dataclass(frozen=True)
class Reader:
    """How files are read, whichever version they are of."""

    defaults: Path | None
    images_lock: Path | None
    untrusted: bool

    def load(self, paths: Sequence[Path], folder: Path) -> tuple[LoadedApplication, Lock]:
        """What the files say, and the digests that hold in the folder of the call."""
        own = folder / LOCK_FILE
        lock = find_lock(self.images_lock or (own if own.exists() else None))
        loaded = load_application(paths, self.defaults, lock=lock, untrusted=self.untrusted)
        return loaded, lock


@contextmanager
def versions(arguments: Sequence[str], reader: Reader) -> Iterator[tuple[Side, Side]]:
    """Those that the arguments name."""
    with opened(sources(arguments), reader.load) as both:
        yield both


def versions_deployed(paths: Sequence[str], reader: Reader, account: Account) -> tuple[Side, Side]:
    """What is deployed of the stacks of the files, and the files. The account is only read."""
    from scar_constructs.cli.session import faults_told
    from scar_constructs.images.lock_file import pin_all
    from scar_constructs.operate.documents import document

    loaded, lock = reader.load([Path(one) for one in paths], Path())
    pinned = replace(loaded, application=pin_all(loaded.application, lock))
    with faults_told():
        found = {
            stack.name: document(account(stack.region), stack.name)
            for stack in pinned.application.stacks
        }
    there = {name: text for name, text in found.items() if text is not None}
    return deployed(there), as_deployed(side(", ".join(paths), pinned))
