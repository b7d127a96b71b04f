"""The containers of a job whose image nothing is put into: stage in, program, stage out.

The helpers are this project's runtime in a public Python image, which fetch it from the bucket of
the CDK's assets. What the three share is a volume, mounted where scripts know their work folder to
be. Only the last container is essential: one that is essential ends the job as it ends, and none
may wait for its end.
https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskContainerDependency.html
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_batch as batch

from scar_constructs.aws.jobs.settings import (
    JobSettings,
    Requirements,
    environment,
    requirements,
    secrets,
)
from scar_constructs.aws.package import helper_command
from scar_constructs.aws.package.dispatcher import RuntimeZip
from scar_constructs.model import Function, limits
from scar_constructs.model.names import PROGRAM_CONTAINER

STAGE_IN, PROGRAM, STAGE_OUT = "stage-in", PROGRAM_CONTAINER, "stage-out"
TOLD_OF_THE_EVENT = (STAGE_IN, STAGE_OUT)
VOLUME = "work"
WORK = "/tmp"  # noqa: S108  (scripts rely on it)
LAUNCHER = f"{WORK}/.scar/start"
"""What `stage-in` leaves for the program's container (scar_runtime.stages.volume)."""

_BOOTSTRAP = Path(helper_command.__file__).read_text(encoding="ascii")


def ecs_properties(
    settings: JobSettings, *, image: str, helper_image: str, runtime: RuntimeZip
) -> batch.CfnJobDefinition.EcsPropertiesProperty:
    """`image`: the user's, as it is in its registry."""
    containers = [
        _helper(settings, STAGE_IN, helper_image, runtime),
        _program(settings, image),
        _helper(settings, STAGE_OUT, helper_image, runtime),
    ]
    return batch.CfnJobDefinition.EcsPropertiesProperty(
        task_properties=[
            batch.CfnJobDefinition.EcsTaskPropertiesProperty(
                containers=containers,
                task_role_arn=settings.role_arn,
                execution_role_arn=settings.execution_role_arn,
                volumes=[batch.CfnJobDefinition.VolumesProperty(name=VOLUME), *settings.volumes],
                network_configuration=settings.network_configuration,
                ephemeral_storage=settings.ephemeral_storage,
                runtime_platform=settings.runtime_platform,
            )
        ]
    )


def _helper(
    settings: JobSettings, name: str, image: str, runtime: RuntimeZip
) -> batch.CfnJobDefinition.TaskContainerPropertiesProperty:
    """`stage-out` comes also after a program that failed: somebody has to tell of it."""
    is_last = name == STAGE_OUT
    return batch.CfnJobDefinition.TaskContainerPropertiesProperty(
        name=name,
        image=image,
        command=["python3", "-c", _BOOTSTRAP, name],
        essential=is_last,
        depends_on=[_after(PROGRAM, "COMPLETE")] if is_last else None,
        environment=environment(
            {
                "AWS_DEFAULT_REGION": Aws.REGION,
                **settings.runtime_variables,
                "SCAR_RUNTIME_URL": runtime.url,
                "SCAR_RUNTIME_SHA256": runtime.sha256,
            }
        ),
        resource_requirements=_helper_size(settings),
        mount_points=_mounts(),
        log_configuration=settings.log_configuration,
    )


def _program(
    settings: JobSettings, image: str
) -> batch.CfnJobDefinition.TaskContainerPropertiesProperty:
    """It runs the launcher with the script; without one, what the image itself runs, which then has
    the function's variables from here."""
    function = settings.function
    own = function.own_command.command
    command = ["/bin/sh", LAUNCHER] if function.script else list(own or ()) or None
    variables = {} if function.script else function.environment
    return batch.CfnJobDefinition.TaskContainerPropertiesProperty(
        name=PROGRAM,
        image=image,
        repository_credentials=settings.repository_credentials,
        command=command,
        essential=False,
        depends_on=[_after(STAGE_IN, "SUCCESS")],
        environment=environment({**settings.script_variables, **variables}),
        # The runtime is not in this container: the platform reads all of its secrets.
        secrets=secrets({**function.batch.secrets, **function.secrets}),
        resource_requirements=_program_size(settings, function),
        mount_points=[*_mounts(), *settings.mount_points],
        linux_parameters=settings.linux_parameters,
        ulimits=settings.ulimits,
        log_configuration=settings.log_configuration,
    )


def _after(name: str, condition: str) -> batch.CfnJobDefinition.TaskContainerDependencyProperty:
    return batch.CfnJobDefinition.TaskContainerDependencyProperty(
        container_name=name, condition=condition
    )


def _mounts() -> list[batch.CfnJobDefinition.MountPointProperty]:
    return [batch.CfnJobDefinition.MountPointProperty(source_volume=VOLUME, container_path=WORK)]


def _helper_size(settings: JobSettings) -> Requirements:
    vcpus = limits.HELPER_VCPUS_FARGATE if settings.is_fargate else limits.HELPER_VCPUS
    return requirements(vcpus, limits.HELPER_MEMORY_MIB)


def _program_size(settings: JobSettings, function: Function) -> Requirements:
    """On Fargate the pairs of sizes that it knows are those of all containers together; on EC2
    the helpers come on top.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
    """
    wanted = function.batch
    if not settings.is_fargate:
        return requirements(wanted.vcpus, wanted.memory_mib, wanted.gpus)
    vcpus = wanted.vcpus - limits.HELPER_CONTAINERS * limits.HELPER_VCPUS_FARGATE
    memory = wanted.memory_mib - limits.HELPER_CONTAINERS * limits.HELPER_MEMORY_MIB
    return requirements(round(vcpus, 2), memory)
