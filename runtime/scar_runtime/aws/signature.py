"""Signature Version 4 of AWS requests.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
UNRESERVED = "-_.~"


@dataclass(frozen=True)
class Credentials:
    """Keys to sign with; `expires` is a Unix time, None if they stay valid."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires: float | None = None


@dataclass(frozen=True)
class Scope:
    """What the signing key is valid for."""

    region: str
    service: str


def query_string(query: Mapping[str, str]) -> str:
    """The canonical query, which is also the one to send."""
    pairs = sorted((quote(k, UNRESERVED), quote(v, UNRESERVED)) for k, v in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def encoded_path(path: str) -> str:
    """The path as it is sent and signed. Its segments stay as they are: in S3, ".." is a name."""
    return quote(path, "/" + UNRESERVED)


def signed_headers(
    credentials: Credentials,
    scope: Scope,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload_hash: str,
    at: float | None = None,
) -> dict[str, str]:
    """`headers`, which must have Host, with date, payload hash and signature added.

    `path` and `query` are encoded. Only Host and x-amz-* are signed: others may be changed by
    proxies on the way.
    """
    moment = time.gmtime(at)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", moment)
    added = {"x-amz-date": stamp, "x-amz-content-sha256": payload_hash}
    if credentials.token:
        added["x-amz-security-token"] = credentials.token
    sent = {**headers, **added}
    signed = {
        name.lower(): " ".join(value.split())
        for name, value in sent.items()
        if name.lower() == "host" or name.lower().startswith("x-amz-")
    }
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = "\n".join([method, path, query, lines, names, payload_hash])
    day = stamp[:8]
    where = f"{day}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([ALGORITHM, stamp, where, digest])
    signature = hmac.new(_key(credentials, scope, day), text.encode(), hashlib.sha256).hexdigest()
    sent["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{where},"
        f" SignedHeaders={names}, Signature={signature}"
    )
    return sent


def _key(credentials: Credentials, scope: Scope, day: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
