"""From the script's output folder to the output folders of the function."""

from __future__ import annotations

import re
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
HOPS, FUNCTION, REQUEST, ORIGIN, VERSION, CLAIM = (
    "scar-hops",
    "scar-function",
    "scar-request-id",
    "scar-input",
    "scar-input-version",
    "scar-claim",
)
_METADATA_BYTES = 1024  # S3 takes 2 KB in all
_PLACEHOLDER = re.compile(r"\{(name|stem|request_id)\}")


@dataclass(frozen=True)
class Publication:
    """In whose name outputs go out, and what has to be done before the first does.

    - `request_id` fills key templates
    - `claim` marks what it published; None where nothing is claimed
    - `resumed`: an earlier holder of the claim may have published a part already
    - `begin` may raise to prevent it
    """

    request_id: str
    claim: str | None = None
    resumed: bool = False
    begin: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Upload:
    """One file and where it goes."""

    file: Path
    bucket: str
    key: str
    provider: str = OWN

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
) -> list[Upload]:
    """Which file goes where: a file goes to each output whose filters it passes.

    `warn` is told of what is not uploaded, or under another name. Raises `StorageError`, before
    anything is uploaded, if two files would get one key, a key is too long, a file cannot be read,
    or the folder is not there any more.
    """
    if not outputs:
        return []
    stem = _stem(stored)
    uploads: dict[str, Upload] = {}
    sources: dict[str, bytes] = {}
    wanted = [file for file in listed(folder) if any(_passes(file.name, one) for one in outputs)]
    for file, path in chosen(folder, wanted, warn):
        name = file.name
        values = {"name": name, "stem": stem, "request_id": request_id}
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


def _stem(stored: StoredObject | None) -> str:
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
        return store.holds(upload.file, upload.bucket, upload.key, (CLAIM, claim))

    there = in_parallel(is_there, uploads, PARALLEL_OBJECTS)
    return [upload for upload, found in zip(uploads, there, strict=True) if not found]


def publish(stores: Stores, uploads: Sequence[Upload], metadata: Mapping[str, str]) -> None:
    """Upload all in parallel. Raises the first fault, once no transfer is under way any more."""

    def one(upload: Upload) -> None:
        store = stores.of(upload.provider)
        store.upload(upload.file, upload.bucket, upload.key, metadata)

    in_parallel(one, uploads, PARALLEL_OBJECTS)
