"""Files into the cloud and out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.keys import local_paths
from local.server import CloudAddress
from scar_constructs.fdl.models import Function
from scar_constructs.fdl.workflow import Application


@dataclass(frozen=True)
class Upload:
    """A file and where it goes."""

    file: Path
    bucket: str
    key: str


def parse_upload(argument: str, application: Application) -> Upload:
    """`[BUCKET/PREFIX=]FILE`; the default place is the first function's first input.

    Raises `LocalError`.
    """
    place, sign, name = argument.partition("=")
    if Path(argument).is_file() or not sign:
        return _to(_default_place(application), Path(argument))
    return _to(place, Path(name))


def make_existing_buckets(application: Application, cloud: CloudAddress) -> None:
    """Make the buckets that the stacks expect to be there, with their events in EventBridge."""
    storage = cloud.client("s3")
    owned = {bucket.name for stack in application.stacks for bucket in stack.buckets}
    functions = functions_of(application)
    read = {entry.bucket for function in functions for entry in function.role_inputs}
    written = {entry.bucket for function in functions for entry in function.role_outputs}
    for name in sorted((read | written) - owned):
        storage.create_bucket(Bucket=name)
        storage.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


def put(uploads: Iterable[Upload], cloud: CloudAddress) -> None:
    storage = cloud.client("s3")
    for upload in uploads:
        storage.upload_file(str(upload.file), upload.bucket, upload.key)


def get(
    application: Application, uploads: Collection[Upload], cloud: CloudAddress, folder: Path
) -> list[Path]:
    """Download everything that the functions wrote to `folder/BUCKET/KEY`; the files' paths."""
    storage = cloud.client("s3")
    ours = {(upload.bucket, upload.key) for upload in uploads}
    places = {
        (output.bucket, f"{output.folder}/" if output.folder else "")
        for function in functions_of(application)
        for output in function.role_outputs
    }
    found = {
        (bucket, entry["Key"])
        for bucket, prefix in sorted(places)
        for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for entry in page.get("Contents", ())
    }
    paths = local_paths(found - ours, folder)
    for (bucket, key), path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.download_file(bucket, key, str(path))
    return list(paths.values())


def functions_of(application: Application) -> list[Function]:
    return [function for stack in application.stacks for function in stack.functions]


def _to(place: str, file: Path) -> Upload:
    if not file.is_file():
        raise LocalError(f"there is no file {file} to upload")
    bucket, _, prefix = place.partition("/")
    if not bucket:
        raise LocalError(f"name the bucket: --put BUCKET/PREFIX={file}, got {place!r}")
    prefix = prefix.strip("/")
    return Upload(file, bucket, f"{prefix}/{file.name}" if prefix else file.name)


def _default_place(application: Application) -> str:
    for function in functions_of(application):
        for entry in function.own_inputs:
            return f"{entry.bucket}/{entry.folder}"
    raise LocalError("no function has an input: name a place, --put BUCKET/PREFIX=FILE")
