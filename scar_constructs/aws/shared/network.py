"""The network of jobs whose functions name no subnets: one for all workflows of a region.

Out to the internet, nothing in. Public subnets without NAT: a job needs a way to the image registry
and to the APIs, a NAT gateway costs more per month than most workflows, and nothing can connect in
through a security group that has no ingress rule. Traffic to S3 stays inside through the gateway
endpoint, which is free.

It is a stack of its own, because an account has five networks in a region. Many apps deploy it, and
none must undo what another did; so its template is the same bytes in all of them. Nothing of a
file, of the app or of the place of deployment stands in it, and level-1 constructs say everything:
those of level 2 write the construct's path, the account's zones and the region's name into it.
"""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, CfnTag, Environment, Fn, Stack, Stage, Token
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.aws.shared.flow_logs import FlowLogs
from scar_constructs.model.limits import NETWORK_STACK

VERSION = 1
"""Of the exports. Another network exports under another version, beside those that stacks import:
CloudFormation refuses to change or remove these."""
RANGE = "10.0.0.0/16"
SUBNET_RANGES = ("10.0.0.0/17", "10.0.128.0/17")
"""Each in a zone of its own."""
VPC, JOBS_GROUP = "Vpc", "JobsGroup"
SUBNETS = ("Subnet1", "Subnet2")

_ANYWHERE = "0.0.0.0/0"
_PUBLIC = "jobs reach the registry and the APIs without a NAT gateway; no ingress is open"
_UNUSED = "no resource uses the default group; jobs have a group without ingress"
_NOT_LOGGED = (
    "flow logs cost by volume; `flow_logs` of a file adds them, from its own stack; nothing can "
    "connect in"
)
_AMONG_NODES = "only members of the same group come in: nodes of one job, on any port they agree"


