"""Functions with storage providers, deployed: their roles let them read what they need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.local.test_api import call
from tests.local.workflows import Workflow
from tests.runtime.partner import Partner, running_partner
from tests.runtime.webdav import WebDavServer, running_webdav

COPY = '#!/bin/sh\ncp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR"\n'
FILE = """
workflow: elsewhere
storage_providers:
  minio:
    mine: {{endpoint: "{minio}", secret: "{minio_secret}"}}
  webdav:
    lab: {{hostname: "{webdav}", secret: "{webdav_secret}"}}
defaults:
  lambda:
    container: {{image: public.ecr.aws/docker/library/debian:trixie-slim}}
functions:
  aws:
  - lambda:
      name: elsewhere-lambda
      init_script: copy.sh
      input: [{{storage_provider: s3, path: elsewhere/in}}]
      output: [{{storage_provider: webdav, path: results/lambda}}]
  - lambda:
      name: elsewhere-batch
      init_script: copy.sh
      execution_mode: batch
      input: [{{storage_provider: minio, path: {bucket}/in}}]
      output:
      - {{storage_provider: s3, path: elsewhere/out}}
      - {{storage_provider: minio, path: {bucket}/out}}
    api_gateway: {{name: elsewhere, auth: none}}
"""


@dataclass(frozen=True)
class Elsewhere:
    """The deployed functions, and the servers that they use."""

    workflow: Workflow
    partner: Partner
    webdav: WebDavServer
    bucket: str


@pytest.fixture(scope="module")
def elsewhere(host: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("elsewhere")
    served = tmp_path_factory.mktemp("served")
    secrets = host.cloud.client("secretsmanager")

    def keep(name: str, value: dict[str, str]) -> str:
        arn: str = secrets.create_secret(Name=name, SecretString=json.dumps(value))["ARN"]
        return arn

    with running_partner(folder) as partner, running_webdav(served) as webdav:
        bucket = partner.bucket()
        text = FILE.format(
            minio=partner.cloud.endpoint,
            minio_secret=keep("minio", partner.secret),
            webdav=webdav.url,
            webdav_secret=keep("webdav", webdav.secret),
            bucket=bucket.name,
        )
        (folder / "elsewhere.yaml").write_text(text)
        (folder / "copy.sh").write_text(COPY)
        assembly = tmp_path_factory.mktemp("elsewhere-assembly")
        workflow = Workflow(host.cloud, [folder / "elsewhere.yaml"], assembly)
        yield Elsewhere(workflow, partner, webdav, bucket.name)
        bucket.client.close()


def test_an_upload_ends_at_a_webdav_server(elsewhere: Elsewhere) -> None:
    elsewhere.workflow.put("elsewhere", "in/a b.txt", b"words")
    elsewhere.workflow.finish()
    (row,) = elsewhere.workflow.rows("elsewhere-lambda")
    assert row["status"] == "succeeded", row["reason"]
    assert (elsewhere.webdav.folder / "results" / "lambda" / "a b.txt").read_bytes() == b"words"


def test_a_webhook_of_minio_becomes_a_job_that_reads_and_writes_there(elsewhere: Elsewhere) -> None:
    theirs = elsewhere.partner.cloud.client("s3")
    theirs.put_object(Bucket=elsewhere.bucket, Key="in/a.txt", Body=b"words")
    record = {
        "eventSource": "minio:s3",
        "eventName": "s3:ObjectCreated:Put",
        "eventTime": "2026-11-23T06:00:00.000Z",
        "s3": {"bucket": {"name": elsewhere.bucket}, "object": {"key": "in%2Fa.txt"}},
    }
    key = f"{elsewhere.bucket}/in/a.txt"
    event = {"EventName": "s3:ObjectCreated:Put", "Key": key, "Records": [record]}
    stacks = elsewhere.workflow.cloud.client("cloudformation")
    (stack,) = stacks.describe_stacks(StackName="elsewhere")["Stacks"]
    (url,) = [
        output["OutputValue"]
        for output in stack["Outputs"]
        if output.get("Description") == "calls elsewhere-batch"
    ]
    answer = call(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
    assert answer.status == 202, answer
    elsewhere.workflow.finish()
    (row,) = elsewhere.workflow.rows("elsewhere-batch")
    assert row["status"] == "succeeded", row["reason"]
    assert elsewhere.workflow.text("elsewhere", "out/a.txt") == "words"
    found = theirs.get_object(Bucket=elsewhere.bucket, Key="out/a.txt")
    assert found["Body"].read() == b"words"
    theirs.close()


def test_the_stack_made_no_bucket_for_them(elsewhere: Elsewhere) -> None:
    storage = elsewhere.workflow.storage
    names = {bucket["Name"] for bucket in storage.list_buckets()["Buckets"]}
    assert "elsewhere" in names
    assert not {elsewhere.bucket, "results"} & names
