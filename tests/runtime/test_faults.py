"""Whatever befalls any request of a run: in the end each output is there once and right, or the
run has failed and says so; and the next delivery makes up for it."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scar_runtime import downloads, uploads
from scar_runtime.aws.client import Client
from scar_runtime.errors import ScarError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.outputs import CLAIM
from scar_runtime.runtime import Runtime, assemble

from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import IMAGE, FakeBatch, Function, Invoked, document, stored
from tests.runtime.scripted import Said, Server, scripted
from tests.support.faults import ALL, Call, Fault, Plan, never, seeded, table
from tests.support.faulty_service import FaultyService, faulty_service

KIB = 1024
PIECE = 64 * KIB
"""Objects above this come and go in several pieces, so that a run is quick."""
INPUT = bytes(range(256)) * 600
SCRIPT = """
cd "$SCAR_OUTPUT_DIR"
echo "$SECRET" >small
cat "$SCAR_INPUT_FILE" "$SCAR_INPUT_FILE" >large
"""
DELIVERIES = 3
"""Lambda tries an event again twice."""


class Impatient(Client):
    """Waits for nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "sleep": lambda _: None})


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PIECE", PIECE)
    monkeypatch.setattr(uploads, "PART", PIECE)


@pytest.fixture(scope="module")
def service(cloud: Cloud) -> Iterator[FaultyService]:
    with faulty_service(cloud.endpoint) as running:
        yield running


@pytest.fixture(scope="module")
def secret(cloud: Cloud) -> str:
    with closing(cloud.client("secretsmanager")) as secrets:
        return str(secrets.create_secret(Name="of-faults", SecretString="hush")["ARN"])


@pytest.fixture(scope="module")
def bucket(cloud: Cloud) -> Bucket:
    return cloud.bucket().versioned()


def new_function(cloud: Cloud, bucket: Bucket, folder: Path, mode: str, secret: str) -> Function:
    """Its outputs go to a folder of their own for each input."""
    outputs = [{"bucket": bucket.name, "folder": "out", "key": "{stem}/{name}"}]
    config = folder / "config.json"
    text = json.dumps(document(SCRIPT, mode=mode, outputs=outputs, secrets={"SECRET": secret}))
    config.write_text(text)
    return Function(cloud, cloud.bucket("spool"), config, FakeBatch(), Impatient)


@pytest.fixture(scope="module")
def made(
    cloud: Cloud, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory, secret: str
) -> Function:
    return new_function(cloud, bucket, tmp_path_factory.mktemp("lambda"), "lambda", secret)


@pytest.fixture(scope="module")
def made_for_jobs(
    cloud: Cloud, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory, secret: str
) -> Function:
    return new_function(cloud, bucket, tmp_path_factory.mktemp("batch"), "batch", secret)


def state(made: Function, bucket: Bucket, stem: str) -> str:
    """Of the claim under which an output was made."""
    name = bucket.metadata(f"out/{stem}/small")[CLAIM]
    return str(json.loads(made.spool.get(f"f/claims/{name}"))["state"])


NUMBERS = itertools.count()


@pytest.fixture
def stem() -> str:
    """The name of an input of the test's own."""
    return f"n{next(NUMBERS)}"


def deliver(made: Function, service: FaultyService, event: Any, plans: list[Plan]) -> list[str]:
    """Deliver the event as Lambda does, until it succeeds; gives what the failed ones said."""
    invoked, said = Invoked(), []
    for plan in plans:
        service.plan = plan
        runtime = made.runtime(AWS_ENDPOINT_URL=service.url)
        try:
            with closing(runtime.connections):
                Invocation(runtime, Invoked(invoked.aws_request_id)).handle(event)
        except ScarError as fault:
            said.append(str(fault))
        else:
            break
    service.plan = never
    return said


def require_once(bucket: Bucket, stem: str) -> None:
    """Each output of an input is there once, with the right content; and nothing else is."""
    place = f"out/{stem}/"
    assert bucket.versions(place) == [f"{place}large", f"{place}small"]
    assert bucket.get(f"{place}large") == INPUT * 2
    assert bucket.get(f"{place}small") == b"hush\n"


def require_no_uploads(bucket: Bucket, stem: str) -> None:
    """Nothing of an output is left unfinished."""
    place = f"out/{stem}/"
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=bucket.name, Prefix=place)


def nth(operation: str, number: int, fault: Fault) -> Plan:
    """The fault befalls the request that is the `number`th of this operation, from 1."""
    seen: list[Call] = []

    def plan(call: Call) -> Fault | None:
        if call.operation != operation:
            return None
        seen.append(call)
        return fault if len(seen) == number else None

    return plan


REQUESTS = [
    ("claim", "PutObject", 1),
    ("input's size", "HeadObject", 1),
    ("input's first piece", "GetObject", 1),
    ("input's last piece", "GetObject", 3),
    ("secret", "GetSecretValue", 1),
    ("claim before publishing", "PutObject", 2),
    ("small output", "PutObject", 3),
    ("beginning of the large one", "CreateMultipartUpload", 1),
    ("part of it", "UploadPart", 1),
    ("last part of it", "UploadPart", 5),
    ("end of it", "CompleteMultipartUpload", 1),
    ("claim at the end", "PutObject", 4),
]


