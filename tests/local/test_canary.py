"""A function's secret and a provider's credential, while functions run, fail and are redriven:
in no log, message, document, report, template or asset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.test_redrive import redrive
from tests.local.workflows import Workflow
from tests.support.canary import CANARY, files_that_show, shows

PROVIDER = CANARY[::-1]
FILE = """
workflow: canary
storage_providers:
  minio:
    mine: {{endpoint: "http://127.0.0.1:1", secret: "{provider}"}}
defaults:
  lambda:
    container: {{image: public.ecr.aws/docker/library/debian:trixie-slim}}
functions:
  aws:
  - lambda:
      name: canary-lambda
      init_script: run.sh
      secrets: {{TOKEN: "{token}"}}
      input: [{{storage_provider: s3, path: canary-bucket/lambda}}]
      output: [{{storage_provider: s3, path: canary-bucket/out}}]
  - lambda:
      name: canary-batch
      execution_mode: batch
      init_script: run.sh
      secrets: {{TOKEN: "{token}"}}
      input: [{{storage_provider: s3, path: canary-bucket/batch}}]
      output: [{{storage_provider: s3, path: canary-bucket/out}}]
  - lambda:
      name: canary-elsewhere
      init_script: run.sh
      input: [{{storage_provider: s3, path: canary-bucket/elsewhere}}]
      output: [{{storage_provider: minio.mine, path: there/out}}]
"""
SCRIPT = """#!/bin/sh
test "${#TOKEN}" -gt 10 || test -z "$TOKEN" || exit 3
echo "with a secret of ${#TOKEN} letters"
cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/"
! grep -q bad "$SCAR_INPUT_FILE"
"""


@pytest.fixture(scope="module")
def canary(host: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflow]:
    folder = tmp_path_factory.mktemp("canary")
    secrets = host.cloud.client("secretsmanager")
    token = secrets.create_secret(Name="canary-token", SecretString=CANARY)["ARN"]
    value = json.dumps({"access_key": "x", "secret_key": PROVIDER})
    provider = secrets.create_secret(Name="canary-provider", SecretString=value)["ARN"]
    (folder / "run.sh").write_text(SCRIPT)
    file = folder / "canary.yaml"
    file.write_text(FILE.format(token=token, provider=provider))
    workflow = Workflow(host.cloud, [file], folder / "assembly")
    for name in ("lambda", "batch", "elsewhere"):
        workflow.put("canary-bucket", f"{name}/good", b"good")
        workflow.put("canary-bucket", f"{name}/bad", b"bad")
    workflow.finish()
    yield workflow
    sqs = host.cloud.client("sqs")
    for url in (workflow.failures(), workflow.service_failures()):
        sqs.purge_queue(QueueUrl=url)


def hidden(data: Any) -> None:
    raw = data if isinstance(data, bytes) else json.dumps(data, default=str).encode()
    for secret in (CANARY, PROVIDER):
        assert not shows(raw, secret)


def test_the_functions_had_their_secrets(canary: Workflow) -> None:
    assert canary.keys("canary-bucket", "out/") == ["out/good"]
    rows = canary.rows("canary-lambda", "canary-batch", "canary-elsewhere")
    assert sorted(row["status"] for row in rows).count("succeeded") >= 2


def test_no_log_and_no_execution_shows_them(canary: Workflow) -> None:
    hidden(canary.cloud.activity())
    logs = canary.cloud.client("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    seen = 0
    for group in groups:
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])[
                "events"
            ]
            seen += len(events)
            hidden([one["message"] for one in events])
    assert seen


def test_no_message_and_no_document_shows_them(canary: Workflow) -> None:
    sqs = canary.cloud.client("sqs")
    count = 0
    for url in (canary.failures(), canary.service_failures()):
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            hidden(found)
            count += len(found)
            for message in found:
                sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=600
                )
    assert count >= 3
    settings = canary.cloud.client("lambda").get_function_configuration(FunctionName="canary-batch")
    hidden(settings)
    spool = settings["Environment"]["Variables"]["SCAR_SPOOL_BUCKET"]
    documents = canary.keys(spool, "")
    assert documents
    for key in documents:
        hidden(canary.text(spool, key).encode())
    definitions = canary.cloud.client("batch").describe_job_definitions()["jobDefinitions"]
    hidden(definitions)


def test_no_template_no_asset_and_no_report_shows_them(canary: Workflow) -> None:
    for secret in (CANARY, PROVIDER):
        assert files_that_show(canary.assembly, secret) == []
    _, told = redrive(canary.cloud, "canary", "--dry-run")
    hidden(told)


def test_nothing_is_left_on_the_disk(canary: Workflow) -> None:
    """Of the process engine's work folders, which lie in /tmp."""
    del canary
    left = [path for path in Path("/tmp").glob("*-*-*-*-*") if path.is_dir()]
    for folder in left:
        assert files_that_show(folder) == []
