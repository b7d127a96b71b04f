"""What AWS allows of a template's parts: one line each, with the page, and how it is measured.

A number that a check of the language knows too is taken from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scar_constructs.emulator.generated_names import LIMITS as NAME_LENGTHS
from scar_constructs.emulator.generated_names import generated_name
from scar_constructs.model import limits
from tests.support.resolved import Json, Resolved, size

Measured = Iterator[tuple[str, int]]
"""(place, amount)"""

DOCS = "https://docs.aws.amazon.com/"
CLOUDFORMATION = f"{DOCS}AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
OUTPUTS = f"{DOCS}AWSCloudFormation/latest/UserGuide/outputs-section-structure.html"
IAM = f"{DOCS}IAM/latest/UserGuide/reference_iam-quotas.html"
ROLE = f"{DOCS}IAM/latest/APIReference/API_CreateRole.html"
LAMBDA = f"{DOCS}lambda/latest/dg/gettingstarted-limits.html"
FUNCTION = f"{DOCS}lambda/latest/api/API_CreateFunction.html"
SQS = f"{DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html"
S3_POLICY = f"{DOCS}AmazonS3/latest/userguide/bucket-policies.html"
S3_FILTER = f"{DOCS}AmazonS3/latest/API/API_FilterRule.html"
S3_LIFECYCLE = f"{DOCS}AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html"
S3 = f"{DOCS}general/latest/gr/s3.html"
EVENTS = f"{DOCS}eventbridge/latest/userguide/eb-quota.html"
RULE = f"{DOCS}eventbridge/latest/APIReference/API_PutRule.html"
BATCH = f"{DOCS}batch/latest/userguide/service_limits.html"
SHARE = f"{DOCS}batch/latest/APIReference/API_ShareAttributes.html"
RETRIES = f"{DOCS}batch/latest/userguide/job_retries.html"
RESOURCES = f"{DOCS}batch/latest/APIReference/API_ComputeResource.html"
DEFINITION = f"{DOCS}batch/latest/APIReference/API_RegisterJobDefinition.html"
CONTAINERS = f"{DOCS}batch/latest/APIReference/API_EcsTaskProperties.html"
GROUP = f"{DOCS}AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"
TAGS = f"{DOCS}tag-editor/latest/userguide/best-practices-and-strats.html"
NAMES = f"{DOCS}AWSCloudFormation/latest/TemplateReference/aws-properties-name.html"


@dataclass(frozen=True)
class Limit:
    """At most `most` of `what`, which `measure` finds in a template."""

    what: str
    most: int
    page: str
    measure: Callable[[Resolved], Measured]

    def breaches(self, resolved: Resolved) -> Iterator[str]:
        for place, amount in self.measure(resolved):
            if amount > self.most:
                yield f"{resolved.stack}/{place}: {self.what}: {amount}, of {self.most}"


def _whole(amount: Callable[[Json], int]) -> Callable[[Resolved], Measured]:
    """Of the template itself."""

    def measure(resolved: Resolved) -> Measured:
        yield "", amount(resolved.template)

    return measure


def _each(kind: str, amount: Callable[[Json], int]) -> Callable[[Resolved], Measured]:
    """Of each resource of a type, by its resolved properties."""

    def measure(resolved: Resolved) -> Measured:
        for logical_id, properties in resolved.of(kind):
            yield logical_id, amount(properties)

    return measure


def _length(name: str) -> Callable[[Json], int]:
    return lambda properties: len(properties.get(name, ""))


def _count(*names: str) -> Callable[[Json], int]:
    """Entries of a list or mapping inside of the properties."""

    def amount(properties: Json) -> int:
        found: Any = properties
        for name in names:
            found = found.get(name, {})
        return len(found)

    return amount


def _longest(values: Iterable[object]) -> int:
    return max((len(str(value)) for value in values), default=0)


def _outputs(resolved: Resolved) -> Measured:
    for name, output in resolved.template.get("Outputs", {}).items():
        yield name, len(output.get("Description", "").encode())


def _logical_ids(resolved: Resolved) -> Measured:
    for logical_id in resolved.template["Resources"]:
        yield logical_id, len(logical_id)


def _name_beyond(resolved: Resolved) -> Measured:
    """By how much a name is longer than its type allows."""
    for logical_id, kind, name in resolved.named():
        yield logical_id, len(name) - NAME_LENGTHS[kind]


def _inline_policies(properties: Json) -> int:
    """Without white space, which IAM does not count."""
    return sum(size(policy["PolicyDocument"]) for policy in properties.get("Policies", ()))


def _function_policies(resolved: Resolved) -> Measured:
    """Each Lambda's resource policy, as Lambda puts it together from its permissions."""
    statements: dict[str, list[Json]] = {}
    for logical_id, said in resolved.of("AWS::Lambda::Permission"):
        condition: Json = {"ArnLike": {"AWS:SourceArn": said["SourceArn"]}}
        if "SourceAccount" in said:
            condition["StringEquals"] = {"AWS:SourceAccount": said["SourceAccount"]}
        statements.setdefault(said["FunctionName"], []).append(
            {
                "Sid": generated_name("", resolved.stack, logical_id, "0123456789AB", 100),
                "Effect": "Allow",
                "Principal": {"Service": said["Principal"]},
                "Action": said["Action"],
                "Resource": said["FunctionName"],
                "Condition": condition,
            }
        )
    for function, found in statements.items():
        yield function, size({"Version": "2012-10-17", "Id": "default", "Statement": found})


