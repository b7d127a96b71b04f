"""Images in the CDK's repository that deleted stacks used, and no stack uses any more.

`cdk gc` removes whatever no stack uses, of every application; this, only what workflows of a name
brought. A deleted stack's template is there as long as CloudFormation remembers the stack:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_IMAGE = re.compile(
    r"(cdk-[a-z0-9]+-container-assets)-(?:\$\{AWS::AccountId\}|\d{12})-"
    r"(?:\$\{AWS::Region\}|[a-z0-9-]+?)[\":}, ]{1,8}([0-9a-f]{64})\b"
)
"""A name and its tag, in one text or in two of a `Fn::Join`."""
_ABSENT = ("ImageNotFoundException", "RepositoryNotFoundException")


@dataclass(frozen=True)
class AssetImage:
    """An image of the CDK's repository: repository, tag, and bytes in the repository."""

    repository: str
    tag: str
    size: int

    @property
    def name(self) -> str:
        return f"{self.repository}:{self.tag}"


def unused(cloudformation: Any, deleted: Iterable[str]) -> list[tuple[str, str]]:
    """Repository (without account and region) and tag of the images of deleted stacks (by their
    ids) that no stack of the region uses now."""
    gone = {found for stack in deleted for found in _images(cloudformation, stack)}
    if not gone:
        return []
    used = {found for stack in _stacks(cloudformation) for found in _images(cloudformation, stack)}
    return sorted(gone - used)


def in_repository(ecr: Any, place: str, images: Iterable[tuple[str, str]]) -> Iterator[AssetImage]:
    """Those of the images that are there. `place` is "account-region", with which the CDK ends the
    repository's name."""
    for repository, tag in images:
        found = _image(ecr, f"{repository}-{place}", tag)
        if found is not None:
            yield found


def remove(ecr: Any, image: AssetImage) -> None:
    """Remove one image."""
    ecr.batch_delete_image(repositoryName=image.repository, imageIds=[{"imageTag": image.tag}])


def _stacks(cloudformation: Any) -> Iterator[str]:
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    yield from (str(one["StackId"]) for page in pages for one in page["Stacks"])


def _images(cloudformation: Any, stack: str) -> set[tuple[str, str]]:
    try:
        body = cloudformation.get_template(StackName=stack)["TemplateBody"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # forgotten meanwhile
            return set()
        raise
    text = body if isinstance(body, str) else json.dumps(body)
    return {(found[1], found[2]) for found in _IMAGE.finditer(text)}


def _image(ecr: Any, repository: str, tag: str) -> AssetImage | None:
    try:
        (found,) = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])[
            "imageDetails"
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return AssetImage(repository, tag, int(found.get("imageSizeInBytes", 0)))