def test_a_run_without_faults_makes_these_requests(
    made: Function, bucket: Bucket, service: FaultyService, stem: str
) -> None:
    event, before = stored(bucket, f"in/{stem}", INPUT), len(service.calls)
    assert deliver(made, service, event, [never]) == []
    require_once(bucket, stem)
    require_no_uploads(bucket, stem)
    counts = Counter(call.operation for call in service.calls[before:])
    assert counts == {
        **{"PutObject": 4, "HeadObject": 1, "GetObject": 3, "GetSecretValue": 1},
        **{"CreateMultipartUpload": 1, "UploadPart": 5, "CompleteMultipartUpload": 1},
    }
    for _, operation, number in REQUESTS:
        assert number <= counts[operation]


@pytest.mark.parametrize("fault", ALL)
@pytest.mark.parametrize(
    ("operation", "number"), [one[1:] for one in REQUESTS], ids=[one[0] for one in REQUESTS]
)
def test_a_fault_of_any_request_is_made_up_for(
    made: Function,
    bucket: Bucket,
    service: FaultyService,
    stem: str,
    operation: str,
    number: int,
    fault: Fault,
) -> None:
    event, before = stored(bucket, f"in/{stem}", INPUT), len(service.calls)
    said = deliver(made, service, event, [nth(operation, number, fault)])
    assert said == [], table(service.calls[before:])
    require_once(bucket, stem)
    require_no_uploads(bucket, stem)
    assert state(made, bucket, stem) == "done"
    befallen = [call.fault for call in service.calls[before:] if call.fault]
    assert befallen == ([] if fault is Fault.FLIPPED and operation != "GetObject" else [fault])


@pytest.mark.parametrize("fault", [fault for fault in ALL if fault is not Fault.FLIPPED])
@pytest.mark.parametrize("operation", ["PutObject", "CompleteMultipartUpload", "GetObject"])
def test_a_fault_that_lasts_is_a_failure_that_says_so(
    made: Function,
    bucket: Bucket,
    service: FaultyService,
    stem: str,
    operation: str,
    fault: Fault,
) -> None:
    """And the next delivery, when it has passed, finds what is there and makes the rest."""
    event = stored(bucket, f"in/{stem}", INPUT)

    def lasting(call: Call) -> Fault | None:
        lasts = call.operation in (operation, "HeadObject") and "/claims/" not in call.path
        return fault if lasts else None

    [said] = deliver(made, service, event, [lasting, never])
    assert "cannot " in said
    require_once(bucket, stem)
    require_no_uploads(bucket, stem)
    assert state(made, bucket, stem) == "done"


@pytest.mark.parametrize("seed", range(8))
def test_each_output_is_there_once_in_a_storm(
    made: Function, bucket: Bucket, service: FaultyService, stem: str, seed: int
) -> None:
    """Two requests in five meet a fault; the event comes twice; what fails is delivered again.

    An upload may be left unfinished where the request that aborts it met faults to the end.
    """
    event, before = stored(bucket, f"in/{stem}", INPUT), len(service.calls)
    for delivery in range(2):
        storms = [seeded(100 * seed + 10 * delivery + n, 0.4) for n in range(DELIVERIES)]
        # What fails for good is given to the function again later, from the failure queue.
        deliver(made, service, event, [*storms, never])
    require_once(bucket, stem)
    assert state(made, bucket, stem) == "done"
    assert len([call for call in service.calls[before:] if call.fault]) > 0


@pytest.fixture
def batch() -> Iterator[Server]:
    with scripted(Said(200, b'{"jobId": "job-1"}')) as running:
        yield running


def dispatcher(made: Function, service: FaultyService, batch_url: str) -> Runtime:
    """A runtime whose SubmitJob is a real request."""
    environ = {
        **{"SCAR_FUNCTION_CONFIG": str(made.config), "SCAR_SPOOL_BUCKET": made.spool.name},
        **{"SCAR_JOB_QUEUE": "queue", "SCAR_JOB_DEFINITION": "definition"},
        **made.cloud.variables,
        **{"AWS_ENDPOINT_URL": service.url, "AWS_ENDPOINT_URL_BATCH": batch_url},
    }
    return assemble(environ, IMAGE, client=Impatient)


def dispatch(
    made: Function, service: FaultyService, submissions: FaultyService, event: Any, request: str
) -> str:
    """Gives what a failure says."""
    runtime = dispatcher(made, service, submissions.url)
    try:
        with closing(runtime.connections):
            Invocation(runtime, Invoked(request)).dispatch(event)
    except ScarError as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize("fault", [fault for fault in ALL if fault is not Fault.FLIPPED])
def test_a_fault_of_a_submission_is_made_up_for(
    made_for_jobs: Function,
    bucket: Bucket,
    service: FaultyService,
    batch: Server,
    stem: str,
    fault: Fault,
) -> None:
    """Lambda tries again; whatever jobs there are in the end, one of them takes effect."""
    event = stored(bucket, f"in/{stem}", INPUT)
    with faulty_service(batch.url, nth("SubmitJob", 1, fault)) as submissions:
        said = dispatch(made_for_jobs, service, submissions, event, stem)
        assert "cannot submit a job" in said
        assert dispatch(made_for_jobs, service, submissions, event, stem) == ""
    assert len(batch.asked) == 1 + fault.is_applied
    for number, asked in enumerate(batch.asked, start=1):
        key = json.loads(asked.body)["containerOverrides"]["environment"][0]["value"]
        platform = {"AWS_BATCH_JOB_ID": f"job-{number}", "AWS_BATCH_JOB_ATTEMPT": "1"}
        job = made_for_jobs.runtime({**IMAGE, **platform}, **platform, SCAR_JOB_EVENT=key)
        with closing(job.connections):
            assert run_job(job) == 0
    require_once(bucket, stem)
    require_no_uploads(bucket, stem)
    assert state(made_for_jobs, bucket, stem) == "done"
