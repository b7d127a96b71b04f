"""Roles, functions and sessions made by hand in a local cloud, for tests of AWS's own rules."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import boto3

from scar_constructs.local.server import ACCOUNT, REGION, CloudAddress

Statement = Mapping[str, Any]


def allow(actions: str | list[str], *resources: str) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def make_role(cloud: CloudAddress, name: str, service: str | None, *statements: Statement) -> str:
    """A role that trusts a service, or (None) the account's users; its ARN."""
    trusted = {"Service": service} if service else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    iam = cloud.client("iam")
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    arn: str = role["Role"]["Arn"]
    return arn


def client_of(cloud: CloudAddress, role_arn: str, service: str) -> Any:
    """A client that acts as a session of the role."""
    session = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")[
        "Credentials"
    ]
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=cloud.url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def service_client(cloud: CloudAddress, service: str) -> Any:
    """A client that no policy holds, in the place of AWS's services and of what they send."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=cloud.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def make_function(cloud: CloudAddress, name: str, role_arn: str, source: str) -> str:
    """A Python function from the source of its module, whose `handle` is called; its ARN."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("module.py", source)
    made = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.14",
        Handler="module.handle",
        Role=role_arn,
        Code={"ZipFile": package.getvalue()},
        Timeout=900,
    )
    arn: str = made["FunctionArn"]
    return arn
