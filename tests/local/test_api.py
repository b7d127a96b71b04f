"""Functions called over HTTP through API Gateway: with and without waiting, by anybody, by who has
the key, by who may."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from scar_constructs.local.server import REGION
from tests.local.accounts import allow, make_role
from tests.local.workflows import Workflow
from tests.support.waiting import HANG_SECONDS

pytestmark = pytest.mark.container

BINARY = bytes(range(256)) * 4
LATER = {"X-Amz-Invocation-Type": "Event"}
MIB = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def call(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    request = urllib.request.Request(  # noqa: S310  (the address is ours)
        url, body, {**(headers or {}), "Accept": "*/*"}
    )
    try:
        with urllib.request.urlopen(request, timeout=HANG_SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


def address(flows: Workflow, function: str) -> str:
    """As the stack's outputs tell it."""
    stack = flows.cloud.client("cloudformation").describe_stacks(StackName="flows")["Stacks"][0]
    (url,) = [
        output["OutputValue"]
        for output in stack["Outputs"]
        if output.get("Description") == f"calls {function}"
    ]
    return str(url)


def signed(url: str, body: bytes, key: Mapping[str, Any]) -> Answer:
    request = AWSRequest("POST", url, data=body)
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    return call(url, body, dict(request.headers.items()))


def session(flows: Workflow, name: str, *resources: str) -> Mapping[str, Any]:
    """The key of a role that may call these APIs."""
    statements = [allow("execute-api:Invoke", *resources)] if resources else []
    arn = make_role(flows.cloud, name, None, *statements)
    sts = flows.cloud.client("sts")
    key: Mapping[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName="caller")["Credentials"]
    return key


def bodies(flows: Workflow, folder: str) -> list[bytes]:
    return [
        flows.storage.get_object(Bucket="flows-api", Key=key)["Body"].read()
        for key in flows.keys("flows-api", f"{folder}/")
    ]


def test_the_address_is_on_this_machine(flows: Workflow) -> None:
    assert address(flows, "flows-open").startswith(f"{flows.cloud.url}/_aws/execute-api/")


def test_a_caller_who_waits_gets_the_scripts_answer(flows: Workflow) -> None:
    """Bytes in and out, without a word of text."""
    answer = call(f"{address(flows, 'flows-open')}?whole=1", BINARY)
    assert (answer.status, answer.body) == (200, BINARY)
    assert answer.headers["amz-log-group-name"] == "/aws/lambda/flows-open"
    assert BINARY in bodies(flows, "open")


def test_a_caller_who_does_not_wait_is_answered_at_once(flows: Workflow) -> None:
    body = b"taken up later"
    answer = call(f"{address(flows, 'flows-open')}?sleep=1", body, LATER)
    assert (answer.status, answer.body) == (202, b"")
    assert body not in bodies(flows, "open")
    flows.finish()
    assert body in bodies(flows, "open")


def test_a_failing_script_is_status_500(flows: Workflow) -> None:
    answer = call(f"{address(flows, 'flows-open')}?fail=9", b"x")
    assert answer.status == 500
    assert "exited with code 9" in json.loads(answer.body)["exception"]


@pytest.mark.parametrize("size", [4 * MIB, 4_400_000], ids=["4 MiB", "4.4 MB"])
def test_a_large_body_passes_whole(flows: Workflow, size: int) -> None:
    body = os.urandom(size)
    answer = call(address(flows, "flows-open"), body)
    assert answer.status == 200
    assert answer.body.split()[0].decode() == hashlib.sha256(body).hexdigest()


def test_a_body_over_the_limit_is_refused_with_a_reason(flows: Workflow) -> None:
    answer = call(address(flows, "flows-open"), os.urandom(5 * MIB))
    assert (answer.status, json.loads(answer.body)) == (413, {"message": "Request Too Long"})
    later = call(address(flows, "flows-open"), os.urandom(MIB), LATER)
    assert later.status == 413
    assert "at most" in json.loads(later.body)["exception"]


@pytest.mark.parametrize("headers", [{}, LATER], ids=["waiting", "later"])
def test_a_batch_function_takes_who_has_the_key(
    flows: Workflow, headers: Mapping[str, str]
) -> None:
    url, body = address(flows, "flows-keyed"), f"job {headers}".encode()
    assert call(url, body, headers).status == 403
    assert call(url, body, {**headers, "x-api-key": "x" * 40}).status == 403
    answer = call(url, body, {**headers, "x-api-key": _key(flows)})
    assert answer.status == 202
    (job,) = json.loads(answer.body)["jobs"]
    flows.finish()
    assert body in bodies(flows, "keyed")
    (row,) = [row for row in flows.rows("flows-keyed") if row["execution"] == job]
    assert (row["service"], row["status"]) == ("batch", "succeeded")


def test_a_lambda_batch_function_takes_who_may_call_it(flows: Workflow) -> None:
    url = address(flows, "flows-signed")
    body = b"signed"
    assert call(url, body).status == 403
    api = url.partition("/execute-api/")[2].partition("/")[0]
    nobody = session(flows, "flows-nobody")
    refused = signed(url, body, nobody)
    assert refused.status == 403
    assert b"not authorized" in refused.body
    caller = session(flows, "flows-caller", f"arn:aws:execute-api:*:*:{api}/*")
    answer = signed(url, body, caller)
    assert answer.status == 200
    assert answer.body.split()[0].decode() == hashlib.sha256(body).hexdigest()
    forged = signed(url, body, {**caller, "SecretAccessKey": "wrong"})
    assert forged.status == 403


def test_a_request_that_outlasts_its_function_ends_in_a_job(flows: Workflow) -> None:
    """The caller who waits gets the job's id."""
    caller = session(flows, "flows-slow-caller", "arn:aws:execute-api:*:*:*")
    body = b"slow"
    answer = signed(f"{address(flows, 'flows-signed')}?sleep=5", body, caller)
    assert answer.status == 202
    (job,) = json.loads(answer.body)["jobs"]
    flows.finish()
    (row,) = [row for row in flows.rows("flows-signed") if row["execution"] == job]
    assert (row["service"], row["status"]) == ("batch", "succeeded")
    assert body in bodies(flows, "signed")


def _key(flows: Workflow) -> str:
    """By the command in the stack's outputs."""
    stack = flows.cloud.client("cloudformation").describe_stacks(StackName="flows")["Stacks"][0]
    (command,) = [
        output["OutputValue"]
        for output in stack["Outputs"]
        if output["OutputValue"].startswith("aws apigateway get-api-key")
    ]
    identifier = command.split()[command.split().index("--api-key") + 1]
    gateway = flows.cloud.client("apigateway")
    value: str = gateway.get_api_key(apiKey=identifier, includeValue=True)["value"]
    return value


def test_an_api_that_may_not_call_its_function_is_status_500(flows: Workflow) -> None:
    functions = flows.cloud.client("lambda")
    policy = json.loads(functions.get_policy(FunctionName="flows-open")["Policy"])
    (statement,) = policy["Statement"]
    url = address(flows, "flows-open")
    functions.remove_permission(FunctionName="flows-open", StatementId=statement["Sid"])
    try:
        answer = call(url, b"x")
    finally:
        functions.add_permission(
            FunctionName="flows-open",
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal=statement["Principal"]["Service"],
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )
    assert (answer.status, json.loads(answer.body)) == (500, {"message": "Internal server error"})
    assert call(url, b"x").status == 200
