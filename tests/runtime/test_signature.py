"""Our signatures are those that botocore makes."""

from __future__ import annotations

import calendar
import time

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.aws.signature import (
    Credentials,
    Scope,
    encoded_path,
    query_string,
    signed_headers,
)

KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=80)
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
METADATA = st.dictionaries(st.from_regex(r"x-amz-meta-[a-z]{1,8}", fullmatch=True), WORDS)
QUERIES = st.sampled_from([{}, {"uploads": ""}, {"versionId": "a+b/c="}])
HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(KEYS, METADATA, QUERIES, st.none() | WORDS, st.sampled_from(["GET", "PUT"]))
def test_requests_of_s3(
    key: str, metadata: dict[str, str], query: dict[str, str], token: str | None, method: str
) -> None:
    path, text = encoded_path(f"/{key}"), query_string(query)
    url = f"https://bucket.s3.eu-west-3.amazonaws.com{path}" + (f"?{text}" if text else "")
    theirs = AWSRequest(method=method, url=url, headers=dict(metadata))
    theirs.context["payload_signing_enabled"] = True
    S3SigV4Auth(BotocoreCredentials("key", "secret", token), "s3", "eu-west-3").add_auth(theirs)
    headers = {"Host": "bucket.s3.eu-west-3.amazonaws.com", **metadata}
    ours = sign(headers, method, path, text, "s3", "eu-west-3", token, theirs)
    assert ours["Authorization"] == theirs.headers["Authorization"]
    assert ours["x-amz-content-sha256"] == theirs.headers["X-Amz-Content-SHA256"]


def test_requests_of_batch() -> None:
    theirs = AWSRequest(method="POST", url="https://batch.us-east-1.amazonaws.com/v1/submitjob")
    theirs.headers["X-Amz-Content-SHA256"] = HASH
    SigV4Auth(BotocoreCredentials("key", "secret"), "batch", "us-east-1").add_auth(theirs)
    headers = {"Host": "batch.us-east-1.amazonaws.com"}
    ours = sign(headers, "POST", "/v1/submitjob", "", "batch", "us-east-1", None, theirs)
    assert ours["Authorization"] == theirs.headers["Authorization"]


def sign(
    headers: dict[str, str],
    method: str,
    path: str,
    query: str,
    service: str,
    region: str,
    token: str | None,
    theirs: AWSRequest,
) -> dict[str, str]:
    """Our headers at the moment of theirs."""
    stamp = time.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ")
    credentials = Credentials("key", "secret", token)
    scope = Scope(region, service)
    moment = calendar.timegm(stamp)
    return signed_headers(credentials, scope, method, path, query, headers, HASH, moment)
