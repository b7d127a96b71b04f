"""Secrets of a function: where they are read, and who sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest
from scar_runtime.aws.errors import AwsError
from scar_runtime.aws.secrets import Secrets
from scar_runtime.errors import ConfigError
from scar_runtime.handler import Invocation
from scar_runtime.secrets import ScriptSecrets

from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import Function, Invoked, stored
from tests.runtime.scripted import Said, scripted
from tests.runtime.test_aws import client

Make = Callable[..., Function]
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"


class Counting:
    """Secrets whose value is how often they were read."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, arn: str) -> str:
        self.count += 1
        return f"{arn} {self.count}"


def test_the_script_sees_secrets_and_parameters(
    function: Make, bucket: Bucket, cloud: Cloud, capfd: pytest.CaptureFixture[str]
) -> None:
    value = json.dumps({"user": "ann", "password": "moo"})
    with closing(cloud.client("secretsmanager")) as secrets:
        arn = secrets.create_secret(Name=bucket.name, SecretString=value)["ARN"]
    with closing(cloud.client("ssm")) as parameters:
        parameters.put_parameter(Name=f"/{bucket.name}", Value="low", Type="SecureString")
        parameter = parameters.get_parameter(Name=f"/{bucket.name}")["Parameter"]["ARN"]
    made = function(
        'echo "$USER_NAME $LEVEL $(echo "$ALL" | tr -d " ")"',
        secrets={"USER_NAME": f"{arn}:user::", "ALL": arn, "LEVEL": parameter},
    )
    Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))
    assert 'ann low {"user":"ann","password":"moo"}\n' in capfd.readouterr().out


def test_a_secret_that_cannot_be_read_fails_the_run_and_shows_nothing(
    function: Make, bucket: Bucket
) -> None:
    made = function("true", secrets={"TOKEN": ARN})
    with pytest.raises(ConfigError, match=f"cannot read the secret TOKEN \\({ARN}\\): Resource"):
        Invocation(made.runtime(), Invoked()).handle(stored(bucket, "in/a"))


@pytest.mark.parametrize(
    ("text", "suffix"), [("plain", "key::"), ('{"a": 1}', "key::"), ("[1]", "key::")]
)
def test_a_key_that_is_not_there_is_named_and_the_secret_is_not(text: str, suffix: str) -> None:
    answer = Said(200, json.dumps({"SecretString": text}).encode())
    with scripted(answer) as server:
        secrets = Secrets(client, dict.fromkeys(("secretsmanager", "ssm"), server.url))
        with pytest.raises(AwsError, match=r"no JSON object with 'key'$"):
            secrets.read(f"{ARN}:{suffix}")


def test_a_stage_and_a_version_are_asked_for() -> None:
    with scripted(Said(200, b'{"SecretString": "x"}')) as server:
        assert (
            Secrets(client, dict.fromkeys(("secretsmanager", "ssm"), server.url)).read(
                f"{ARN}::AWSPREVIOUS:v1"
            )
            == "x"
        )
        [asked] = server.asked
    assert asked.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
    assert "/eu-west-1/secretsmanager/" in asked.headers["Authorization"]
    assert json.loads(asked.body) == {
        "SecretId": ARN,
        "VersionStage": "AWSPREVIOUS",
        "VersionId": "v1",
    }


def test_secrets_are_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    values = Counting()
    secrets = ScriptSecrets({"A": "a", "B": "b"}, values)
    assert dict(secrets.variables()) == {"A": "a 1", "B": "b 2"}
    now += 299
    assert dict(secrets.variables()) == {"A": "a 1", "B": "b 2"}
    now += 1
    assert dict(secrets.variables()) == {"A": "a 3", "B": "b 4"}


def test_a_function_without_secrets_reads_none() -> None:
    values = Counting()
    assert ScriptSecrets({}, values).variables() == {}
    assert values.count == 0
