"""The image of a function: derived from the user's, or the user's own as it is.

A derived image is the user's image with the runtime and one function's configuration on top.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from aws_cdk import Stage
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from scar_constructs.aws.package.assets import fix_modes, image_context
from scar_constructs.aws.package.base_stage import SavedBase
from scar_constructs.aws.package.lambda_package import LambdaPackage
from scar_constructs.aws.policy.naming import resolved
from scar_constructs.language.grants.roles import ecr_repository
from scar_constructs.language.keys.ecr import ECR_IMAGE
from scar_constructs.language.runtime_config import render
from scar_constructs.model import NO_COMMAND, Architecture, Command, Function, limits

RUNTIME_IMAGE = limits.RUNTIME_IMAGE

PLATFORMS = {
    Architecture.X86_64: ecr_assets.Platform.LINUX_AMD64,
    Architecture.ARM64: ecr_assets.Platform.LINUX_ARM64,
}


class FunctionImage(Protocol):
    """What Lambda and Batch have to know of an image, whoever made it."""

    @property
    def uri(self) -> str: ...

    @property
    def repository_arn(self) -> str | None:
        """The repository in ECR that whoever runs the image must be allowed to pull from."""

    @property
    def lambda_package(self) -> LambdaPackage: ...


class DerivedImage(Construct):
    """An image asset, built by the CDK CLI and pushed to the account's asset repository."""

    def __init__(
        self, scope: Construct, construct_id: str, *, function: Function, runtime_image: str
    ) -> None:
        super().__init__(scope, construct_id)
        saved = (
            SavedBase(function.image_file, function.architecture) if function.image_file else None
        )
        base = {} if saved else {"BASE_IMAGE": function.image}
        with image_context(render(function), function.extra_payload) as folder:
            if saved:
                saved.prepare(folder)
            self._asset = ecr_assets.DockerImageAsset(
                self,
                "Asset",
                asset_name=function.name,
                directory=str(folder),
                build_args={**base, "RUNTIME_IMAGE": runtime_image},
                extra_hash=saved.identity if saved else None,
                # Without it, the architecture of the machine that deploys would decide.
                platform=PLATFORMS[function.architecture],
            )

        staged = Path(cast(Stage, Stage.of(self)).asset_outdir) / f"asset.{self._asset.asset_hash}"
        if saved:
            saved.add_files(staged)
        # CDK has copied the context into the assembly, and made its folders with the umask.
        fix_modes(staged)

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
    def repository_arn(self) -> str:
        return self._asset.repository.repository_arn


class ReadyImage(Construct):
    """An image in ECR that is used as it is; nothing is built or pushed.

    It brings all that it needs: this project's runtime, if it was derived earlier, or a program of
    its own that speaks to Lambda or runs as the job. `command` replaces what it runs on Lambda.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, image: str, command: Command = NO_COMMAND
    ) -> None:
        super().__init__(scope, construct_id)
        self._command = command
        found, arn = ECR_IMAGE.fullmatch(image), ecr_repository(image)
        if not found or not arn:
            raise ValueError(f"not an image in ECR: {image}")
        self._uri = image
        self._tag_or_digest = found["digest"] or found["tag"] or "latest"
        self._repository = ecr.Repository.from_repository_attributes(
            self,
            "Repository",
            repository_arn=resolved(arn),
            repository_name=found["name"],
        )

    @property
    def uri(self) -> str:
        return self._uri

    @property
    def repository_arn(self) -> str:
        return self._repository.repository_arn

    @property
    def lambda_package(self) -> LambdaPackage:
        return LambdaPackage(
            code=lambda_.Code.from_ecr_image(
                self._repository,
                tag_or_digest=self._tag_or_digest,
                entrypoint=_list(self._command.entrypoint),
                cmd=_list(self._command.command),
            )
        )


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return list(words) if words else None


class ForeignImage:
    """An image in a registry that is not ECR, which jobs pull as it is; Lambda cannot."""

    def __init__(self, image: str) -> None:
        self._uri = image

    @property
    def uri(self) -> str:
        return self._uri

    @property
    def repository_arn(self) -> None:
        return None

    @property
    def lambda_package(self) -> LambdaPackage:
        raise ValueError(f"Lambda takes images from ECR only: {self._uri}")


def new_image(
    scope: Construct, construct_id: str, *, function: Function, runtime_image: str
) -> FunctionImage:
    """The image that a function runs in, as its YAML file asks for it."""
    if function.is_derived:
        return DerivedImage(scope, construct_id, function=function, runtime_image=runtime_image)
    if ECR_IMAGE.fullmatch(function.image):
        command = function.own_command
        return ReadyImage(scope, construct_id, image=function.image, command=command)
    return ForeignImage(function.image)
