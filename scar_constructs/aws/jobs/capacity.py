"""The machines of a function's jobs: compute environment, launch template and queue.

Level-1 constructs: the level-2 ones ask for a VPC object where the user gives subnet ids, pin the
launch template to its first version, leave the machine image open and append `optimal` to the
user's instance types.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from aws_cdk import CfnOutput
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from constructs import Construct

from scar_constructs.aws import commands
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.language.workflow.shares import share_identifier
from scar_constructs.model import ComputeType, Function

ALLOCATION_STRATEGIES = {
    ComputeType.EC2: "BEST_FIT_PROGRESSIVE",
    ComputeType.SPOT: "SPOT_PRICE_CAPACITY_OPTIMIZED",
}
SECONDS_PER_MINUTE = 60
UPDATE_PATIENCE_MINUTES = (30, 7200)  # Batch's default, and its maximum
MISCONFIGURED_AFTER_SECONDS = 600  # the least that Batch accepts
QUEUE_LIMIT_REASONS = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)


class Capacity(Construct):
    """A compute environment with its queue, and the shares of functions in that.

    `functions`: those whose jobs run here, or wait here from before, at least one. They say the
    same of the environment; of what each says for itself (disk, GPU, time-out) the environment
    serves the greediest.

    Compute environment and queue carry no names and no tags: CloudFormation would have to replace
    them on a change of either, and it cannot replace what has a name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Sequence[Function],
        shared: Shared,
    ) -> None:
        super().__init__(scope, construct_id)
        self._functions = functions
        self._batch = functions[0].batch
        self._shared = shared
        self._compute = batch.CfnComputeEnvironment(
            self,
            "ComputeEnvironment",
            type="MANAGED" if self._batch.managed else "UNMANAGED",
            state="ENABLED" if self._batch.enabled else "DISABLED",
            # Without a role Batch uses its service-linked role, the only one that can update
            # the environment in place, and the only one that cannot be deleted under it.
            service_role=self._batch.service_role,
            replace_compute_environment=self._type.is_fargate,
            compute_resources=self._resources(),
            update_policy=self._update_policy() if self._has_hosts else None,
        )
        self._queue = batch.CfnJobQueue(
            self,
            # Not `Queue`: those that have been made under that id have no policy, and take none.
            "FairQueue",
            priority=1,
            scheduling_policy_arn=self._new_policy().attr_arn,
            compute_environment_order=[
                batch.CfnJobQueue.ComputeEnvironmentOrderProperty(
                    compute_environment=self._compute.attr_compute_environment_arn, order=1
                )
            ],
            job_state_time_limit_actions=_limits() if self._batch.managed else None,
        )
        if not self._batch.managed:
            self._tell_of_cluster()

    @property
    def queue_arn(self) -> str:
        return self._queue.attr_job_queue_arn

    def is_gone_before(self, rule: events.CfnRule) -> None:
        """Remove the queue first where both go: Batch ends its jobs, and the rule has to tell."""
        self._queue.add_resource_dependency(rule)

    @property
    def _type(self) -> ComputeType:
        return self._batch.compute_resources.type

    @property
    def _has_hosts(self) -> bool:
        """Whether Batch starts machines for the jobs."""
        return self._batch.managed and not self._type.is_fargate

    @property
    def _names(self) -> str:
        return ", ".join(one.name for one in self._functions)

    @property
    def _needs_gpus(self) -> bool:
        return any(one.batch.gpus for one in self._functions)

    def _subnets(self) -> list[str]:
        given = self._batch.compute_resources.subnets
        return list(given) if given else self._shared.network.subnet_ids

    def _security_groups(self) -> list[str]:
        given = self._batch.compute_resources.security_group_ids
        if given:
            return list(given)
        network = self._shared.network
        if any(one.batch.multi_node for one in self._functions):
            return [network.nodes_group_id]
        return [network.security_group_id]

    def _resources(self) -> batch.CfnComputeEnvironment.ComputeResourcesProperty | None:
        if not self._batch.managed:
            return None
        return self._fargate() if self._type.is_fargate else self._machines()

    def _fargate(self) -> batch.CfnComputeEnvironment.ComputeResourcesProperty:
        return batch.CfnComputeEnvironment.ComputeResourcesProperty(
            type=self._type.value,
            maxv_cpus=self._batch.compute_resources.max_vcpus,
            subnets=self._subnets(),
            security_group_ids=self._security_groups(),
        )

    def _machines(self) -> batch.CfnComputeEnvironment.ComputeResourcesProperty:
        wanted = self._batch.compute_resources
        return batch.CfnComputeEnvironment.ComputeResourcesProperty(
            type=wanted.type.value,
            allocation_strategy=ALLOCATION_STRATEGIES[wanted.type],
            minv_cpus=wanted.min_vcpus,
            desiredv_cpus=wanted.desired_vcpus,
            maxv_cpus=wanted.max_vcpus,
            instance_types=list(wanted.instance_types),
            instance_role=wanted.instance_role or self._shared.host_profile_arn,
            launch_template=self._launch_template(),
            ec2_configuration=[
                batch.CfnComputeEnvironment.Ec2ConfigurationObjectProperty(
                    image_type="ECS_AL2023_NVIDIA" if self._needs_gpus else "ECS_AL2023"
                )
            ],
            # Acts only when something else updates the hosts; without it they keep their first
            # machine image for ever.
            update_to_latest_image_version=True,
            subnets=self._subnets(),
            security_group_ids=self._security_groups(),
        )

    def _launch_template(self) -> batch.CfnComputeEnvironment.LaunchTemplateSpecificationProperty:
        given = self._batch.compute_resources.launch_template_name
        if given:
            return batch.CfnComputeEnvironment.LaunchTemplateSpecificationProperty(
                launch_template_name=given, version="$Latest"
            )
        template = ec2.CfnLaunchTemplate(
            self,
            "LaunchTemplate",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                # Against forged requests, not against jobs: those are in the host's own network
                # and reach the role of the host, which is therefore worth little (`hosts`).
                metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=1
                ),
                block_device_mappings=[
                    ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
                        device_name="/dev/xvda",
                        ebs=ec2.CfnLaunchTemplate.EbsProperty(
                            volume_size=max(one.batch.disk_gib for one in self._functions),
                            volume_type="gp3",
                            encrypted=True,
                            delete_on_termination=True,
                        ),
                    )
                ],
            ),
        )
        return batch.CfnComputeEnvironment.LaunchTemplateSpecificationProperty(
            launch_template_id=template.attr_launch_template_id,
            # `$Default` would stay at the first version whatever the template says later.
            version=template.attr_latest_version_number,
        )

    def _update_policy(self) -> batch.CfnComputeEnvironment.UpdatePolicyProperty:
        """Running jobs get their whole time-out when the hosts are replaced under them."""
        least, most = UPDATE_PATIENCE_MINUTES
        longest = max(one.batch.timeout_seconds for one in self._functions)
        wanted = math.ceil(longest / SECONDS_PER_MINUTE)
        return batch.CfnComputeEnvironment.UpdatePolicyProperty(
            terminate_jobs_on_update=False,
            job_execution_timeout_minutes=min(max(wanted, least), most),
        )

    def _new_policy(self) -> batch.CfnSchedulingPolicy:
        """Fair shares, so that a burst of one function does not keep another from starting.

        Every queue has a policy: Batch lets none be added to a queue later, or taken away, and a
        new queue would lose the jobs of the old one. All shares are listed, so that none has to be
        made as a job comes.
        https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
        """
        share = batch.CfnSchedulingPolicy.ShareAttributesProperty
        names = sorted({one.name for one in self._functions})
        return batch.CfnSchedulingPolicy(
            self,
            "SchedulingPolicy",
            fairshare_policy=batch.CfnSchedulingPolicy.FairsharePolicyProperty(
                share_distribution=[
                    share(share_identifier=share_identifier(name), weight_factor=1)
                    for name in names
                ]
            ),
        )

    def _tell_of_cluster(self) -> None:
        """Batch makes the cluster with the environment, and CloudFormation does not know it."""
        CfnOutput(
            self,
            "Cluster",
            description=f"shows the cluster for your own hosts of {self._names}"[:1024],
            value=commands.cluster_command(self._compute.attr_compute_environment_arn),
        )


def _limits() -> list[batch.CfnJobQueue.JobStateTimeLimitActionProperty]:
    """A job that can never run would block the queue for ever.

    Not for hosts of the user's own: those that suit the job may come later.
    """
    return [
        batch.CfnJobQueue.JobStateTimeLimitActionProperty(
            action="CANCEL",
            max_time_seconds=MISCONFIGURED_AFTER_SECONDS,
            reason=reason,
            state="RUNNABLE",
        )
        for reason in QUEUE_LIMIT_REASONS
    ]
