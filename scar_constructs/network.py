"""The network of jobs whose functions name no subnets: out to the internet, nothing in.

Public subnets without NAT: a job needs a way to the image registry and to the APIs, a NAT gateway
costs more per month than most workflows, and nothing can connect in through a security group that
has no ingress rule. Traffic to S3 stays inside through the gateway endpoint, which is free.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnResource
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from scar_constructs.compliance import STRICT_PACKS, acknowledge
from scar_constructs.flow_logs import FlowLogs

ZONES = 2


class Network(Construct):
    """A VPC over two zones with public subnets, an S3 gateway endpoint and a closed group.

    `kms_key`: ARN of the key that encrypts the flow logs, if there are any.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        flow_logs: bool = False,
        kms_key: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=ZONES,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC)
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
            # It would bring a custom resource with a helper function; nothing uses that group.
            restrict_default_security_group=False,
        )
        self._group = ec2.SecurityGroup(
            self,
            "Jobs",
            vpc=self._vpc,
            description="jobs: all traffic out, none in",
            allow_all_outbound=True,
        )
        self._nodes: ec2.SecurityGroup | None = None
        if flow_logs:
            FlowLogs(self, "FlowLogs", vpc_id=self._vpc.vpc_id, kms_key=kms_key)
        self._acknowledge(_not_logged() if not flow_logs else {})

    def _acknowledge(self, reasons: dict[str, str]) -> None:
        unused = "no resource uses the default group; jobs have a group without ingress"
        for pack in STRICT_PACKS:
            reasons[f"{pack}-VPCDefaultSecurityGroupClosed"] = unused
        acknowledge(cast(CfnResource, self._vpc.node.default_child), reasons)
        public = "jobs reach the registry and the APIs without a NAT gateway; no ingress is open"
        for subnet in self._vpc.public_subnets:
            acknowledge(
                cast(CfnResource, subnet.node.default_child),
                {f"{pack}-VPCSubnetAutoAssignPublicIpDisabled": public for pack in STRICT_PACKS},
            )
            acknowledge(
                cast(CfnResource, subnet.node.find_child("DefaultRoute")),
                {f"{pack}-VPCNoUnrestrictedRouteToIGW": public for pack in STRICT_PACKS},
            )

    @property
    def vpc(self) -> ec2.Vpc:
        return self._vpc

    @property
    def subnet_ids(self) -> list[str]:
        return [subnet.subnet_id for subnet in self._vpc.public_subnets]

    @property
    def security_group_id(self) -> str:
        return self._group.security_group_id

    @property
    def nodes_group_id(self) -> str:
        """A group for the nodes of one job, which reach each other, and which nobody else reaches.

        https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
        """
        if self._nodes is None:
            self._nodes = ec2.SecurityGroup(
                self,
                "Nodes",
                vpc=self._vpc,
                description="nodes of jobs: all traffic out, and in from each other",
                allow_all_outbound=True,
            )
            among = ec2.CfnSecurityGroupIngress(
                self,
                "AmongNodes",
                group_id=self._nodes.security_group_id,
                source_security_group_id=self._nodes.security_group_id,
                ip_protocol="-1",
                description="nodes of the same job",
            )
            own = "only members of the same group come in: nodes of one job, on any port they agree"
            acknowledge(among, {f"{pack}-EC2RestrictedCommonPorts": own for pack in STRICT_PACKS})
        return self._nodes.security_group_id


def _not_logged() -> dict[str, str]:
    reason = "flow logs cost by volume, and are there with `flow_logs`; nothing can connect in"
    return {
        "AwsSolutions-VPC7": reason,
        **{f"{pack}-VPCFlowLogsEnabled": reason for pack in STRICT_PACKS},
    }
