"""Remove what stacks that are gone have left of their own: what only the runtime needs, or nothing.

Buckets with the user's files are named and never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, Protocol

from botocore.exceptions import ClientError

from scar_constructs.model.limits import API_LOGS_ROLE_ID, SPOOL_ID
from scar_constructs.operate.prune.assets import in_repository, remove, unused
from scar_constructs.operate.prune.history import (
    SKIPPED,
    Resource,
    deleted_stacks,
    resources_in_use,
    resources_of_deleted,
)

BUCKET = "AWS::S3::Bucket"
ROLE = "AWS::IAM::Role"
DEFINITION = "AWS::Batch::JobDefinition"
TAKE_BACK = "your files: `npx cdk deploy --import-existing-resources` takes it back"
_GONE = frozenset({"NoSuchBucket", "404", "NoSuchEntity"})


class Action(Enum):
    """What became of a leftover."""

    REMOVED = "removed"
    FOUND = "found"
    KEPT = "kept"


@dataclass(frozen=True)
class Leftover:
    """One thing that a stack left: what it is, its name, what was done about it, and its bytes as
    far as they can be known."""

    action: Action
    kind: str
    name: str
    note: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Services:
    """Clients of boto3, made by the command."""

    cloudformation: Any
    s3: Any
    batch: Any
    iam: Any
    apigateway: Any
    ecr: Any
    sts: Any


class LocalImages(Protocol):
    """The images of this machine's container engine."""

    def with_tags(self, tags: Collection[str]) -> Iterable[tuple[str, str]]:
        """Name and size in words of each image whose name has one of the tags of assets."""

    def remove(self, name: str) -> None: ...


class Leftovers:
    """What deleted stacks of this name have left, in the clients' account and region, and in the
    engine of this machine."""

    def __init__(self, services: Services, stack: str, local: LocalImages) -> None:
        self._services = services
        self._stack = stack
        self._local = local

    def look(self) -> Iterator[Leftover]:
        """What is there, of which nothing is changed."""
        for leftover, _ in self._found():
            yield leftover

    def remove(self) -> Iterator[Leftover]:
        """Remove what nobody needs; each is told once it is gone."""
        for leftover, removal in self._found():
            if leftover.action is Action.FOUND:
                removal()
                yield replace(leftover, action=Action.REMOVED)
            else:
                yield leftover

    def _found(self) -> Iterator[tuple[Leftover, Callable[[], None]]]:
        cloudformation = self._services.cloudformation
        in_use = resources_in_use(cloudformation, self._stack)
        deleted = list(deleted_stacks(cloudformation, self._stack))
        left = resources_of_deleted(cloudformation, deleted)
        skipped = [one for one in left if one.status == SKIPPED and one.physical_id not in in_use]
        for resource in skipped:
            if resource.kind == BUCKET:
                yield from self._bucket(resource)
            elif resource.kind == ROLE and resource.logical_id.startswith(API_LOGS_ROLE_ID):
                yield from self._role(resource.physical_id)
        used = {_definition(one) for one in in_use}
        names = {_definition(one.physical_id) for one in left if one.kind == DEFINITION}
        for name in sorted(names - used - {""}):
            yield from self._definitions(name)
        yield from self._images(deleted)

    def _images(self, deleted: Sequence[str]) -> Iterator[tuple[Leftover, Callable[[], None]]]:
        account = self._services.sts.get_caller_identity()["Account"] if deleted else ""
        place = f"{account}-{self._services.ecr.meta.region_name}"
        images = unused(self._services.cloudformation, deleted)
        for image in in_repository(self._services.ecr, place, images):
            leftover = Leftover(Action.FOUND, "image", image.name, size=image.size)
            yield leftover, partial(remove, self._services.ecr, image)
        for name, size in self._local.with_tags({tag for _, tag in images}):
            found = Leftover(Action.FOUND, "image of this machine", name, size)
            yield found, partial(self._local.remove, name)

    def _bucket(self, resource: Resource) -> Iterator[tuple[Leftover, Callable[[], None]]]:
        name = resource.physical_id
        if not _exists(lambda: self._services.s3.head_bucket(Bucket=name)):
            return
        if resource.logical_id.startswith(SPOOL_ID):
            found = Leftover(Action.FOUND, "spool bucket", name, size=self._size_of(name))
            yield found, partial(self._remove_bucket, name)
        else:
            yield Leftover(Action.KEPT, "bucket", name, TAKE_BACK), _nothing

    def _role(self, name: str) -> Iterator[tuple[Leftover, Callable[[], None]]]:
        """The role of API Gateway's logs, unless the region's setting still names it."""
        if not _exists(lambda: self._services.iam.get_role(RoleName=name)):
            return
        current = self._services.apigateway.get_account().get("cloudwatchRoleArn", "")
        kind = "role of API Gateway's logs"
        if current.rpartition("/")[2] == name:
            note = "the region's setting names it: APIs log with it"
            yield Leftover(Action.KEPT, kind, name, note), _nothing
        else:
            yield Leftover(Action.FOUND, kind, name), partial(self._remove_role, name)

    def _definitions(self, name: str) -> Iterator[tuple[Leftover, Callable[[], None]]]:
        """Revisions that an update left for jobs that waited; those ended with the stack."""
        pages = self._services.batch.get_paginator("describe_job_definitions").paginate(
            jobDefinitionName=name, status="ACTIVE"
        )
        for one in (one for page in pages for one in page["jobDefinitions"]):
            found = Leftover(Action.FOUND, "job definition", f"{name}:{one['revision']}")
            yield found, partial(self._deregister, one["jobDefinitionArn"])

    def _size_of(self, bucket: str) -> int:
        pages = self._services.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        return sum(one["Size"] for page in pages for one in page.get("Versions", ()))

    def _remove_bucket(self, name: str) -> None:
        s3 = self._services.s3
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if versions:
                s3.delete_objects(Bucket=name, Delete={"Objects": _keys(versions), "Quiet": True})
        s3.delete_bucket(Bucket=name)

    def _remove_role(self, name: str) -> None:
        iam = self._services.iam
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            for policy in page["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=name)

    def _deregister(self, arn: str) -> None:
        self._services.batch.deregister_job_definition(jobDefinition=arn)


def _nothing() -> None:
    """Removes nothing."""


def _keys(versions: Sequence[Any]) -> list[dict[str, str]]:
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]


def _definition(physical_id: str) -> str:
    """The name in a job definition's ARN; empty for anything else."""
    _, found, revision = physical_id.partition(":job-definition/")
    return revision.rpartition(":")[0] if found else ""


def _exists(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return False
        raise
    return True
