"""Where files come from and go to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

OWN = "s3"
"""The storage provider that needs no definition: S3 of the account that the stack is in."""


_OF_S3 = re.compile(r"^https?://(?:[^/]+\.)?s3[.-](?:[^/]+\.)?amazonaws\.com(?:\.cn)?(?:[:/]|\Z)")
_PORTS = {"http": 80, "https": 443}


def _address(endpoint: str) -> str:
    """The same text for addresses of the same server, as far as a name tells."""
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:  # no port, or no address of IPv6
        return endpoint
    written = "" if port in (None, _PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{written}{parts.path.rstrip('/')}"


@dataclass(frozen=True, kw_only=True)
class StorageProvider:
    """Where files are beside the buckets of the account itself; None for what the kind has not.

    `name` is as inputs and outputs refer to it, such as `minio.mine`. `endpoint` is a URL. `secret`
    is the ARN of the credentials; without one (`s3` only) the function's own role asks.
    """

    name: str
    kind: str
    endpoint: str | None = None
    region: str | None = None
    space: str | None = None
    verify: bool = True
    secret: str | None = None

    @property
    def server(self) -> str:
        """What tells a bucket from one of the same name elsewhere; S3 has each name only once,
        by whichever address it is asked."""
        address = _address(self.endpoint or "")
        if self.kind == OWN or _OF_S3.search(address):
            return OWN
        return f"{address}/{self.space or ''}"


@dataclass(frozen=True, kw_only=True)
class Join:
    """How the files of an input become one event.

    `of`: when all that came of one execution of this function has arrived. `group`: when `count`
    files whose path under the folder is of this form have the same values of the fields `by`.
    `suffixes`: when there is a file with each of these ends, whose paths are the same before them.
    A group that is not whole `after_seconds` runs (`then` is `run`) or fails.
    """

    of: str | None = None
    group: str | None = None
    by: tuple[str, ...] = ()
    count: int = 0
    suffixes: tuple[str, ...] = ()
    after_seconds: int | None = None
    then: str = "fail"


@dataclass(frozen=True, kw_only=True)
class Input:
    """A folder of a bucket whose new files trigger the function.

    Where the provider knows no buckets, the first part of the path stands for one.

    `folder` has no slash at either end and is empty for the whole bucket. A file triggers the
    function when its key starts with `folder/` plus any of `prefixes` and ends in any of
    `suffixes`; an empty tuple passes all.
    """

    bucket: str
    folder: str
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    provider: str = OWN
    join: Join | None = None


@dataclass(frozen=True, kw_only=True)
class Output:
    """A folder of a bucket that takes the files which the script left in its output folder.

    A file is taken when its path relative to the output folder starts with any of `prefixes` and
    ends in any of `suffixes`. `key` is the template of its key under `folder`; placeholders:
    {name} (relative path), {stem} (input file's name without its last suffix), {request_id},
    {group} (what joined files are called together).
    """

    bucket: str
    folder: str
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    key: str = "{name}"
    provider: str = OWN
