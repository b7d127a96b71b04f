"""An S3 of somebody else: an emulator of its own that checks signatures and rights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.runtime.cloud import Bucket, Cloud, running_cloud

ALLOWED = "shared"
"""The names of the buckets that the user may read and write start so."""


@dataclass(frozen=True)
class Partner:
    """Another account, and the keys of a user there who may use a few buckets."""

    cloud: Cloud
    access_key: str
    secret_key: str

    @property
    def secret(self) -> dict[str, str]:
        return {"access_key": self.access_key, "secret_key": self.secret_key}

    def bucket(self, name: str = ALLOWED) -> Bucket:
        return self.cloud.bucket(name)

    def new_keys(self) -> dict[str, str]:
        """Other keys of the same user."""
        with closing(self.cloud.client("iam")) as iam:
            return _keys(iam.create_access_key(UserName="friend"))

    def remove(self, keys: Mapping[str, str]) -> None:
        with closing(self.cloud.client("iam")) as iam:
            iam.delete_access_key(UserName="friend", AccessKeyId=keys["access_key"])


@contextmanager
def running_partner(folder: Path) -> Iterator[Partner]:
    with running_cloud(folder, AUTH="true") as cloud, closing(cloud.client("iam")) as iam:
        iam.create_user(UserName="friend")
        statement = {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": f"arn:aws:s3:::{ALLOWED}-*/*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="friend", PolicyName="p", PolicyDocument=document)
        keys = _keys(iam.create_access_key(UserName="friend"))
        yield Partner(cloud, keys["access_key"], keys["secret_key"])


def _keys(answer: dict[str, dict[str, str]]) -> dict[str, str]:
    key = answer["AccessKey"]
    return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