def _environment(properties: Json) -> int:
    variables = properties.get("Environment", {}).get("Variables", {})
    return sum(len(f"{name}{value}".encode()) for name, value in variables.items())


def _statements(properties: Json) -> int:
    return len(properties["PolicyDocument"]["Statement"])


def _policy(properties: Json) -> int:
    return size(properties["PolicyDocument"])


def _wildcards(properties: Json) -> int:
    return json.dumps(properties.get("EventPattern")).count('"wildcard"')


def _filters(properties: Json) -> int:
    notified = properties.get("NotificationConfiguration", {}).get("LambdaConfigurations", ())
    rules = [
        rule["Value"]
        for one in notified
        for rule in one.get("Filter", {}).get("S3Key", {}).get("Rules", ())
    ]
    return _longest(rules)


def _containers(properties: Json) -> list[Json]:
    """Every container of a job definition."""
    nodes = properties.get("NodeProperties", {}).get("NodeRangeProperties", ())
    tasks = properties.get("EcsProperties", {}).get("TaskProperties", ())
    found = [properties[key] for key in ("ContainerProperties",) if key in properties]
    found += [one["Container"] for one in nodes]
    return found + [container for task in tasks for container in task["Containers"]]


def _images(properties: Json) -> int:
    return _longest(container["Image"] for container in _containers(properties))


def _tags_of(properties: Json) -> Iterator[tuple[str, str]]:
    tags = properties.get("Tags", ())
    if isinstance(tags, dict):
        yield from tags.items()
    else:
        yield from ((one["Key"], one["Value"]) for one in tags)


def _tags(amount: Callable[[list[tuple[str, str]]], int]) -> Callable[[Resolved], Measured]:
    def measure(resolved: Resolved) -> Measured:
        for logical_id, properties in resolved.of():
            yield logical_id, amount(list(_tags_of(properties)))

    return measure


