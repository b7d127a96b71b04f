"""Chains whose first function does not hear what S3 has done: the next one still runs once a file.

S3 is behind a proxy for the first function alone, by the variable with which SDKs are sent to
another address. Every request of its Lambdas and its jobs is carried out at the first try, and its
answer is lost; so is the third, where there is one. Functions run as host processes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.engines import EngineName
from scar_constructs.local.run import failed_events
from scar_constructs.local.server import LocalCloud
from tests.local.moving import IMAGE
from tests.local.workflows import Workflow
from tests.support.faults import Call, Fault
from tests.support.faulty_service import FaultyService, faulty_service

LOST = tuple(fault for fault in Fault if fault.is_applied and fault is not Fault.FLIPPED)
WRITES = {"PutObject", "CompleteMultipartUpload"}
FILES = {"lost-lambda": 24, "lost-batch": 6}
"""Bucket, and how many files are put into it."""
LARGE = b"large" * 2 * 1024 * 1024
"""Of two parts."""
CHAIN = """
  - lambda:
      name: {name}-one
      execution_mode: {mode}
      container: {{image: {image}}}
      init_script: run.sh
      environment: {{Variables: {{AWS_ENDPOINT_URL_S3: "{url}"}}}}
      input: [{{storage_provider: s3, path: {name}/in}}]
      output: [{{storage_provider: s3, path: {name}/one}}]
    batch: {{environment: {{Variables: {{AWS_ENDPOINT_URL_S3: "{url}"}}}}}}
  - lambda:
      name: {name}-two
      container: {{image: {image}}}
      init_script: run.sh
      input: [{{storage_provider: s3, path: {name}/one}}]
      output: [{{storage_provider: s3, path: {name}/two}}]
"""
COPY = 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"\n'


@dataclass(frozen=True)
class Chains:
    """Both chains after their runs, and what the proxy saw."""

    workflow: Workflow
    service: FaultyService

    def calls(self, bucket: str, *operations: str) -> list[Call]:
        """The requests for objects of the first function's output folder."""
        folder = f"/{bucket}/one/"
        return [
            call
            for call in self.service.calls
            if call.path.startswith(folder) and call.operation in operations
        ]


def lost_at_first(call: Call) -> Fault | None:
    """Every other request of the same kind for the same thing, from the first."""
    return random.choice(LOST) if call.occurrence % 2 else None  # noqa: S311  (no secret)


def contents(bucket: str) -> dict[str, bytes]:
    """Name and content of each file of a chain; the first is large."""
    small = {f"{number}.txt": b"file %d\n" % number for number in range(1, FILES[bucket])}
    return {"0.txt": LARGE, **small}


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chains]:
    folder = tmp_path_factory.mktemp("lost")
    with (
        LocalCloud(EngineName.PROCESS, tmp_path_factory.mktemp("lost-cloud")) as cloud,
        faulty_service(cloud.url, lost_at_first) as service,
    ):
        bootstrap([], cloud)
        (folder / "run.sh").write_text(COPY)
        texts = [
            CHAIN.format(name=name, mode=name.removeprefix("lost-"), image=IMAGE, url=service.url)
            for name in FILES
        ]
        (folder / "lost.yaml").write_text("workflow: lost\nfunctions:\n  aws:" + "".join(texts))
        workflow = Workflow(cloud, [folder / "lost.yaml"], folder / "assembly")
        for bucket in FILES:
            for name, content in contents(bucket).items():
                workflow.put(bucket, f"in/{name}", content)
        workflow.finish()
        yield Chains(workflow, service)


@pytest.mark.parametrize("bucket", FILES)
def test_the_next_function_runs_once_for_each_output(chains: Chains, bucket: str) -> None:
    workflow, names = chains.workflow, contents(bucket)
    for step, folder in (("one", "in"), ("two", "one")):
        rows = workflow.rows(f"{bucket}-{step}")
        expected = {f"{bucket}/{folder}/{name}": 1 for name in names}
        assert Counter(row["input"] for row in rows) == expected, step
        assert {row["status"] for row in rows} == {"succeeded"}, step
    assert failed_events(workflow.cloud, []) == {}


@pytest.mark.parametrize("bucket", FILES)
def test_nothing_is_lost_or_written_twice(chains: Chains, bucket: str) -> None:
    storage, expected = chains.workflow.storage, contents(bucket)
    for folder in ("one", "two"):
        listed = storage.list_object_versions(Bucket=bucket, Prefix=f"{folder}/")
        written = Counter(entry["Key"] for entry in listed["Versions"])
        assert written == {f"{folder}/{name}": 1 for name in expected}
    found = {
        name: storage.get_object(Bucket=bucket, Key=f"two/{name}")["Body"].read()
        for name in expected
    }
    assert found == expected


@pytest.mark.parametrize("bucket", FILES)
def test_the_answer_to_each_write_was_lost(chains: Chains, bucket: str) -> None:
    """Otherwise this module would show nothing."""
    lost = [call for call in chains.calls(bucket, *WRITES) if call.fault in LOST]
    assert Counter(call.path for call in lost) == {
        f"/{bucket}/one/{name}": 1 for name in contents(bucket)
    }
    assert {call.status for call in lost} == {200}


@pytest.mark.parametrize("bucket", FILES)
def test_an_upload_whose_beginning_was_not_heard_is_left_empty(chains: Chains, bucket: str) -> None:
    """The function's role may not list uploads; a rule of the bucket removes it."""
    storage = chains.workflow.storage
    asked = [call for call in chains.service.calls if call.operation == "ListMultipartUploads"]
    assert {call.status for call in asked if call.path == f"/{bucket}"} == {403}
    (left,) = storage.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert left["Key"] == "one/0.txt"
    upload = {"Bucket": bucket, "Key": left["Key"], "UploadId": left["UploadId"]}
    assert "Parts" not in storage.list_parts(**upload)
