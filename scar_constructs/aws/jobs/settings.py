"""What is the same of a job's containers, however many it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_batch as batch

from scar_constructs.model import Function

FILE_SYSTEM = "file-system"
Environment = list[batch.CfnJobDefinition.EnvironmentProperty]
Requirements = list[batch.CfnJobDefinition.ResourceRequirementProperty]


@dataclass(frozen=True)
class JobSettings:
    """The parts of a definition that both of its forms have, made from one function."""

    function: Function
    role_arn: str
    execution_role_arn: str
    log_group: str
    spool_bucket: str

    @property
    def is_fargate(self) -> bool:
        return self.function.batch.compute_resources.type.is_fargate

    @property
    def log_configuration(self) -> batch.CfnJobDefinition.LogConfigurationProperty:
        return batch.CfnJobDefinition.LogConfigurationProperty(
            log_driver="awslogs",
            options={
                "awslogs-group": self.log_group,
                "awslogs-region": Aws.REGION,
                "awslogs-stream-prefix": self.function.name,
            },
        )

    @property
    def network_configuration(self) -> batch.CfnJobDefinition.NetworkConfigurationProperty | None:
        """A job on Fargate in a public subnet reaches nothing without an address; in a private
        one the address has no effect."""
        if not self.is_fargate:
            return None
        return batch.CfnJobDefinition.NetworkConfigurationProperty(assign_public_ip="ENABLED")

    @property
    def ephemeral_storage(self) -> batch.CfnJobDefinition.EphemeralStorageProperty | None:
        disk = self.function.batch.ephemeral_storage_gib
        if not disk or not self.is_fargate:
            return None
        return batch.CfnJobDefinition.EphemeralStorageProperty(size_in_gib=disk)

    @property
    def runtime_platform(self) -> batch.CfnJobDefinition.RuntimePlatformProperty | None:
        if not self.is_fargate:
            return None
        return batch.CfnJobDefinition.RuntimePlatformProperty(
            cpu_architecture=self.function.architecture.value.upper(),
            operating_system_family="LINUX",
        )

    @property
    def linux_parameters(self) -> batch.CfnJobDefinition.LinuxParametersProperty | None:
        size = self.function.batch.shared_memory_mib
        if size is None:
            return None
        return batch.CfnJobDefinition.LinuxParametersProperty(shared_memory_size=size)

    @property
    def ulimits(self) -> list[batch.CfnJobDefinition.UlimitProperty] | None:
        return [
            batch.CfnJobDefinition.UlimitProperty(name=name, soft_limit=limit, hard_limit=limit)
            for name, limit in self.function.batch.ulimits.items()
        ] or None

    @property
    def repository_credentials(
        self,
    ) -> batch.CfnJobDefinition.RepositoryCredentialsProperty | None:
        secret = self.function.repository_credentials
        if not secret:
            return None
        return batch.CfnJobDefinition.RepositoryCredentialsProperty(credentials_parameter=secret)

    @property
    def volumes(self) -> list[batch.CfnJobDefinition.VolumesProperty]:
        """The function's file system, encrypted on the way, with the job role as who mounts it.

        https://docs.aws.amazon.com/batch/latest/userguide/efs-volumes.html
        """
        wanted = self.function.file_system
        if wanted is None or wanted.file_system_id is None:
            return []
        access = batch.CfnJobDefinition.AuthorizationConfigProperty(
            access_point_id=wanted.access_point_id, iam="ENABLED"
        )
        volume = batch.CfnJobDefinition.EfsVolumeConfigurationProperty(
            file_system_id=wanted.file_system_id,
            transit_encryption="ENABLED",
            authorization_config=access,
        )
        return [
            batch.CfnJobDefinition.VolumesProperty(
                name=FILE_SYSTEM, efs_volume_configuration=volume
            )
        ]

    @property
    def mount_points(self) -> list[batch.CfnJobDefinition.MountPointProperty]:
        """Where the container of the script sees the volumes above."""
        wanted = self.function.file_system
        if not wanted or not self.volumes:
            return []
        return [
            batch.CfnJobDefinition.MountPointProperty(
                source_volume=FILE_SYSTEM, container_path=wanted.mount_path
            )
        ]

    @property
    def script_variables(self) -> dict[str, str]:
        """What the container of the script has in its environment."""
        # Lambda tells its functions the region, ECS on EC2 does not tell its tasks.
        return {"AWS_DEFAULT_REGION": Aws.REGION, **self.function.batch.environment}

    @property
    def runtime_variables(self) -> dict[str, str]:
        """What the runtime must know besides."""
        return {"SCAR_SPOOL_BUCKET": self.spool_bucket}


def environment(variables: Mapping[str, str]) -> Environment:
    return [
        batch.CfnJobDefinition.EnvironmentProperty(name=name, value=value)
        for name, value in variables.items()
    ]


def secrets(arns: Mapping[str, str]) -> list[batch.CfnJobDefinition.SecretProperty] | None:
    """Variables whose values the platform reads as the container starts."""
    return [
        batch.CfnJobDefinition.SecretProperty(name=name, value_from=arn)
        for name, arn in arns.items()
    ] or None


def requirements(vcpus: float, memory_mib: int, gpus: int = 0) -> Requirements:
    amounts = {"VCPU": f"{vcpus:g}", "MEMORY": str(memory_mib)}
    if gpus:
        amounts["GPU"] = str(gpus)
    return [
        batch.CfnJobDefinition.ResourceRequirementProperty(type=kind, value=amount)
        for kind, amount in amounts.items()
    ]
