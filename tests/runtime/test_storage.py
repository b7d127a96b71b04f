"""Transfers of small, large, many and impossible objects, on a real S3."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scar_runtime.aws.client import Client
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.request import FileSlice
from scar_runtime.aws.s3 import S3, Part
from scar_runtime.config import Output
from scar_runtime.disk import MIB, require_space
from scar_runtime.errors import DiskFullError, LoopError, StorageError, SupersededError
from scar_runtime.events import StoredObject
from scar_runtime.handler import Invocation
from scar_runtime.outputs import plan, publish
from scar_runtime.providers.stores import Stores
from scar_runtime.storage import Storage
from scar_runtime.uploads import PART

from tests.runtime.cloud import Bucket, opened
from tests.runtime.functions import COPY, Function, Invoked, stored

LARGEST = 5 * 1024**4
"""The largest object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
SIZES = [0, 1, MIB, MIB + 1, PART - 1, PART, PART + 1, 3 * PART + 17]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("known", [True, False], ids=["size known", "size unknown"])
def test_any_size_comes_and_goes_whole(
    bucket: Bucket, tmp_path: Path, size: int, known: bool
) -> None:
    if size == 0 and not known:
        return  # every storage service tells the size in its events
    content = os.urandom(min(size, 4096)) * (size // 4096 + 1)
    content = content[:size]
    storage = Storage(bucket.s3)
    source = tmp_path / "source"
    source.write_bytes(content)
    storage.upload(source, bucket.name, "key", {"a": "b"})
    target = tmp_path / "target"
    found = StoredObject(bucket.name, "key", size=size if known else None)
    assert storage.download(found, target) == {"a": "b"}
    assert target.read_bytes() == content


def test_a_large_object_replaced_amid_the_transfer_is_never_mixed(
    bucket: Bucket, tmp_path: Path
) -> None:
    first = bucket.put("key", b"1" * (2 * PART))

    class Replacing(S3):
        """S3 at a moment when somebody else writes the object again."""

        def head(self, *arguments: Any, **options: Any) -> Any:
            answer = super().head(*arguments, **options)
            bucket.put("key", b"2" * (2 * PART))
            return answer

    found = StoredObject(bucket.name, "key", etag=first["ETag"], size=2 * PART)
    with pytest.raises(SupersededError, match="was replaced since the event was sent"):
        Storage(Replacing(*parts_of(bucket))).download(found, tmp_path / "target")


def parts_of(bucket: Bucket) -> tuple[Client, str, str]:
    variables = bucket.cloud.variables
    client = Client("s3", Provider(variables), opened(variables))
    return client, "us-east-1", bucket.cloud.endpoint


def test_a_file_with_holes_goes_whole(bucket: Bucket, tmp_path: Path) -> None:
    source = tmp_path / "sparse"
    with source.open("wb") as file:
        for place in (0, PART, 3 * PART):
            file.seek(place)
            file.write(b"x")
    Storage(bucket.s3).upload(source, bucket.name, "key", {})
    assert source.stat().st_blocks * 512 < MIB, "the file system has no holes"
    assert bucket.get("key") == source.read_bytes()


def test_a_huge_file_has_as_many_parts_as_s3_takes(bucket: Bucket, tmp_path: Path) -> None:
    source = tmp_path / "huge"
    with source.open("wb") as file:
        file.truncate(LARGEST)
    sent: list[FileSlice] = []

    class Counting(S3):
        """Notes the parts and sends none: the largest object that S3 has fits on no machine."""

        def begin_upload(self, *_: Any) -> str:
            return "upload"

        def put_part(self, *arguments: Any) -> Part:
            sent.append(arguments[-1])
            return Part("etag", "checksum")

        def end_upload(self, *_: Any) -> None:
            sent.sort(key=lambda part: part.begin)

    Storage(Counting(*parts_of(bucket))).upload(source, bucket.name, "key", {})
    assert len(sent) <= 10_000
    assert all(part.size <= 5 * 1024 * MIB for part in sent)
    ends = [part.begin + part.size for part in sent]
    assert [0, *ends] == [*(part.begin for part in sent), LARGEST]


def test_a_fault_among_many_outputs_is_raised(bucket: Bucket, tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:04}").write_text("x")
    output = Output("no-such-bucket-anywhere", "out", (), (), "{name}")
    uploads = plan(tmp_path, [output], None, "id")
    with pytest.raises(StorageError, match="cannot write s3://no-such-bucket-anywhere/out/00"):
        publish(Stores(Storage(bucket.s3)), uploads, {})


def test_a_disk_too_small_is_told_with_the_key_to_set(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=r"1152921504606846976 bytes .*ephemeral_storage"):
        require_space(tmp_path, 2**60)


def test_a_disk_that_fills_up_is_told_so(bucket: Bucket) -> None:
    bucket.put("key", b"x")

    full = Path("/dev/full")
    with pytest.raises(DiskFullError, match=f"s3://{bucket.name}/key .*ephemeral_storage"):
        Storage(bucket.s3).download(StoredObject(bucket.name, "key", size=1), full)


def test_outputs_tell_their_origin_and_count_hops(
    function: Callable[..., Function], bucket: Bucket
) -> None:
    made = function(COPY)
    Invocation(made.runtime(), Invoked("the-id")).handle(stored(bucket, "in/a b"))
    metadata = bucket.metadata("out/a b")
    assert [key for key in made.spool.keys("f/claims/") if key.endswith(metadata["scar-claim"])]
    assert metadata == {
        "scar-claim": metadata["scar-claim"],
        "scar-function": "f",
        "scar-request-id": "the-id",
        "scar-input": f"{bucket.name}/in/a%20b",
        "scar-hops": "1",
        "scar-trace": metadata["scar-trace"],
    }


def test_t7_a_forged_loop_is_stopped(function: Callable[..., Function], bucket: Bucket) -> None:
    made = function(COPY, outputs=[{"bucket": bucket.name, "folder": "in"}])
    runtime = made.runtime()
    event = stored(bucket, "in/a")

    def go_round() -> None:
        facts = event["Records"][0]["s3"]["object"]
        for sequencer in range(100):
            facts["sequencer"] = str(sequencer)
            Invocation(runtime, Invoked()).handle(event)

    with pytest.raises(LoopError, match="leads back to its input"):
        go_round()
    assert bucket.metadata("in/a")["scar-hops"] == "20"
