"""The role of the EC2 hosts that Batch starts: what the ECS agent needs there, and nothing else.

Jobs can reach it. Batch runs them in the network of their host, where the host's metadata answers
whatever the hop limit is, and AWS has no switch against that:
https://docs.aws.amazon.com/batch/latest/userguide/networking-modes-jobs.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
So the role has no right to data, images, logs or other clusters. Images are pulled and logs are
written with each job's execution role. With what is left a job could take itself for the agent: see
docs/resources.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from scar_constructs.aws.policy.permissions import WRITES_ANYWHERE, Grant
from scar_constructs.aws.policy.principals import EC2, service_principal
from scar_constructs.aws.policy.roles import new_role

BATCH_CLUSTERS = "AWSBatch-*"
"""Batch names the cluster of an environment AWSBatch-ENVIRONMENT-UUID, and makes it itself."""


def new_host_role(scope: Construct, construct_id: str) -> iam.Role:
    return new_role(
        scope,
        construct_id,
        principal=service_principal(EC2),
        description="hosts of Batch jobs: the ECS agent, on clusters of Batch",
        grants=_run_agent(),
    )


JOIN = (
    "ecs:DeregisterContainerInstance",
    "ecs:RegisterContainerInstance",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
)
"""What a host does to its cluster."""


def _run_agent() -> Iterator[Grant]:
    """Of the managed policy for container instances what an agent needs whose cluster is there.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html
    """
    place = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    cluster = f"{place}:cluster/{BATCH_CLUSTERS}"
    host = f"{place}:container-instance/{BATCH_CLUSTERS}/*"
    unknown = "Batch makes the cluster with the compute environment, and names it"
    yield Grant("JoinCluster", JOIN, (cluster,), unknown)
    yield Grant(
        "TakeOrders",
        ("ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"),
        (host,),
        unknown,
    )
    yield Grant(
        "TagItself",
        ("ecs:TagResource",),
        (host,),
        unknown,
        {"StringEquals": {"ecs:CreateAction": "RegisterContainerInstance"}},
    )
    yield Grant(
        "FindEndpoint",
        ("ecs:DiscoverPollEndpoint",),
        ("*",),
        "the action tells an address, and knows no narrower resource than *",
        findings=(WRITES_ANYWHERE,),
    )
