"""The derived image: the user's image with the runtime and one function's configuration on top."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from aws_cdk import Stage
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from scar_constructs.assets import fix_modes, image_context
from scar_constructs.fdl.models import Architecture, Function
from scar_constructs.fdl.runtime_config import render
from scar_constructs.lambda_package import LambdaPackage

RUNTIME_IMAGE = "public.ecr.aws/docker/library/debian:trixie-slim"

PLATFORMS = {
    Architecture.X86_64: ecr_assets.Platform.LINUX_AMD64,
    Architecture.ARM64: ecr_assets.Platform.LINUX_ARM64,
}


class FunctionImage(Construct):
    """An image asset, built by the CDK CLI and pushed to the account's asset repository."""

    def __init__(
        self, scope: Construct, construct_id: str, *, function: Function, runtime_image: str
    ) -> None:
        super().__init__(scope, construct_id)
        with image_context(render(function)) as folder:
            self._asset = ecr_assets.DockerImageAsset(
                self,
                "Asset",
                asset_name=function.name,
                directory=str(folder),
                build_args={"BASE_IMAGE": function.image, "RUNTIME_IMAGE": runtime_image},
                # Without it, the architecture of the machine that deploys would decide.
                platform=PLATFORMS[function.architecture],
            )

        # CDK has copied the context into the assembly, and made its folders with the umask.
        fix_modes(
            Path(cast(Stage, Stage.of(self)).asset_outdir) / f"asset.{self._asset.asset_hash}"
        )

    @property
    def uri(self) -> str:
        return self._asset.image_uri

    @property
    def lambda_package(self) -> LambdaPackage:
        return LambdaPackage(
            code=lambda_.Code.from_ecr_image(
                self._asset.repository, tag_or_digest=self._asset.image_tag
            )
        )

    @property
    def repository(self) -> ecr.IRepository:
        return self._asset.repository
