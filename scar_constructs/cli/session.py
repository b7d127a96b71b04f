"""The account and region in which a command acts: those of the AWS CLI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scar_constructs.errors import UserError
from scar_constructs.operate.faults import NO_REGION, explained


@contextmanager
def aws_session() -> Iterator[boto3.Session]:
    """A session of the usual variables and profiles. What AWS or its SDK refuses inside of the
    block is raised as `UserError`, in one line with its fix."""
    try:
        # boto3 itself knows only the older of the two names.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        if not session.region_name:
            raise UserError(NO_REGION)
        yield session
    except (BotoCoreError, ClientError) as fault:
        raise UserError(explained(fault)) from fault
