"""Everything that an account holds, of the kinds that our stacks make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scar_constructs.local.server import CloudAddress

Listing = Callable[[CloudAddress], Iterable[str]]


def inventory(cloud: CloudAddress) -> dict[str, set[str]]:
    """Names or ids by kind; kinds of which there is nothing are left out."""
    found = {kind: set(listing(cloud)) for kind, listing in _LISTINGS.items()}
    return {kind: names for kind, names in found.items() if names}


def added(before: Mapping[str, set[str]], after: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What is in `after` only."""
    more = {kind: names - before.get(kind, set()) for kind, names in after.items()}
    return {kind: names for kind, names in more.items() if names}


def _listing(service: str, operation: str, key: str, name: str, **parameters: Any) -> Listing:
    def names(cloud: CloudAddress) -> Iterable[str]:
        answer = getattr(cloud.client(service), operation)(**parameters)
        return (entry[name] if name else entry for entry in answer.get(key, ()))

    return names


_LISTINGS: Mapping[str, Listing] = {
    "stack": _listing("cloudformation", "describe_stacks", "Stacks", "StackName"),
    "bucket": _listing("s3", "list_buckets", "Buckets", "Name"),
    "function": _listing("lambda", "list_functions", "Functions", "FunctionName"),
    "role": _listing("iam", "list_roles", "Roles", "RoleName"),
    "profile": _listing("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    "log group": _listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "queue": _listing("sqs", "list_queues", "QueueUrls", ""),
    "rule": _listing("events", "list_rules", "Rules", "Name"),
    "compute environment": _listing(
        *("batch", "describe_compute_environments", "computeEnvironments"),
        "computeEnvironmentName",
    ),
    "job queue": _listing("batch", "describe_job_queues", "jobQueues", "jobQueueName"),
    "scheduling policy": _listing("batch", "list_scheduling_policies", "schedulingPolicies", "arn"),
    "job definition": _listing(
        *("batch", "describe_job_definitions", "jobDefinitions", "jobDefinitionArn"),
        status="ACTIVE",
    ),
    "API": _listing("apigateway", "get_rest_apis", "items", "name"),
    "API key": _listing("apigateway", "get_api_keys", "items", "id"),
    "usage plan": _listing("apigateway", "get_usage_plans", "items", "id"),
    "launch template": _listing(
        "ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"
    ),
    "network": _listing("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "subnet": _listing("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "route table": _listing("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    "security group": _listing("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    "gateway": _listing(
        "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "endpoint": _listing("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
}
