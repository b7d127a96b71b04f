"""Lists of keys, as S3 gives them. Imported when one is asked for."""

from __future__ import annotations

import html
import re
from http.client import HTTPResponse
from urllib.parse import unquote_plus

from scar_runtime.aws.answers import whole
from scar_runtime.aws.errors import UnreadableError

_OBJECT = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_PART = re.compile(r"<(Key|LastModified)>([^<]*)</")
_NEXT = re.compile(r"<NextContinuationToken>([^<]+)</NextContinuationToken>")
_CUT = "<IsTruncated>true</IsTruncated>"


def page_of(answer: HTTPResponse) -> tuple[list[tuple[str, str]], str | None]:
    """The keys of one page, each with the time at which it was written (ISO 8601), and what asks
    for the next page."""
    text = whole(answer, "ListBucketResult")
    is_encoded = "<EncodingType>url<" in text
    objects = [dict(_PART.findall(one)) for one in _OBJECT.findall(text)]
    if not all(len(one) == 2 for one in objects):
        raise UnreadableError("a list of objects without their keys or times")
    pairs = [(html.unescape(one["Key"]), one["LastModified"]) for one in objects]
    found = _NEXT.search(text)
    if found is None and _CUT in text:
        raise UnreadableError("a list that goes on without saying how")
    following = html.unescape(found[1]) if found else None
    if is_encoded:
        pairs = [(unquote_plus(key), time) for key, time in pairs]
    return pairs, following
