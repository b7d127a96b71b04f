"""What joins add to a run: the files of a group before it, and tickets for its outputs after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scar_runtime.config import OWN, Config
from scar_runtime.disk import write_file
from scar_runtime.errors import EventError, NoFileError, SupersededError
from scar_runtime.events import Group, StoredObject
from scar_runtime.joins import members, staging
from scar_runtime.joins.arrivals import Arrivals
from scar_runtime.joins.shares import Shares
from scar_runtime.joins.tickets import tickets
from scar_runtime.outputs import JOINS, Publication, Upload
from scar_runtime.providers.stores import Stores
from scar_runtime.spool import Spool
from scar_runtime.workspace import Workspace


def bring(
    config: Config,
    spool: Spool | None,
    stores: Stores,
    group: Group,
    work: Workspace,
    check: Callable[[], None],
) -> tuple[dict[str, str], StoredObject | None]:
    """Put the files of a group into the input folder; gives the metadata of the first of them, and
    the first. Raises `EventError` or a fault of storage."""
    found = _listing(config, spool, group)
    objects = found.objects
    try:
        metadata = staging.bring(objects, stores.of(OWN), work, check)
    except SupersededError as superseded:
        if not found.is_of_folder:
            raise
        # No event of the newer version will bring the group again.
        raise EventError(f"{superseded}; list the folder and call again") from superseded
    return metadata, objects[0] if objects else None


def first_of(config: Config, spool: Spool | None, group: Group) -> StoredObject | None:
    """The file of a group that outputs name as their origin: the first one."""
    return next(iter(_listing(config, spool, group).objects), None)


def require_current(config: Config, spool: Spool | None, group: Group) -> None:
    """Raise `SupersededError` if a newer version of a file of the group has arrived meanwhile."""
    source = config.join_input
    if source is None or source.join is None or spool is None:
        return
    if _listing(config, spool, group).is_of_folder:
        return
    arrivals = Arrivals(config.name, source, source.join, spool)
    if members.digest_of(arrivals.present(group.root)) != group.members:
        raise SupersededError(f"a file of {group.name} was replaced while the script ran")


def _listing(config: Config, spool: Spool | None, group: Group) -> members.Listing:
    if spool is None:
        raise EventError(f"function {config.name} has no spool, in which files of a group stand")
    source = config.join_input
    return members.listing(spool, group, source.bucket if source else None)


def stands_for_nothing(
    function: str, stored: StoredObject | None, metadata: Mapping[str, str]
) -> bool:
    """Whether an input tells that there is none. Raises `NoFileError` if it tells others."""
    empty = [ticket for ticket in tickets(metadata) if ticket.is_empty]
    if stored and empty and not any(ticket.part(function) for ticket in empty):
        raise NoFileError(f"{stored.path} stands for no file, and is for another function")
    return bool(empty)


def begin(
    config: Config,
    joins: str,
    stem: str,
    request_id: str,
    publication: Publication,
    work: Workspace,
    uploads: list[Upload],
) -> list[Upload]:
    """Begin to publish; gives the uploads with what joins downstream need to know of them.

    `joins` is what the input carries, `stem` what it is called.
    """
    shares = Shares(config.name, config.steps, {JOINS: joins}, uploads, stem or request_id)
    edition = publication.begin(shares.plan)
    nothing = work.script / "nothing"
    write_file(nothing, b"")
    return shares.marked(publication.claim or request_id, edition, nothing)
