"""Lists of keys, as S3 gives them. Imported when one is asked for."""

from __future__ import annotations

import html
import re
from http.client import HTTPResponse
from urllib.parse import unquote_plus

from scar_runtime.aws.answers import whole
from scar_runtime.aws.errors import UnreadableError

_KEY = re.compile(r"<Contents>.*?<Key>([^<]*)</Key>.*?</Contents>", re.DOTALL)
_NEXT = re.compile(r"<NextContinuationToken>([^<]+)</NextContinuationToken>")
_CUT = "<IsTruncated>true</IsTruncated>"


def page_of(answer: HTTPResponse) -> tuple[list[str], str | None]:
    """The keys of one page, and what asks for the next one."""
    text = whole(answer, "ListBucketResult")
    is_encoded = "<EncodingType>url<" in text
    keys = [html.unescape(key) for key in _KEY.findall(text)]
    found = _NEXT.search(text)
    if found is None and _CUT in text:
        raise UnreadableError("a list that goes on without saying how")
    following = html.unescape(found[1]) if found else None
    return [unquote_plus(key) for key in keys] if is_encoded else keys, following
