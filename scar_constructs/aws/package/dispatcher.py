"""The zip of batch mode: the runtime alone, which submits a job for each event."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from aws_cdk import Acknowledgment, Aws, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from scar_constructs.aws.package.assets import runtime_zip
from scar_constructs.aws.package.lambda_package import LambdaPackage
from scar_constructs.language.runtime_config import render
from scar_constructs.model import Function

RUNTIME = lambda_.Runtime.PYTHON_3_14
HANDLER = "scar_runtime.handler.dispatch"
CONFIG = "/var/task/config.json"


@dataclass(frozen=True)
class RuntimeZip:
    """The zip as who fetches it himself has to know it."""

    url: str
    object_arn: str
    sha256: str


class Dispatcher(Construct):
    """A zip asset with nothing but the standard library in mind, so nothing is installed."""

    def __init__(self, scope: Construct, construct_id: str, *, function: Function) -> None:
        super().__init__(scope, construct_id)
        # A payload is in the image, if one is built.
        payload = None if function.build else function.extra_payload
        with runtime_zip(render(function), payload) as packed:
            self._asset = s3_assets.Asset(self, "Asset", path=str(packed))
            self._sha256 = hashlib.sha256(packed.read_bytes()).hexdigest()
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified",
                reason="an asset's key is the hash of its content",
            )
        )

    @property
    def runtime_zip(self) -> RuntimeZip:
        bucket, key = self._asset.s3_bucket_name, self._asset.s3_object_key
        return RuntimeZip(
            url=f"https://{bucket}.s3.{Aws.REGION}.{Aws.URL_SUFFIX}/{key}",
            object_arn=f"arn:{Aws.PARTITION}:s3:::{bucket}/{key}",
            sha256=self._sha256,
        )

    @property
    def lambda_package(self) -> LambdaPackage:
        return LambdaPackage(
            code=lambda_.Code.from_bucket(self._asset.bucket, self._asset.s3_object_key),
            runtime=RUNTIME,
            handler=HANDLER,
            environment={"SCAR_FUNCTION_CONFIG": CONFIG},
        )
