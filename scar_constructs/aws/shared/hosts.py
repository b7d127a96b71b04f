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

from aws_cdk import aws_iam as iam
from constructs import Construct

from scar_constructs.aws.policy.principals import EC2, service_principal
from scar_constructs.aws.policy.roles import new_role
from scar_constructs.language.grants.roles import run_agent


def new_host_role(scope: Construct, construct_id: str) -> iam.Role:
    return new_role(
        scope,
        construct_id,
        principal=service_principal(EC2),
        description="hosts of Batch jobs: the ECS agent, on clusters of Batch",
        grants=run_agent(),
    )
