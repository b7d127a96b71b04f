"""The keys of `lambda.vpc` and `lambda.file_system`: what of a network a function is in."""

from __future__ import annotations

from scar_constructs.language.keys.containers import Group, Key, ListOf, Origin
from scar_constructs.language.keys.formats import SECURITY_GROUP, SUBNET
from scar_constructs.language.keys.scalars import END, Text
from scar_constructs.model import limits

OURS = Origin.OURS

VPC = Group(
    {
        "SubnetIds": Key(
            ListOf(SUBNET, minimum=1, maximum=16, distinct=True), "Existing subnets.", required=True
        ),
        "SecurityGroupIds": Key(
            ListOf(SECURITY_GROUP, minimum=1, maximum=5, distinct=True),
            "Existing security groups.",
            required=True,
        ),
    }
)

FILE_SYSTEM = Group(
    {
        "Arn": Key(
            Text(
                "the ARN of an EFS access point",
                pattern=(
                    r"^arn:[a-z-]+:elasticfilesystem:[a-z0-9-]+:[0-9]{12}"
                    rf":access-point/fsap-[0-9a-f]{{17}}{END}"
                ),
                rule="access-point-arn",
                example="arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0",
            ),
            "The access point.",
            required=True,
        ),
        "LocalMountPath": Key(
            Text(
                "a path such as /mnt/data",
                pattern=rf"^/mnt/(?!\.{{1,2}}{END})[A-Za-z0-9_.-]+{END}",
                max_length=limits.MOUNT_PATH_MAX,
                example="/mnt/data",
            ),
            "Where the function sees it.",
            required=True,
        ),
        "FileSystemId": Key(
            Text(
                "the id of an EFS file system",
                pattern=rf"^fs-[0-9a-f]{{8,40}}{END}",
                rule="file-system-id",
                example="fs-0123456789abcdef0",
            ),
            "The file system behind the access point; jobs need it.",
            origin=OURS,
        ),
    }
)
