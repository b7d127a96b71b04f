"""The zip of batch mode: the runtime alone, which submits a job for each event."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from scar_constructs.assets import dispatcher_package
from scar_constructs.fdl.models import Function
from scar_constructs.fdl.runtime_config import render
from scar_constructs.lambda_package import LambdaPackage

RUNTIME = lambda_.Runtime.PYTHON_3_14
HANDLER = "scar_runtime.handler.dispatch"
CONFIG = "/var/task/config.json"


class Dispatcher(Construct):
    """A zip asset; boto3 comes with Lambda's own Python, so nothing is installed."""

    def __init__(self, scope: Construct, construct_id: str, *, function: Function) -> None:
        super().__init__(scope, construct_id)
        with dispatcher_package(render(function)) as folder:
            self._asset = s3_assets.Asset(self, "Asset", path=str(folder))
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified",
                reason="an asset's key is the hash of its content",
            )
        )

    @property
    def lambda_package(self) -> LambdaPackage:
        return LambdaPackage(
            code=lambda_.Code.from_bucket(self._asset.bucket, self._asset.s3_object_key),
            runtime=RUNTIME,
            handler=HANDLER,
            environment={"SCAR_FUNCTION_CONFIG": CONFIG},
        )
