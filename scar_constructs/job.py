"""What one job of a function is: job definition, log group, and a role on either side.

Level-1 job definition, for the same reasons as the compute environment in `capacity`.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from scar_constructs import naming, permissions
from scar_constructs.fdl.models import Function, MultiNode
from scar_constructs.image import FunctionImage
from scar_constructs.log_groups import new_log_group
from scar_constructs.shared import Shared

ALL_NODES = "0:"


class Job(Construct):
    """A function's job definition, with a role for the script and a role for the platform."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: Function,
        image: FunctionImage,
        shared: Shared,
    ) -> None:
        super().__init__(scope, construct_id)
        self._function = function
        self._image = image
        self._shared = shared
        self._log_group = new_log_group(
            self,
            "LogGroup",
            name=naming.job_log_group(function.name),
            days=function.log_retention_days,
        )
        self._role = self._new_role()
        self._execution_role = permissions.new_role(
            self,
            "ExecutionRole",
            principal=permissions.task_principal(),
            description=f"starts the jobs of {function.name}: image and log",
            grants=self._starting(),
        )
        self._definition = self._new_definition()

    @property
    def definition_name(self) -> str:
        """Named as the function. Submitted without a revision, so that the latest one runs."""
        return self._function.name

    @property
    def role(self) -> iam.IRole:
        return self._role

    @property
    def log_group(self) -> logs.LogGroup:
        return self._log_group

    def _new_role(self) -> iam.IRole:
        """The role of the script; one that the user names is used as it is."""
        function, shared = self._function, self._shared
        if function.batch.job_role:
            return iam.Role.from_role_arn(self, "Role", function.batch.job_role, mutable=False)
        return permissions.new_role(
            self,
            "Role",
            principal=permissions.task_principal(),
            description=f"script of {function.name} as a Batch job",
            grants=[
                *permissions.read_inputs(function),
                *permissions.write_outputs(function),
                *permissions.use_keys(function, shared.kms_keys),
                *permissions.read_secrets(function.secrets.values()),
                permissions.use_spool(function, shared.spool.bucket.bucket_arn),
            ],
        )

    def _starting(self) -> Iterator[permissions.Grant]:
        """What the platform needs before the script runs."""
        function = self._function
        if self._image.repository_arn:
            yield from permissions.pull_image(self._image.repository_arn)
        yield permissions.write_logs(naming.job_log_group(function.name))
        registry = function.repository_credentials
        secrets = function.batch.secrets.values()
        yield from permissions.read_secrets([*secrets, *([registry] if registry else [])])

    def _new_definition(self) -> batch.CfnJobDefinition:
        wanted = self._function.batch
        return batch.CfnJobDefinition(
            self,
            "Definition",
            type="multinode" if wanted.multi_node else "container",
            job_definition_name=self.definition_name,
            platform_capabilities=["FARGATE" if self._is_fargate else "EC2"],
            container_properties=None if wanted.multi_node else self._container(),
            node_properties=self._nodes(wanted.multi_node) if wanted.multi_node else None,
            retry_strategy=_retry_strategy(wanted.attempts),
            timeout=batch.CfnJobDefinition.TimeoutProperty(
                attempt_duration_seconds=wanted.timeout_seconds
            ),
            # A job that was submitted before an update may start after it.
            resource_retention_policy=(
                batch.CfnJobDefinition.ResourceRetentionPolicyProperty(
                    skip_deregister_on_update=True
                )
            ),
        )

    def _nodes(self, wanted: MultiNode) -> batch.CfnJobDefinition.NodePropertiesProperty:
        """All nodes alike; the range is spelled as the runtime spells it in its overrides."""
        return batch.CfnJobDefinition.NodePropertiesProperty(
            num_nodes=wanted.nodes,
            main_node=wanted.main_node,
            node_range_properties=[
                batch.CfnJobDefinition.NodeRangePropertyProperty(
                    target_nodes=ALL_NODES, container=self._container()
                )
            ],
        )

    @property
    def _is_fargate(self) -> bool:
        return self._function.batch.compute_resources.type.is_fargate

    def _container(self) -> batch.CfnJobDefinition.ContainerPropertiesProperty:
        disk = self._function.batch.ephemeral_storage_gib
        return batch.CfnJobDefinition.ContainerPropertiesProperty(
            image=self._image.uri,
            repository_credentials=self._registry(),
            job_role_arn=self._role.role_arn,
            execution_role_arn=self._execution_role.role_arn,
            resource_requirements=self._resources(),
            environment=[
                batch.CfnJobDefinition.EnvironmentProperty(name=name, value=value)
                for name, value in self._environment().items()
            ],
            secrets=[
                batch.CfnJobDefinition.SecretProperty(name=name, value_from=arn)
                for name, arn in self._function.batch.secrets.items()
            ]
            or None,
            log_configuration=batch.CfnJobDefinition.LogConfigurationProperty(
                log_driver="awslogs",
                options={
                    "awslogs-group": self._log_group.log_group_name,
                    "awslogs-region": Aws.REGION,
                    "awslogs-stream-prefix": self._function.name,
                },
            ),
            # A job on Fargate in a public subnet reaches nothing without an address; in a private
            # one the address has no effect.
            network_configuration=(
                batch.CfnJobDefinition.NetworkConfigurationProperty(assign_public_ip="ENABLED")
                if self._is_fargate
                else None
            ),
            ephemeral_storage=(
                batch.CfnJobDefinition.EphemeralStorageProperty(size_in_gib=disk)
                if disk and self._is_fargate
                else None
            ),
            runtime_platform=(
                batch.CfnJobDefinition.RuntimePlatformProperty(
                    cpu_architecture=self._function.architecture.value.upper(),
                    operating_system_family="LINUX",
                )
                if self._is_fargate
                else None
            ),
        )

    def _registry(self) -> batch.CfnJobDefinition.RepositoryCredentialsProperty | None:
        """https://docs.aws.amazon.com/batch/latest/userguide/private-registry.html"""
        secret = self._function.repository_credentials
        if not secret:
            return None
        return batch.CfnJobDefinition.RepositoryCredentialsProperty(credentials_parameter=secret)

    def _environment(self) -> dict[str, str]:
        return {
            # Lambda tells its functions the region, ECS on EC2 does not tell its tasks.
            "AWS_DEFAULT_REGION": Aws.REGION,
            **self._function.batch.environment,
            "SCAR_SPOOL_BUCKET": self._shared.spool.bucket.bucket_name,
        }

    def _resources(self) -> list[batch.CfnJobDefinition.ResourceRequirementProperty]:
        wanted = self._function.batch
        amounts = {"VCPU": f"{wanted.vcpus:g}", "MEMORY": str(wanted.memory_mib)}
        if wanted.gpus:
            amounts["GPU"] = str(wanted.gpus)
        return [
            batch.CfnJobDefinition.ResourceRequirementProperty(type=kind, value=amount)
            for kind, amount in amounts.items()
        ]


def _retry_strategy(attempts: int) -> batch.CfnJobDefinition.RetryStrategyProperty:
    """Another attempt when the platform failed, none when the script did.

    The first match wins, and a job that matches nothing is tried again, hence the last entry. A
    lost Spot machine has one text on EC2 and another on Fargate. Five entries are the maximum:
    https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
    """
    entry = batch.CfnJobDefinition.EvaluateOnExitProperty
    return batch.CfnJobDefinition.RetryStrategyProperty(
        attempts=attempts,
        evaluate_on_exit=[
            entry(action="RETRY", on_status_reason="Host EC2*"),
            entry(action="RETRY", on_status_reason="Your Spot Task was interrupted*"),
            entry(action="RETRY", on_status_reason="Task failed to start*"),
            entry(action="RETRY", on_reason="DockerTimeoutError*"),
            entry(action="EXIT", on_reason="*"),
        ],
    )
