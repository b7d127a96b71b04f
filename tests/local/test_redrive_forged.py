"""What somebody who may write messages or documents can make redrive do: nothing but what they may
do themselves."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scar_constructs.local.server import ACCOUNT, REGION
from tests.local.accounts import service_client
from tests.local.test_redrive import depth, redrive
from tests.local.workflows import Workflow
from tests.runtime.scripted import Said, scripted

EVIL = {"script": base64.b64encode(b"echo evil\n").decode()}
SPY = base64.b64encode(
    b'printf "%s\\n" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN"\n'
).decode()
SQS = "sqs"


def arn(function: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:lambda:{REGION}:{account}:function:{function}"


def record(function_arn: str, event: Any, request_id: str = "r-1") -> str:
    """What Lambda sends to a failure destination."""
    context = {
        "requestId": request_id,
        "functionArn": f"{function_arn}:$LATEST",
        "condition": "RetriesExhausted",
    }
    return json.dumps({"requestContext": context, "requestPayload": event})


def job(definition: str, key: str, spool: str = "") -> str:
    """What EventBridge sends of a failed job."""
    variables = {"SCAR_JOB_EVENT": key, "SCAR_SPOOL_BUCKET": spool}
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    detail = {
        "jobId": "job-1",
        "jobDefinition": f"arn:aws:batch:{REGION}:{ACCOUNT}:job-definition/{definition}:1",
        "container": {"environment": environment, "exitCode": 1},
    }
    return json.dumps({"source": "aws.batch", "detail": detail})


@pytest.fixture
def attacker(host: Workflow) -> Any:
    """A client of SQS with the credentials that a script of `payload-lambda` finds."""
    answer = host.cloud.client("lambda").invoke(
        FunctionName="payload-lambda", Payload=json.dumps({"script": SPY})
    )
    body = base64.b64decode(json.load(answer["Payload"])["body"]).decode()
    key, secret, token = body.split()
    return boto3.client(
        SQS,
        region_name=REGION,
        endpoint_url=host.cloud.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


@pytest.fixture(autouse=True)
def empty(host: Workflow) -> Iterator[None]:
    yield
    sqs = host.cloud.client(SQS)
    for url in (host.failures(), host.service_failures()):
        sqs.purge_queue(QueueUrl=url)


def runs(host: Workflow) -> int:
    host.finish()
    return len(host.cloud.activity()["executions"])


def outcome(results: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in results:
        counts[one["action"]] = counts.get(one["action"], 0) + 1
    return counts


@pytest.mark.parametrize("switch", [("--dry-run",), ()])
def test_what_a_role_sends_is_obeyed_for_its_own_function_alone(
    host: Workflow, attacker: Any, switch: tuple[str, ...]
) -> None:
    host.cloud.client("s3").create_bucket(Bucket="foreign")
    host.put("foreign", "victim", b'{"event": {}, "claim": "victim"}')
    forged = [
        record(arn("payload-batch"), EVIL),
        record(arn("outside-the-stack"), EVIL),
        record(arn("payload-lambda", "999999999999"), EVIL),
        record(arn("payload-lambda").replace(REGION, "eu-west-9"), EVIL),
        record("payload-lambda", EVIL),
        job("broken-jobs-2", "victim", "foreign"),
        json.dumps({"source": "aws.s3", "detail": {}}),
    ]
    for body in forged:
        attacker.send_message(QueueUrl=host.failures(), MessageBody=body)
    attacker.send_message(
        QueueUrl=host.failures(),
        MessageBody="{}",
        MessageAttributes={"TARGET_ARN": {"DataType": "String", "StringValue": arn("broken-1")}},
    )
    before = runs(host)

    code, results = redrive(host.cloud, "host", *switch)

    assert (code, outcome(results)) == (1, {"not from this workflow": len(forged) + 1})
    assert all(one["function"] is None and one["note"] and one["message"] for one in results)
    assert runs(host) == before
    assert host.text("foreign", "victim") == '{"event": {}, "claim": "victim"}'
    assert depth(host.cloud, host.failures()) == len(forged) + 1


def test_a_role_may_have_its_own_function_run_again(host: Workflow, attacker: Any) -> None:
    """Which it can do with what it runs in anyway."""
    attacker.send_message(
        QueueUrl=host.failures(), MessageBody=record(arn("payload-lambda"), {"script": SPY})
    )
    code, (given,) = redrive(host.cloud, "host")
    assert (code, given["action"], given["function"]) == (0, "redriven", "payload-lambda")
    host.finish()


def test_no_role_may_speak_for_a_service(host: Workflow, attacker: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        attacker.send_message(
            QueueUrl=host.service_failures(), MessageBody=job("payload-batch", "x")
        )


def spool_of(host: Workflow, function: str) -> str:
    settings = host.cloud.client("lambda").get_function_configuration(FunctionName=function)
    return str(settings["Environment"]["Variables"]["SCAR_SPOOL_BUCKET"])


def test_each_message_is_a_transaction_of_its_own(host: Workflow) -> None:
    """Documents that an image may have left, damaged ones, and one sound message among them."""
    spool = spool_of(host, "payload-batch")
    own, claim = "payload-batch/jobs/sound.json", f"payload-batch/claims/{'0' * 64}"
    documents: dict[str, Any] = {
        "foreign-claim": {"event": EVIL, "claim": f"broken-jobs-2/claims/{'1' * 64}"},
        "climbing-claim": {"event": EVIL, "claim": "payload-batch/claims/../../x"},
        "no-event": {"claim": None},
        "odd-claim": {"event": {}, "claim": 7},
        "list": [],
        "bad-claim": {"event": {}, "claim": f"payload-batch/claims/{'2' * 64}"},
        "sound": {"event": {"n": 1}, "claim": claim},
    }
    for name, document in documents.items():
        host.put(spool, f"payload-batch/jobs/{name}.json", json.dumps(document).encode())
    host.put(spool, "payload-batch/jobs/damaged.json", b"{")
    host.put(spool, f"payload-batch/claims/{'2' * 64}", b'{"state": 3}')
    host.put(spool, claim, b'{"state": "running", "job": "job-1"}')
    victim = b'{"state": "running", "job": "job-1"}'
    host.put(spool, f"broken-jobs-2/claims/{'1' * 64}", victim)
    foreign = [
        job("payload-batch", "broken-jobs-2/jobs/x.json"),
        job("payload-batch", "payload-batch/jobs/../x"),
        job("no-function", "no-function/jobs/x.json"),
        json.dumps({"source": "aws.batch", "detail": {"jobId": "j"}}),
        json.dumps({"something": "else"}),
        *(job("payload-batch", f"payload-batch/jobs/{name}.json") for name in list(documents)[:2]),
    ]
    kept = [
        "no JSON",
        "[" * 100_000,
        job("payload-batch", "payload-batch/jobs/gone.json"),
        job("payload-batch", "payload-batch/jobs/damaged.json"),
        *(job("payload-batch", f"payload-batch/jobs/{name}.json") for name in list(documents)[2:6]),
    ]
    sqs = service_client(host.cloud, SQS)
    for body in [*foreign, *kept, job("payload-batch", own)]:
        sqs.send_message(QueueUrl=host.service_failures(), MessageBody=body)

    code, results = redrive(host.cloud, "host")

    assert (code, outcome(results)) == (
        1,
        {"not from this workflow": len(foreign), "kept": len(kept), "redriven": 1},
    ), results
    assert json.loads(host.text(spool, claim))["state"] == "failed"
    assert host.text(spool, f"broken-jobs-2/claims/{'1' * 64}").encode() == victim
    host.finish()
    assert depth(host.cloud, host.service_failures()) >= len(foreign) + len(kept)


def test_an_event_that_was_never_delivered_is_given_to_its_function(host: Workflow) -> None:
    sqs = service_client(host.cloud, SQS)
    for target, event in ((arn("payload-lambda"), EVIL), (arn("outside"), EVIL)):
        sqs.send_message(
            QueueUrl=host.service_failures(),
            MessageBody=json.dumps(event),
            MessageAttributes={"TARGET_ARN": {"DataType": "String", "StringValue": target}},
        )
    before = len(host.rows("payload-lambda"))

    code, results = redrive(host.cloud, "host")

    assert (code, outcome(results)) == (1, {"redriven": 1, "not from this workflow": 1})
    host.finish()
    assert len(host.rows("payload-lambda")) == before + 1


@pytest.mark.parametrize("refusal", [Said(429, b"{}"), Said(500, b"{}")])
def test_t5_a_message_is_removed_only_once_its_invocation_was_accepted(
    host: Workflow, attacker: Any, refusal: Said
) -> None:
    event = {"n": 1}
    attacker.send_message(
        QueueUrl=host.failures(), MessageBody=record(arn("payload-lambda"), event, "first")
    )
    settings = host.cloud.client("lambda").get_function_configuration(FunctionName="payload-lambda")
    known = Said(200, json.dumps(_plain(settings)).encode())
    with scripted(known, refusal) as server:
        code, (kept,) = redrive(
            host.cloud,
            "host",
            AWS_ENDPOINT_URL_LAMBDA=server.url,
            AWS_MAX_ATTEMPTS="1",
        )
    assert (code, kept["action"], kept["function"]) == (1, "kept", "payload-lambda")
    assert str(refusal.status) in kept["note"]
    assert depth(host.cloud, host.failures()) == 1
    with scripted(known, Said(202)) as server:
        code, (given,) = redrive(host.cloud, "host", AWS_ENDPOINT_URL_LAMBDA=server.url)
        _, asked = server.asked
    assert (code, given["action"]) == (0, "redriven")
    assert json.loads(asked.body) == {"event": event, "redrive_of": "first"}
    assert asked.headers["X-Amz-Invocation-Type"] == "Event"
    assert depth(host.cloud, host.failures()) == 0


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("FunctionName", "FunctionArn", "Role", "Environment")}
