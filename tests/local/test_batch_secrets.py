"""Secrets of containers, with IAM enforced."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from scar_constructs.emulator.batch.secrets import SERVICE, TaskSecrets
from scar_constructs.emulator.engine import StartError
from scar_constructs.local.server import CloudAddress
from tests.local.accounts import allow, make_role


def secrets_of(cloud: CloudAddress) -> TaskSecrets:
    """Sessions by STS, since the service's own are only inside of the cloud."""

    def credentials(role: str, service: str, session: str) -> Mapping[str, str]:
        assert service == SERVICE
        found = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName=session)
        return {
            "AWS_ACCESS_KEY_ID": found["Credentials"]["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["Credentials"]["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["Credentials"]["SessionToken"],
        }

    return TaskSecrets(credentials, cloud.url)


def test_values_that_the_execution_role_may_read(bare_cloud: CloudAddress) -> None:
    stored = json.dumps({"user": "me", "word": "hush"})
    made = bare_cloud.client("secretsmanager").create_secret(Name="pair", SecretString=stored)
    bare_cloud.client("ssm").put_parameter(Name="/a/b", Type="SecureString", Value="deep")
    parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/a/b"
    role = make_role(
        bare_cloud,
        "starter",
        None,
        allow("secretsmanager:GetSecretValue", made["ARN"]),
        allow("ssm:GetParameters", parameter),
    )
    wanted = [
        {"name": "WHOLE", "valueFrom": made["ARN"]},
        {"name": "WORD", "valueFrom": f"{made['ARN']}:word::"},
        {"name": "DEEP", "valueFrom": parameter},
    ]
    values = secrets_of(bare_cloud)(wanted, role, "job")
    assert values == {"WHOLE": stored, "WORD": "hush", "DEEP": "deep"}
    with pytest.raises(StartError, match="no JSON object with 'other'"):
        secrets_of(bare_cloud)([{"name": "X", "valueFrom": f"{made['ARN']}:other::"}], role, "job")


def test_values_that_it_may_not_read(bare_cloud: CloudAddress) -> None:
    made = bare_cloud.client("secretsmanager").create_secret(Name="shut", SecretString="hush")
    role = make_role(bare_cloud, "stranger", None, allow("ssm:GetParameters", "*"))
    wanted = [{"name": "SHUT", "valueFrom": made["ARN"]}]
    with pytest.raises(StartError, match=r"ResourceInitializationError.*AccessDenied"):
        secrets_of(bare_cloud)(wanted, role, "job")
    hidden = {"name": "A", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/hidden"}
    mine = make_role(
        bare_cloud, "owner", None, allow("ssm:GetParameters", hidden["valueFrom"] + "/mine")
    )
    with pytest.raises(StartError, match="AccessDenied"):
        secrets_of(bare_cloud)([hidden], mine, "job")
    with pytest.raises(StartError, match="no execution role"):
        secrets_of(bare_cloud)(wanted, None, "job")
    assert secrets_of(bare_cloud)([], None, "job") == {}
