"""Large events and scripts, through real invocations: nothing is cut on the way to the script.

Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. The functions'
own script has 4 MB.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from scar_constructs.local.server import CloudAddress
from tests.local.workflows import Workflow

SYNCHRONOUS_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_BYTES = 1024 * 1024
MODES = ["lambda", "batch"]


def invoke(cloud: CloudAddress, mode: str, event: Any, kind: str = "RequestResponse") -> Any:
    """The function's answer; None if nobody waits for one."""
    answer = cloud.client("lambda").invoke(
        FunctionName=f"payload-{mode}", InvocationType=kind, Payload=json.dumps(event).encode()
    )
    assert answer["StatusCode"] == (200 if kind == "RequestResponse" else 202)
    content = answer["Payload"].read()
    assert "FunctionError" not in answer, content[:2000]
    assert len(content) <= SYNCHRONOUS_BYTES
    return json.loads(content) if content else None


def payload(size: int) -> dict[str, str]:
    """An event that has so many bytes as JSON."""
    frame = len(json.dumps({"data": ""}))
    return {"data": "0123456789abcdef" * ((size - frame) // 16)}


def output(host: Workflow, mode: str) -> bytes:
    """What the one execution of this test wrote, which is removed."""
    key = f"{mode}/payload"
    content: bytes = host.storage.get_object(Bucket="host-payloads", Key=key)["Body"].read()
    host.storage.delete_object(Bucket="host-payloads", Key=key)
    return content


@pytest.mark.parametrize("mode", MODES)
def test_a_synchronous_event_of_6_mb_passes_whole(host: Workflow, mode: str) -> None:
    event = payload(SYNCHRONOUS_BYTES - 16)
    answer = invoke(host.cloud, mode, event)
    host.finish()
    assert answer["statusCode"] == (200 if mode == "lambda" else 202)
    if mode == "lambda":
        told = base64.b64decode(answer["body"]).decode()
        assert told == f"copied {len(json.dumps(event))} bytes\n"
    assert json.loads(output(host, mode)) == event


@pytest.mark.parametrize("mode", MODES)
def test_an_asynchronous_event_of_1_mb_passes_whole(host: Workflow, mode: str) -> None:
    event = payload(ASYNCHRONOUS_BYTES - 16)
    assert invoke(host.cloud, mode, event, "Event") is None
    host.finish()
    assert json.loads(output(host, mode)) == event


@pytest.mark.parametrize("mode", MODES)
def test_a_script_of_megabytes_comes_with_an_event(host: Workflow, mode: str) -> None:
    filler = f"# {'x' * 97}\n" * 44_000
    script = filler + 'printf "%s|" "$@" >"$SCAR_OUTPUT_DIR/payload"\n'
    coded = base64.b64encode(script.encode()).decode()
    invoke(host.cloud, mode, {"script": coded, "cmd_args": ["a b", "c"]})
    host.finish()
    assert output(host, mode) == b"a b|c|"


def test_a_long_answer_has_both_ends_and_fits(host: Workflow) -> None:
    """Lambda answers with 6 MB at most, and fails the invocation above that."""
    script = "echo first; seq 1000000; echo last"
    coded = base64.b64encode(script.encode()).decode()
    answer = invoke(host.cloud, "lambda", {"script": coded})
    told = base64.b64decode(answer["body"]).decode()
    assert told.startswith("first\n1\n2\n")
    assert told.endswith("1000000\nlast\n")
    assert "bytes of output left out ...]" in told
    assert len(told) > 4_000_000


def test_a_program_of_an_image_that_is_not_here_is_refused(host: Workflow) -> None:
    answer = host.cloud.client("lambda").invoke(FunctionName="host-program", Payload=b"{}")
    assert "`process` has no images: use podman or docker" in answer["Payload"].read().decode()
