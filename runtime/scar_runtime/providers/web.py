"""Files of a service that is a tree of folders under a URL, over plain HTTP requests."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from scar_runtime.aws.connections import Connections, origin
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import NOTHING, Body, FileSlice, Request
from scar_runtime.aws.sender import Sender
from scar_runtime.disk import CHUNK, disk_error, require_space, write_answer
from scar_runtime.errors import AbsentError, StorageError
from scar_runtime.events import StoredObject
from scar_runtime.providers.secret import ProviderSecret

GONE = (404, 410)
MISSING_FOLDER = (404, 409)
NO_HEADERS: Mapping[str, str] = {}

T = TypeVar("T")
Authorization = Callable[[Mapping[str, str]], Mapping[str, str]]


class Web:
    """Requests to one service; `authorize` makes headers of the secret's parts.

    `provider` is its name in messages, `url` what all paths stand under. Raises `AwsError`.
    """

    def __init__(
        self,
        provider: str,
        url: str,
        secret: ProviderSecret,
        authorize: Authorization,
        connections: Connections,
        sleep: Callable[[float], None],
    ) -> None:
        self.provider = provider
        self._origin = origin(url)
        self._base = unquote(urlsplit(url).path).rstrip("/")
        self._secret = secret
        self._authorize = authorize
        self._sender = Sender(connections, sleep=sleep)

    def send(
        self,
        method: str,
        path: str,
        receive: Callable[[HTTPResponse], T],
        headers: Mapping[str, str] = NO_HEADERS,
        body: Body = NOTHING,
    ) -> T:
        """Send a request for a path under the URL; neither is encoded yet."""
        request = Request(method, self._origin, f"{self._base}/{path}", body=body)

        def all_headers() -> dict[str, str]:
            authorized = self._authorize(self._secret.get())
            return {"Host": self._origin.authority, **headers, **authorized}

        return self._secret.accepted(lambda: self._sender.deliver(request, all_headers, receive))

    def address(self, path: str) -> tuple[str, str]:
        """Where the path is, as its host and its path there, not encoded."""
        scheme = "https" if self._origin.secure else "http"
        return f"{scheme}://{self._origin.authority}", f"{self._base}/{path}"


class Folders:
    """The folders of a service that are known to be there, so that each is made once.

    `make` makes one folder under folders that are there. It may find the folder made already, and
    gives False where a folder above it is missing.
    """

    def __init__(self, make: Callable[[str], bool]) -> None:
        self._make = make
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def require(self, folder: str) -> None:
        """Make the folder, and only those above it that are missing: a user may have no rights on
        what is further up."""
        with self._lock:
            self._require(folder)

    def forget(self) -> None:
        """Somebody has removed folders."""
        with self._lock:
            self._known.clear()

    def _require(self, folder: str) -> None:
        if folder in self._known:
            return
        above = folder.rpartition("/")[0]
        if not self._make(folder):
            if not above:
                raise AwsError("404", f"the folder {folder} cannot be made", 404)
            self._require(above)
            if not self._make(folder):
                raise AwsError("409", f"the folder {folder} cannot be made", 409)
        self._known.add(folder)


class FolderStore(ABC):
    """The part of a `Store` that services of folders have in common.

    They know neither versions nor metadata of ours: the newest file counts, and hops through
    functions are not counted.
    """

    def __init__(self, web: Web, folders: Folders) -> None:
        self._web = web
        self._folders = folders

    def download(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        name = f"{self._web.provider}:{stored.path}"
        require_plain(stored.path, name)
        try:
            with path.open("wb", buffering=0) as file:
                descriptor = file.fileno()

                def receive(answer: HTTPResponse) -> None:
                    os.ftruncate(descriptor, 0)  # what an attempt before this one has left
                    require_space(path.parent, answer.length or 0)
                    write_answer(answer, descriptor, 0, name, check)

                self._web.send("GET", stored.path, receive)
        except AwsError as error:
            fault = AbsentError if error.status in GONE else StorageError
            raise fault(f"cannot read {name}: {told(error)}") from error
        except OSError as error:
            raise disk_error(error, name) from error
        return {}

    def download_current(
        self, stored: StoredObject, path: Path, check: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        return self.download(stored, path, check)

    def is_current(self, stored: StoredObject) -> bool:  # noqa: ARG002  (the protocol's)
        return True

    def holds(
        self,
        path: Path,  # noqa: ARG002  (the protocol's)
        bucket: str,  # noqa: ARG002
        key: str,  # noqa: ARG002
        mark: tuple[str, str],  # noqa: ARG002
    ) -> bool:
        """A file bears no mark of who wrote it: after a death amid publishing it is written again.
        These services start nothing by themselves."""
        return False

    def upload(
        self,
        path: Path,
        bucket: str,
        key: str,
        metadata: Mapping[str, str],  # noqa: ARG002  (the protocol's)
    ) -> None:
        target = f"{bucket}/{key}"
        folder = target.rpartition("/")[0]
        try:
            content = FileSlice(path, 0, path.stat().st_size)
            self._folders.require(folder)
            try:
                self._write(content, target)
            except AwsError as error:
                if error.status not in MISSING_FOLDER:
                    raise
                self._folders.forget()
                self._folders.require(folder)
                self._write(content, target)
        except AwsError as error:
            name = f"{self._web.provider}:{target}"
            raise StorageError(f"cannot write {name}: {told(error)}") from error
        except OSError as error:
            raise StorageError(f"cannot read the output {path.name}: {error.strerror}") from error

    @abstractmethod
    def _write(self, content: FileSlice, target: str) -> None:
        """Store the content at the path, whose folder is there. Raises `AwsError`."""


def told(error: AwsError) -> str:
    """The fault in words: services of this kind answer with a page for people, if with any."""
    if error.status and error.code == str(error.status):
        try:
            return f"{error.status} {HTTPStatus(error.status).phrase}"
        except ValueError:
            return f"status {error.status}"
    return str(error)


def require_plain(path: str, name: str) -> None:
    """Raise `StorageError` for a path that could lead out of the folder it stands under."""
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise StorageError(f"cannot read {name}: a path must have no empty part, `.` or `..`")


def drain(answer: HTTPResponse) -> None:
    """Read an answer that nobody wants."""
    while answer.read(CHUNK):
        pass
