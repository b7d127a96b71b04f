"""Flow logs of the network of jobs: who spoke with whom, in a log group of the stack.

The network is shared, and so the log has the traffic of other stacks too.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from scar_constructs.aws.policy import naming
from scar_constructs.aws.policy.principals import FLOW_LOGS, service_principal
from scar_constructs.aws.policy.roles import new_role
from scar_constructs.aws.shared.log_groups import new_log_group
from scar_constructs.language.grants import arns, statements
from scar_constructs.model import names
from scar_constructs.model.limits import LOG_RETENTION_DAYS


class FlowLogs(Construct):
    """All traffic of a VPC. `kms_key`: ARN of the key that encrypts the log group.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, vpc_id: str, kms_key: str | None
    ) -> None:
        super().__init__(scope, construct_id)
        name = names.network_log_group(Stack.of(self).stack_name)
        group = new_log_group(self, "LogGroup", name=name, days=LOG_RETENTION_DAYS, kms_key=kms_key)
        role = new_role(
            self,
            "Role",
            principal=service_principal(
                FLOW_LOGS, source_arn=naming.resolved(arns.flow_logs_arn())
            ),
            description="flow logs of the network of jobs",
            grants=[statements.write_flow_logs(name)],
        )
        ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_id=vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )
