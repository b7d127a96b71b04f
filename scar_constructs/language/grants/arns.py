"""ARNs and ARN patterns, from names alone.

`${AWS::Region}` and its like stand for what only a deployment knows, and `${SpoolBucket.Arn}` and
its like for what CloudFormation names; `aws.policy.naming` puts the template's references in their
places. Nothing that a user writes looks like either: `$` of a folder is written `${$}` in a policy,
and the forms of ARNs and images have no `$`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PARTITION = "${AWS::Partition}"
REGION = "${AWS::Region}"
ACCOUNT = "${AWS::AccountId}"

SPOOL = "${SpoolBucket.Arn}"
FAILURES = "${FailureQueue.Arn}"
JOB_QUEUE = "${JobQueue.Arn}"
IMAGE_REPOSITORY = "${ImageRepository.Arn}"
RUNTIME_ZIP = "${RuntimeZip.Arn}"

PLACEHOLDERS = (
    *(PARTITION, REGION, ACCOUNT),
    *(SPOOL, FAILURES, JOB_QUEUE, IMAGE_REPOSITORY, RUNTIME_ZIP),
)
_ANY = re.compile("|".join(map(re.escape, PLACEHOLDERS)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with a value in the place of each placeholder, and all else as it is.

    Raises KeyError for a placeholder without a value.
    """
    return _ANY.sub(lambda found: values[found[0]], text)


def function_arn(function: str) -> str:
    return _here("lambda", f"function:{function}")


def queue_arn(name: str) -> str:
    return _here("sqs", name)


def bucket_arn(bucket: str) -> str:
    return f"arn:{PARTITION}:s3:::{bucket}"


def objects_arn(bucket: str, folder: str) -> str:
    """ARN pattern of everything under a folder; the empty folder is the whole bucket."""
    folder_with_slash = f"{_literal(folder)}/" if folder else ""
    return f"{bucket_arn(bucket)}/{folder_with_slash}*"


def _literal(text: str) -> str:
    """Text as a policy takes it to the letter: `*`, `?` and `$` have meanings there.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return re.sub(r"[*?$]", lambda match: f"${{{match[0]}}}", text)


def log_streams_arn(log_group: str) -> str:
    """ARN pattern of a group's streams, whose names the platform makes up."""
    return f"{log_group_arn(log_group)}:log-stream:*"


def log_group_arn(log_group: str) -> str:
    return _here("logs", f"log-group:{log_group}")


def flow_logs_arn() -> str:
    """ARN pattern of the flow logs of this account and region, whose ids AWS makes up."""
    return _here("ec2", "vpc-flow-log/*")


def file_system_arn(identifier: str) -> str:
    return _here("elasticfilesystem", f"file-system/{identifier}")


def job_definition_arns(definition: str) -> tuple[str, str]:
    """A job definition as it is submitted (without a revision), and all its revisions."""
    arn = _here("batch", f"job-definition/{definition}")
    return arn, f"{arn}:*"


def repository_arn(region: str, account: str, name: str) -> str:
    """A repository of images in ECR."""
    return f"arn:{PARTITION}:ecr:{region}:{account}:repository/{name}"


def ecs_arn(kind: str, name: str) -> str:
    return _here("ecs", f"{kind}/{name}")


def _here(service: str, resource: str) -> str:
    """Of the account and region of the stack."""
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource}"
