"""Spaces of Onedata, through the CDMI interface of a Oneprovider.

https://onedata.org/#/home/documentation/doc/advanced/cdmi.html: a file is
/cdmi/SPACE/FOLDER/FILE, read and written as it is where a request does not name a CDMI version.
"""

from __future__ import annotations

from collections.abc import Mapping

from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.request import FileSlice
from scar_runtime.providers.web import Folders, FolderStore, Web, drain

PARTS = ("token",)
_CDMI = {"X-CDMI-Specification-Version": "1.1.1"}


def authorize(secret: Mapping[str, str]) -> dict[str, str]:
    return {"X-Auth-Token": secret["token"]}


def space_url(host: str, space: str) -> str:
    """What all of a space's files stand under."""
    return f"{host.rstrip('/')}/cdmi/{space}"


class Onedata(FolderStore):
    """The files of one space. A file is written in place: who reads it meanwhile sees a part."""

    def __init__(self, web: Web) -> None:
        super().__init__(web, Folders(self._make_folder))

    def _make_folder(self, folder: str) -> bool:
        if self._is_there(folder):
            return True
        try:
            self._web.send("PUT", f"{folder}/", drain)
        except AwsError as error:
            if error.status == 404:
                return False
            # Another function may have made it since we asked.
            if not self._is_there(folder):
                raise
        return True

    def _is_there(self, folder: str) -> bool:
        try:
            self._web.send("GET", f"{folder}/", drain, _CDMI)
        except AwsError as error:
            if error.status != 404:
                raise
            return False
        return True

    def _write(self, content: FileSlice, target: str) -> None:
        self._web.send("PUT", target, drain, body=content)
