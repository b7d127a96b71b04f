"""What a stack makes, and lets a function do, for files at storage providers."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from scar_constructs.aws.commands import start_command
from scar_constructs.model import ExecutionMode, Function, Input, Output, StorageProvider
from tests.synth.models import batch, function, workflow
from tests.synth.synthesis import Json, resources, templates_of
from tests.synth.test_permissions import READ, S3, SPOOL, USE_SPOOL, WRITE, allowed
from tests.synth.test_permissions import without_plumbing as data_of

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:minio-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/webdav"
ROLE = "arn:aws:iam::111122223333:role/mine"
PROVIDERS = (
    StorageProvider(name="minio.mine", kind="minio", endpoint="https://m", secret=SECRET),
    StorageProvider(name="s3.partner", kind="s3"),
    StorageProvider(name="webdav.lab", kind="webdav", endpoint="https://d", secret=PARAMETER),
)


def elsewhere(**changes: object) -> Function:
    return function(
        inputs=(Input(bucket="photos", folder="in", provider="minio.mine"),),
        outputs=(
            Output(bucket="photos", folder="out"),
            Output(bucket="theirs", folder="out", provider="s3.partner"),
            Output(bucket="results", folder="x", provider="webdav.lab"),
        ),
        storage_providers=PROVIDERS,
        **changes,
    )


def template_of(one: Function) -> Json:
    return templates_of(workflow(one, buckets=()))["flow"]


GRANTS = {
    f"{S3}photos/out/*": WRITE,
    f"{S3}theirs/out/*": WRITE,
    SECRET: {"secretsmanager:GetSecretValue"},
    PARAMETER: {"ssm:GetParameters"},
    SPOOL: USE_SPOOL,
}


def test_the_role_reads_these_secrets_and_nothing_of_other_servers() -> None:
    assert data_of(allowed(template_of(elsewhere()), "Role")) == GRANTS


def test_a_job_reads_them_and_its_dispatcher_does_not() -> None:
    template = template_of(elsewhere(execution_mode=ExecutionMode.BATCH))
    assert allowed(template, "Job/Role") == GRANTS
    assert not {SECRET, PARAMETER} & allowed(template, "Role").keys()


def test_roles_that_the_user_names_get_nothing() -> None:
    one = elsewhere(
        execution_mode=ExecutionMode.LAMBDA_BATCH, role=ROLE, batch=batch(job_role=ROLE)
    )
    template = template_of(one)
    for resource in resources(template).values():
        resource.pop("Metadata", None)  # where the file is told once more, as text
    text = json.dumps(template)
    assert SECRET not in text
    assert PARAMETER not in text


def test_another_accounts_bucket_is_read_by_the_role_where_there_are_no_keys() -> None:
    one = replace(elsewhere(), inputs=(Input(bucket="theirs", folder="in", provider="s3.partner"),))
    assert data_of(allowed(template_of(one), "Role"))[f"{S3}theirs/in/*"] == READ


def test_nothing_of_aws_waits_for_files_elsewhere() -> None:
    template = template_of(elsewhere())
    assert not resources(template, "AWS::Lambda::Permission")
    assert not resources(template, "AWS::Events::Rule")


@pytest.mark.parametrize("folder", ["in", 'it\'s $HOME `x` "y" \\'])
def test_the_start_command_sends_the_providers_event(folder: str) -> None:
    source = Input(bucket="photos", folder=folder, provider="minio.mine")
    command = start_command(function(inputs=(source,), storage_providers=PROVIDERS))
    script = f"aws() {{ printf '%s\\0' \"$@\"; }}\n{command}\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    called = done.stdout.split("\0")
    payload = json.loads(called[called.index("--payload") + 1])
    assert payload["storage_provider"] == "minio.mine"
    [record] = payload["event"]["Records"]
    assert record["eventTime"].isdigit()
    assert record["s3"]["bucket"]["name"] == "photos"