LIMITS = (
    Limit(
        "bytes of a template", 1_000_000, CLOUDFORMATION, _whole(lambda one: len(json.dumps(one)))
    ),
    Limit("resources", 500, CLOUDFORMATION, _whole(_count("Resources"))),
    Limit("outputs", 200, CLOUDFORMATION, _whole(_count("Outputs"))),
    Limit("parameters", 200, CLOUDFORMATION, _whole(_count("Parameters"))),
    Limit(
        *("bytes of a description", 1_024, CLOUDFORMATION),
        _whole(lambda one: len(one.get("Description", "").encode())),
    ),
    Limit("letters of a logical id", 255, CLOUDFORMATION, _logical_ids),
    Limit("bytes of an output's description", 1_024, OUTPUTS, _outputs),
    Limit("letters more than a name may have", 0, NAMES, _name_beyond),
    Limit(
        *("characters of a role's policies", limits.ROLE_POLICY_MAX_CHARACTERS, IAM),
        _each("AWS::IAM::Role", _inline_policies),
    ),
    Limit(
        *("characters of a trust policy", 2_048, IAM),
        _each("AWS::IAM::Role", lambda one: size(one["AssumeRolePolicyDocument"])),
    ),
    Limit(
        "managed policies of a role", 10, IAM, _each("AWS::IAM::Role", _count("ManagedPolicyArns"))
    ),
    Limit(
        *("characters of a role's description", 1_000, ROLE),
        _each("AWS::IAM::Role", _length("Description")),
    ),
    Limit(
        *("bytes of a function's policy", limits.FUNCTION_POLICY_MAX_BYTES, LAMBDA),
        _function_policies,
    ),
    Limit(
        *("bytes of a function's variables", limits.LAMBDA_ENVIRONMENT_MAX_BYTES, LAMBDA),
        _each("AWS::Lambda::Function", _environment),
    ),
    Limit(
        *("characters of a function's description", limits.LAMBDA_DESCRIPTION_MAX, FUNCTION),
        _each("AWS::Lambda::Function", _length("Description")),
    ),
    Limit(
        *("seconds of a function's time-out", limits.LAMBDA_TIMEOUT_MAX_SECONDS, LAMBDA),
        _each("AWS::Lambda::Function", lambda one: one["Timeout"]),
    ),
    Limit("bytes of a queue's policy", 8_192, SQS, _each("AWS::SQS::QueuePolicy", _policy)),
    Limit("statements of a queue's policy", 20, SQS, _each("AWS::SQS::QueuePolicy", _statements)),
    Limit("bytes of a bucket's policy", 20_480, S3_POLICY, _each("AWS::S3::BucketPolicy", _policy)),
    Limit(
        *("notifications of a bucket", limits.BUCKET_NOTIFICATIONS_MAX, S3),
        _each("AWS::S3::Bucket", _count("NotificationConfiguration", "LambdaConfigurations")),
    ),
    Limit(
        *("letters of a filter", limits.FILTER_VALUE_MAX, S3_FILTER),
        _each("AWS::S3::Bucket", _filters),
    ),
    Limit(
        *("lifecycle rules of a bucket", 1_000, S3_LIFECYCLE),
        _each("AWS::S3::Bucket", _count("LifecycleConfiguration", "Rules")),
    ),
    Limit(
        *("characters of an event pattern", limits.EVENT_PATTERN_MAX_CHARACTERS, EVENTS),
        _each("AWS::Events::Rule", lambda one: len(json.dumps(one.get("EventPattern")))),
    ),
    Limit("wildcards of an event pattern", 0, EVENTS, _each("AWS::Events::Rule", _wildcards)),
    Limit("targets of a rule", 5, EVENTS, _each("AWS::Events::Rule", _count("Targets"))),
    Limit(
        *("characters of a rule's description", 512, RULE),
        _each("AWS::Events::Rule", _length("Description")),
    ),
    Limit(
        *("rules of an event bus", limits.EVENT_RULES_MAX, EVENTS),
        lambda resolved: iter([("", len(list(resolved.of("AWS::Events::Rule"))))]),
    ),
    Limit(
        *("bytes of a job definition", 24 * 1024, BATCH),
        _each("AWS::Batch::JobDefinition", size),
    ),
    Limit(
        *("conditions of a retry strategy", 5, RETRIES),
        _each("AWS::Batch::JobDefinition", _count("RetryStrategy", "EvaluateOnExit")),
    ),
    Limit(
        *("letters of an image's name", limits.IMAGE_NAME_MAX, DEFINITION),
        _each("AWS::Batch::JobDefinition", _images),
    ),
    Limit(
        *("containers of a task", 10, CONTAINERS),
        _each("AWS::Batch::JobDefinition", lambda one: len(_containers(one))),
    ),
    Limit(
        *("compute environments of a queue", 3, BATCH),
        _each("AWS::Batch::JobQueue", _count("ComputeEnvironmentOrder")),
    ),
    Limit(
        *("shares of a queue", limits.BATCH_SHARES_MAX, SHARE),
        _each("AWS::Batch::SchedulingPolicy", _count("FairsharePolicy", "ShareDistribution")),
    ),
    Limit(
        *("subnets of a compute environment", limits.BATCH_SUBNETS_MAX, RESOURCES),
        _each("AWS::Batch::ComputeEnvironment", _count("ComputeResources", "Subnets")),
    ),
    Limit(
        *("groups of a compute environment", limits.BATCH_SECURITY_GROUPS_MAX, RESOURCES),
        _each("AWS::Batch::ComputeEnvironment", _count("ComputeResources", "SecurityGroupIds")),
    ),
    Limit(
        *("compute environments of a region", limits.BATCH_COMPUTE_ENVIRONMENTS_MAX, BATCH),
        lambda resolved: iter([("", len(list(resolved.of("AWS::Batch::ComputeEnvironment"))))]),
    ),
    Limit(
        *("letters of a security group's description", 255, GROUP),
        _each("AWS::EC2::SecurityGroup", _length("GroupDescription")),
    ),
    Limit("tags of a resource", limits.TAGS_MAX, TAGS, _tags(len)),
    Limit(
        "letters of a tag's name", 128, TAGS, _tags(lambda tags: _longest(key for key, _ in tags))
    ),
    Limit(
        *("letters of a tag's value", limits.TAG_VALUE_MAX, TAGS),
        _tags(lambda tags: _longest(value for _, value in tags)),
    ),
)
