"""WebDAV servers, with Basic authentication (RFC 4918, RFC 7617)."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Mapping
from http.client import HTTPResponse

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import Bytes, FileSlice
from scar_runtime.aws.signature import encoded_path
from scar_runtime.identifiers import unique
from scar_runtime.providers.web import Folders, FolderStore, Web, drain

PARTS = ("login", "password")
_ATTEMPTS = 2
_KIND = Bytes(
    b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>'
)
_COLLECTION = re.compile(rb"<(?:[\w.-]+:)?collection[\s/>]")
_MISREAD = "?;"
"""Where these stand in the new name of a file, encoded as they are, some servers (WsgiDAV) take
the rest for a query and move to another name. Such files are written in place."""


def authorize(secret: Mapping[str, str]) -> dict[str, str]:
    pair = f"{secret['login']}:{secret['password']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}


class WebDav(FolderStore):
    """The files of a WebDAV server. A file appears under its name only when all of it is there."""

    def __init__(self, web: Web) -> None:
        super().__init__(web, Folders(self._make_folder))

    def _make_folder(self, folder: str) -> bool:
        try:
            self._web.send("MKCOL", f"{folder}/", drain)
        except AwsError as error:
            if error.status == 409:  # a folder above it is missing
                return False
            # It is there already, or may not be made: then the file's own answer tells.
            if error.status not in (403, 405):
                raise
        return True

    def _write(self, content: FileSlice, target: str) -> None:
        if any(character in target for character in _MISREAD):
            self._web.send("PUT", target, drain, body=content)
        else:
            self._write_aside(content, target)

    def _write_aside(self, content: FileSlice, target: str) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            temporary = f"{target.rpartition('/')[0]}/.scar-{unique()}.part"
            try:
                self._web.send("PUT", temporary, drain, body=content)
                self._move(temporary, target)
            except AwsError as error:
                if error.status:  # a server that does not answer removes nothing either
                    with contextlib.suppress(AwsError):
                        self._web.send("DELETE", temporary, drain)
                # A move whose answer was lost on the way finds nothing to move when it is sent
                # again, and nobody can tell that from a file that somebody removed.
                if error.status != 404 or attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _move(self, source: str, target: str) -> None:
        """Give the file its name, and take that from another file, but never from a folder: a
        move over a folder removes it with all it holds (RFC 4918, section 9.9.4)."""
        host, path = self._web.address(target)
        destination = {"Destination": f"{host}{encoded_path(path)}"}
        try:
            self._web.send("MOVE", source, drain, {**destination, "Overwrite": "F"})
        except AwsError as error:
            if error.status != 412:
                raise
            if self._is_folder(target):
                raise AwsError("NotAFile", "a folder has this name", 405) from error
            self._web.send("MOVE", source, drain, {**destination, "Overwrite": "T"})

    def _is_folder(self, target: str) -> bool:
        headers = {"Depth": "0", "Content-Type": "application/xml"}
        told = self._web.send("PROPFIND", target, HTTPResponse.read, headers, _KIND)
        return _COLLECTION.search(told) is not None
