"""From the script's output folder to the output folders of the function."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from scar_runtime.config import OWN, Output
from scar_runtime.errors import LoopError, StorageError
from scar_runtime.events import StoredObject
from scar_runtime.output_files import Warn, chosen, listed
from scar_runtime.parallel import in_parallel
from scar_runtime.providers.stores import Stores
from scar_runtime.storage import PARALLEL_OBJECTS
from scar_runtime.trace import TRACE

KEY_BYTES = 1024
"""The longest key of an S3 object."""
MAX_HOPS = 20
"""A file that has come through so many functions is going round in a circle."""
HOPS, FUNCTION, REQUEST, ORIGIN, VERSION, CLAIM, JOINS = (
    "scar-hops",
    "scar-function",
    "scar-request-id",
    "scar-input",
    "scar-input-version",
    "scar-claim",
    "scar-joins",
)
_METADATA_BYTES = 1024  # S3 takes 2 KB in all
_MOST_METADATA_BYTES = 2048
_PLACEHOLDER = re.compile(r"\{(name|stem|request_id|group)\}")


def edition_of(plan: str) -> str:
    """A name for one publication: later ones have names that sort later. `plan` stands for the keys
    of it that go to joins."""
    return f"{int(time.time() * 1000):011x}-{plan}"


@dataclass(frozen=True)
class Publication:
    """In whose name outputs go out, and what has to be done before the first does.

    - `request_id` fills key templates
    - `claim` marks what it published; None where nothing is claimed
    - `resumed`: an earlier holder of the claim may have published a part already
    - `begin` may raise to prevent it; it is told the plan of what goes to joins, and gives the
      publication's edition (`joins.shares`)
    """

    request_id: str
    claim: str | None = None
    resumed: bool = False
    begin: Callable[[str], str] = edition_of


@dataclass(frozen=True)
class Upload:
    """One file and where it goes; `joins` is its ticket for joins (`joins.tickets`)."""

    file: Path
    bucket: str
    key: str
    provider: str = OWN
    joins: str = ""

    @property
    def path(self) -> str:
        """As log lines name it: "bucket/key" in S3 of the account itself."""
        path = f"{self.bucket}/{self.key}"
        return path if self.provider == OWN else f"{self.provider}:{path}"

    @property
    def label(self) -> str:
        """As messages name it."""
        return f"s3://{self.path}" if self.provider == OWN else self.path


def plan(
    folder: Path,
    outputs: Sequence[Output],
    stored: StoredObject | None,
    request_id: str,
    warn: Warn = lambda _: None,
    group: str | None = None,
) -> list[Upload]:
    """Which file goes where: a file goes to each output whose filters it passes. `group` is what
    the input's files are called together, where there are many.

    `warn` is told of what is not uploaded, or under another name. Raises `StorageError`, before
    anything is uploaded, if two files would get one key, a key is too long, a file cannot be read,
    or the folder is not there any more.
    """
    if not outputs:
        return []
    stem = group or stem_of(stored)
    uploads: dict[str, Upload] = {}
    sources: dict[str, bytes] = {}
    wanted = [file for file in listed(folder) if any(_passes(file.name, one) for one in outputs)]
    for file, path in chosen(folder, wanted, warn):
        name = file.name
        values = {"name": name, "stem": stem, "request_id": request_id, "group": group or ""}
        for output in outputs:
            if not _passes(name, output):
                continue
            upload = Upload(path, output.bucket, _key(output, values), output.provider)
            if len(upload.key.encode()) > KEY_BYTES:
                raise StorageError(f"the key of output {file.shown} is over {KEY_BYTES} bytes")
            if sources.setdefault(upload.path, file.raw) != file.raw:
                raise StorageError(f"two outputs would both be {upload.label}")
            uploads[upload.path] = upload
    return list(uploads.values())


def overwrites(outputs: Sequence[Output]) -> bool:
    """Whether two runs on the same input key write the same output keys."""
    return any("{request_id}" not in output.key for output in outputs)


def _passes(name: str, output: Output) -> bool:
    prefixes, suffixes = output.prefixes, output.suffixes
    return (not prefixes or name.startswith(prefixes)) and (not suffixes or name.endswith(suffixes))


def _key(output: Output, values: Mapping[str, str]) -> str:
    """Placeholders are replaced in one pass: braces in a file's name are only characters."""
    name = _PLACEHOLDER.sub(lambda match: values[match[1]], output.key)
    return f"{output.folder}/{name}" if output.folder else name


def stem_of(stored: StoredObject | None) -> str:
    """The input's name without its last suffix; empty where there is none."""
    if stored is None:
        return ""
    name = stored.key.rsplit("/", 1)[-1]
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name


def hops(metadata: Mapping[str, str]) -> int:
    """Through how many functions an input has come, by its metadata. Raises `LoopError`."""
    text = metadata.get(HOPS, "0")
    count = int(text) if text.isascii() and text.isdigit() else 0
    if count >= MAX_HOPS:
        raise LoopError(
            f"the input has come through {count} functions: a function's output leads back to its"
            " input"
        )
    return count


def origin(
    function: str,
    request_id: str,
    stored: StoredObject | None,
    hop: int,
    trace: str,
    claim: str | None = None,
) -> dict[str, str]:
    """The metadata of every output: where it comes from. Values are ASCII, as HTTP asks."""
    metadata = {FUNCTION: function, REQUEST: request_id, HOPS: str(hop + 1), TRACE: trace}
    if claim:
        metadata[CLAIM] = claim
    if stored:
        path = quote(stored.path)
        if len(path) <= _METADATA_BYTES:
            metadata[ORIGIN] = path
        if stored.version:
            metadata[VERSION] = stored.version
    return metadata


def missing(stores: Stores, uploads: Sequence[Upload], claim: str) -> list[Upload]:
    """What an earlier holder of the claim did not come to upload, or made other than we did.

    Each object written is an event for the next function: the same one must not be written twice.
    """

    def is_there(upload: Upload) -> bool:
        store = stores.of(upload.provider)
        # One that would be counted under another ticket is not there.
        mark = (JOINS, upload.joins) if upload.joins else (CLAIM, claim)
        return store.holds(upload.file, upload.bucket, upload.key, mark)

    there = in_parallel(is_there, uploads, PARALLEL_OBJECTS)
    return [upload for upload, found in zip(uploads, there, strict=True) if not found]


def publish(stores: Stores, uploads: Sequence[Upload], metadata: Mapping[str, str]) -> None:
    """Upload all in parallel. Raises the first fault, once no transfer is under way any more."""

    def one(upload: Upload) -> None:
        store = stores.of(upload.provider)
        store.upload(upload.file, upload.bucket, upload.key, _own(metadata, upload))

    in_parallel(one, uploads, PARALLEL_OBJECTS)


def _own(metadata: Mapping[str, str], upload: Upload) -> Mapping[str, str]:
    """The metadata of one output. Where S3 would not take all, it is not said where it comes from:
    its trace leads there, too."""
    if not upload.joins:
        return metadata
    own = {**metadata, JOINS: upload.joins}
    if sum(len(name) + len(value) for name, value in own.items()) > _MOST_METADATA_BYTES:
        own.pop(ORIGIN, None)
    return own