class Network(Construct):
    """The network as a stack sees it whose jobs run there. That stack is deployed after it.

    The stack imports by names, so that CloudFormation refuses to remove the network under it.
    `flow_logs`: whether this stack logs the traffic, which is that of all workflows; under the key
    with the ARN `kms_key`, if there is one.
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
        Stack.of(self).add_stack_dependency(network_stack(self))
        if flow_logs:
            FlowLogs(self, "FlowLogs", vpc_id=_imported(VPC), kms_key=kms_key)
        self._nodes: ec2.CfnSecurityGroup | None = None

    @property
    def subnet_ids(self) -> list[str]:
        return [_imported(subnet) for subnet in SUBNETS]

    @property
    def security_group_id(self) -> str:
        return _imported(JOBS_GROUP)

    @property
    def nodes_group_id(self) -> str:
        """A group for the nodes of one job, which reach each other, and which nothing else reaches.

        It is this stack's own, or jobs of other workflows could reach them.
        https://docs.aws.amazon.com/batch/latest/userguide/mnp-ce.html
        """
        if self._nodes is None:
            self._nodes = _new_group(
                self,
                "Nodes",
                vpc_id=_imported(VPC),
                purpose="nodes of jobs: all out, in from each other",
            )
            _let_members_in(self, "AmongNodes", self._nodes.attr_group_id)
        return self._nodes.attr_group_id


def network_stack(scope: Construct) -> Stack:
    """The network for the region that the scope's stack goes to, in the scope's app or stage.

    It is made when it is first asked for. A stack without a region goes where it is deployed, and
    so does its network.
    """
    stack, stage = Stack.of(scope), Stage.of(scope)
    if stage is None:
        raise ValueError(f"{stack.node.path} is in no app, and the network has to be in the same")
    account, region = (
        None if Token.is_unresolved(place) else place for place in (stack.account, stack.region)
    )
    name = "-".join([NETWORK_STACK, *(place for place in (account, region) if place)])
    made = stage.node.try_find_child(name)
    if isinstance(made, Stack):
        return made
    return NetworkStack(stage, name, env=Environment(account=account, region=region))


class NetworkStack(Stack):
    """A VPC over two zones with public subnets, an S3 gateway endpoint and a closed group."""

    def __init__(self, scope: Construct, construct_id: str, *, env: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=NETWORK_STACK,
            description="SCAR functions: the network of jobs, for all workflows of the region",
            env=env,
            analytics_reporting=False,
        )
        # The construct's path has the region in it where a file names one.
        self.node.set_context("aws:cdk:enable-path-metadata", False)
        self._vpc = self._new_vpc()
        table = self._new_routes()
        self._new_subnets(table)
        self._new_endpoint(table)
        self._new_jobs_group()

    def _new_vpc(self) -> ec2.CfnVPC:
        vpc = ec2.CfnVPC(
            self,
            VPC,
            cidr_block=RANGE,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=_named(NETWORK_STACK),
        )
        reasons = {"AwsSolutions-VPC7": _NOT_LOGGED}
        for pack in STRICT_PACKS:
            reasons[f"{pack}-VPCFlowLogsEnabled"] = _NOT_LOGGED
            reasons[f"{pack}-VPCDefaultSecurityGroupClosed"] = _UNUSED
        acknowledge(vpc, reasons)
        self._export(VPC, vpc.ref)
        return vpc

    def _new_routes(self) -> ec2.CfnRouteTable:
        """To the internet, through a gateway that costs nothing."""
        gateway = ec2.CfnInternetGateway(self, "Gateway", tags=_named(NETWORK_STACK))
        attachment = ec2.CfnVPCGatewayAttachment(
            self, "Attachment", vpc_id=self._vpc.ref, internet_gateway_id=gateway.ref
        )
        table = ec2.CfnRouteTable(
            self, "Routes", vpc_id=self._vpc.ref, tags=_named(f"{NETWORK_STACK} public")
        )
        route = ec2.CfnRoute(
            self,
            "RouteOut",
            route_table_id=table.ref,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.ref,
        )
        route.add_resource_dependency(attachment)
        acknowledge(
            route, {f"{pack}-VPCNoUnrestrictedRouteToIGW": _PUBLIC for pack in STRICT_PACKS}
        )
        return table

    def _new_subnets(self, table: ec2.CfnRouteTable) -> None:
        for zone, (name, block) in enumerate(zip(SUBNETS, SUBNET_RANGES, strict=True)):
            subnet = ec2.CfnSubnet(
                self,
                name,
                vpc_id=self._vpc.ref,
                cidr_block=block,
                availability_zone=Fn.select(zone, Fn.get_azs("")),
                map_public_ip_on_launch=True,
                tags=_named(f"{NETWORK_STACK} public {zone + 1}"),
            )
            acknowledge(
                subnet,
                {f"{pack}-VPCSubnetAutoAssignPublicIpDisabled": _PUBLIC for pack in STRICT_PACKS},
            )
            ec2.CfnSubnetRouteTableAssociation(
                self, f"{name}Routes", subnet_id=subnet.ref, route_table_id=table.ref
            )
            self._export(name, subnet.ref)

    def _new_endpoint(self, table: ec2.CfnRouteTable) -> None:
        ec2.CfnVPCEndpoint(
            self,
            "S3Endpoint",
            vpc_id=self._vpc.ref,
            service_name=f"com.amazonaws.{Aws.REGION}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.ref],
        )

    def _new_jobs_group(self) -> None:
        """It lets nothing in, so that jobs of all workflows can be in it and reach no other."""
        group = _new_group(self, JOBS_GROUP, vpc_id=self._vpc.ref, purpose="jobs: all out, none in")
        self._export(JOBS_GROUP, group.attr_group_id)

    def _export(self, part: str, value: str) -> None:
        CfnOutput(self, f"{part}Export", value=value, export_name=_export_name(part))


def _new_group(
    scope: Construct, construct_id: str, *, vpc_id: str, purpose: str
) -> ec2.CfnSecurityGroup:
    """A group whose members reach everything, and which nothing reaches."""
    return ec2.CfnSecurityGroup(
        scope,
        construct_id,
        group_description=purpose,
        vpc_id=vpc_id,
        security_group_egress=[
            ec2.CfnSecurityGroup.EgressProperty(
                cidr_ip=_ANYWHERE, ip_protocol="-1", description="all traffic"
            )
        ],
    )


def _let_members_in(scope: Construct, construct_id: str, group_id: str) -> None:
    rule = ec2.CfnSecurityGroupIngress(
        scope,
        construct_id,
        group_id=group_id,
        source_security_group_id=group_id,
        ip_protocol="-1",
        description="nodes of the same job",
    )
    acknowledge(rule, {f"{pack}-EC2RestrictedCommonPorts": _AMONG_NODES for pack in STRICT_PACKS})


def _imported(part: str) -> str:
    return Fn.import_value(_export_name(part))


def _export_name(part: str) -> str:
    return f"{NETWORK_STACK}:{VERSION}:{part}"


def _named(name: str) -> list[CfnTag]:
    return [CfnTag(key="Name", value=name)]
