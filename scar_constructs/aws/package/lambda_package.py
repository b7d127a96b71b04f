"""What a Lambda function runs, whichever of the two package types it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_lambda as lambda_


@dataclass(frozen=True)
class LambdaPackage:
    """Code with what belongs to it; an image brings runtime, handler and variables itself."""

    code: lambda_.Code
    runtime: lambda_.Runtime = lambda_.Runtime.FROM_IMAGE
    handler: str = lambda_.Handler.FROM_IMAGE
    environment: Mapping[str, str] = field(default_factory=dict)
