"""Multipart uploads that nobody has ended, as S3 lists them. Imported when they are asked for."""

from __future__ import annotations

import html
import re
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse
from urllib.parse import unquote_plus

from scar_runtime.aws.answers import whole
from scar_runtime.aws.errors import UnreadableError

_UPLOAD = re.compile(r"<Upload>(.*?)</Upload>", re.DOTALL)
_PART = re.compile(r"<(Key|UploadId|Initiated)>([^<]*)</")


def uploads_of(answer: HTTPResponse, key: str) -> list[tuple[str, float]]:
    """The ids of the uploads of this very key, with their ages in seconds by the service's own
    clock."""
    text = whole(answer, "ListMultipartUploadsResult")
    is_encoded = "<EncodingType>url<" in text
    found = []
    try:
        date = answer.getheader("Date")
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
        for upload in _UPLOAD.findall(text):
            parts = {name: html.unescape(value) for name, value in _PART.findall(upload)}
            name = unquote_plus(parts["Key"]) if is_encoded else parts["Key"]
            began = datetime.fromisoformat(parts["Initiated"]).timestamp()
            if name == key:
                found.append((parts["UploadId"], now - began))
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"a list of uploads without its parts: {error!r}") from error
    return found
