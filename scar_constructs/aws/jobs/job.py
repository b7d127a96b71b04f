"""What one job of a function is: job definition, log group, and a role on either side.

Level-1 job definition, for the same reasons as the compute environment in `capacity`.
"""

from __future__ import annotations

from aws_cdk import aws_batch as batch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from scar_constructs.aws.jobs.settings import JobSettings, environment, requirements, secrets
from scar_constructs.aws.jobs.three_containers import ecs_properties
from scar_constructs.aws.package.dispatcher import RuntimeZip
from scar_constructs.aws.package.image import FunctionImage
from scar_constructs.aws.policy import naming
from scar_constructs.aws.policy.compliance import acknowledge
from scar_constructs.aws.policy.principals import TASKS, service_principal
from scar_constructs.aws.policy.roles import new_role
from scar_constructs.aws.shared.log_groups import new_log_group
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.language.grants import arns
from scar_constructs.language.grants.roles import execution_role, job_role
from scar_constructs.model import Function, MultiNode, names

ALL_NODES = "0:"
SCHEDULING_PRIORITY = 1
"""Batch asks for one where the queue has shares: 0 to 9,999."""
_OF_ONE_FILE = {"arrayProperties": {"size": [{"exists": False}]}}
"""The jobs of an array, and those of none: all of them together are told of one by one."""


class Job(Construct):
    """A function's job definition, with a role for the script and a role for the platform.

    `runtime`: what the helper containers fetch, for an image that the runtime is not put into.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: Function,
        image: FunctionImage,
        shared: Shared,
        runtime: RuntimeZip | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._runtime = runtime
        self._function = function
        self._image = image
        self._shared = shared
        self._log_group = new_log_group(
            self,
            "LogGroup",
            name=names.job_log_group(function.name),
            days=function.log_retention_days,
            kms_key=shared.options.kms_key,
        )
        self._role = self._new_role()
        self._execution_role = new_role(
            self,
            "ExecutionRole",
            principal=service_principal(TASKS),
            description=f"starts the jobs of {function.name}: image and log",
            grants=execution_role(function, shared.surroundings),
            references=self._references(),
        )
        self._settings = JobSettings(
            function=function,
            role_arn=self._role.role_arn,
            execution_role_arn=self._execution_role.role_arn,
            log_group=self._log_group.log_group_name,
            spool_bucket=shared.spool.bucket.bucket_name,
        )
        self._definition = self._new_definition()
        self._failed_jobs = self._report_failures()

    @property
    def definition_name(self) -> str:
        """Named as the function. Submitted without a revision, so that the latest one runs."""
        return self._function.name

    @property
    def failed_jobs(self) -> events.CfnRule:
        """The rule that tells the failure queue of them."""
        return self._failed_jobs

    @property
    def role(self) -> iam.IRole:
        return self._role

    @property
    def log_group(self) -> logs.LogGroup:
        return self._log_group

    def _new_role(self) -> iam.IRole:
        """The role of the script; one that the user names is used as it is."""
        function = self._function
        if function.batch.job_role:
            return iam.Role.from_role_arn(self, "Role", function.batch.job_role, mutable=False)
        return new_role(
            self,
            "Role",
            principal=service_principal(TASKS),
            description=f"script of {function.name} as a Batch job",
            grants=job_role(function, self._shared.surroundings),
            references=self._references(),
        )

    def _references(self) -> dict[str, str]:
        """What stands in the template for the placeholders of the roles' grants."""
        found = {arns.SPOOL: self._shared.spool.bucket.bucket_arn}
        if self._image.repository_arn:
            found[arns.IMAGE_REPOSITORY] = self._image.repository_arn
        if self._runtime:
            found[arns.RUNTIME_ZIP] = self._runtime.object_arn
        return found

    def _new_definition(self) -> batch.CfnJobDefinition:
        wanted = self._function.batch
        return batch.CfnJobDefinition(
            self,
            "Definition",
            type="multinode" if wanted.multi_node else "container",
            job_definition_name=self.definition_name,
            platform_capabilities=["FARGATE" if self._settings.is_fargate else "EC2"],
            container_properties=(
                None if wanted.multi_node or self._runtime else self._container()
            ),
            ecs_properties=self._staged_task(),
            node_properties=self._nodes(wanted.multi_node) if wanted.multi_node else None,
            # Of one function, jobs go in the order in which they came.
            scheduling_priority=SCHEDULING_PRIORITY,
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

    def _report_failures(self) -> events.CfnRule:
        """By the definition and not by the queue: jobs that wait in a queue of before fail too, and
        Batch ends all jobs of a queue that is removed.

        Level 1: the level-2 target adds a statement to the queue's policy per rule, and a queue
        policy holds 20.
        """
        _, revisions = map(naming.resolved, arns.job_definition_arns(self.definition_name))
        rule = events.CfnRule(
            self,
            "FailedJobs",
            description=f"failed jobs of {self._function.name}",
            event_pattern={
                "source": ["aws.batch"],
                "detail-type": ["Batch Job State Change"],
                "detail": {
                    "status": ["FAILED"],
                    "jobDefinition": [{"prefix": revisions.removesuffix("*")}],
                    **(_OF_ONE_FILE if self._function.burst else {}),
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    arn=self._shared.failures.services.queue_arn, id="Failures"
                )
            ],
        )
        acknowledge(
            rule, {"Serverless-EventBusDLQ": "the rule's target is a failure queue of the stack"}
        )
        return rule

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

    def _container(self) -> batch.CfnJobDefinition.ContainerPropertiesProperty:
        wanted, settings = self._function.batch, self._settings
        return batch.CfnJobDefinition.ContainerPropertiesProperty(
            image=self._image.uri,
            command=self._ready_command(),
            repository_credentials=settings.repository_credentials,
            job_role_arn=settings.role_arn,
            execution_role_arn=settings.execution_role_arn,
            resource_requirements=requirements(wanted.vcpus, wanted.memory_mib, wanted.gpus),
            environment=environment({**settings.script_variables, **settings.runtime_variables}),
            secrets=secrets(wanted.secrets),
            volumes=settings.volumes or None,
            mount_points=[
                batch.CfnJobDefinition.MountPointsProperty(
                    source_volume=one.source_volume, container_path=one.container_path
                )
                for one in settings.mount_points
            ]
            or None,
            linux_parameters=settings.linux_parameters,
            ulimits=settings.ulimits,
            log_configuration=settings.log_configuration,
            network_configuration=settings.network_configuration,
            ephemeral_storage=settings.ephemeral_storage,
            runtime_platform=settings.runtime_platform,
        )

    def _ready_command(self) -> list[str] | None:
        """What a ready image is to run; in a derived one the runtime knows it."""
        own = self._function.own_command.command
        return None if self._function.create_image or not own else list(own)

    def _staged_task(self) -> batch.CfnJobDefinition.EcsPropertiesProperty | None:
        if self._runtime is None:
            return None
        return ecs_properties(
            self._settings,
            image=self._image.uri,
            helper_image=self._shared.helper_image,
            runtime=self._runtime,
        )


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
