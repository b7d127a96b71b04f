"""A workflow that changes while files keep arriving: its versions, and who uploads."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from scar_constructs.language import load_application
from scar_constructs.local.cdk import bootstrap
from scar_constructs.local.run import wait
from scar_constructs.local.server import CloudAddress
from tests.local.workflows import WAIT_SECONDS, quiet
from tests.synth.synthesis import synthesise

IMAGE = "public.ecr.aws/docker/library/debian:trixie-slim"
FILES_PER_SECOND = 8


def versions(folder: Path, texts: dict[str, str], cloud: CloudAddress) -> dict[str, Path]:
    """The assembly of each text, by its name; and the cloud, ready to deploy them into."""
    with ThreadPoolExecutor(1) as beside:
        ready = beside.submit(bootstrap, [], cloud)
        made = {name: _assembly(folder / name, text) for name, text in texts.items()}
        ready.result()
    return made


def _assembly(folder: Path, text: str) -> Path:
    folder.mkdir()
    copy = "cat $INPUT_FILE_PATH >$TMP_OUTPUT_DIR/$(basename $INPUT_FILE_PATH)"
    for version in ("v1", "v2"):
        (folder / f"{version}.sh").write_text(f"{copy}.{version}\n")
    # Slow, so that jobs wait when their definition changes.
    (folder / "slow-v1.sh").write_text(f"sleep 0.7; {copy}.v1\n")
    (folder / "moving.yaml").write_text(text)
    synthesise(load_application([folder / "moving.yaml"]).application, folder / "assembly")
    return folder / "assembly"


class Uploads:
    """Puts a numbered file into each bucket's `in/` in turn, until the block ends."""

    def __init__(self, cloud: CloudAddress, *buckets: str) -> None:
        self._storage = cloud.client("s3")
        self._buckets = buckets
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._upload)
        self.names: dict[str, list[str]] = {bucket: [] for bucket in buckets}

    def __enter__(self) -> Uploads:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _upload(self) -> None:
        for number, bucket in zip(itertools.count(), itertools.cycle(self._buckets)):
            if self._stop.wait(1 / FILES_PER_SECOND):
                return
            name = f"{time.time_ns()}-{number}"
            self._storage.put_object(Bucket=bucket, Key=f"in/{name}", Body=name.encode())
            self.names[bucket].append(name)


class Seen:
    """What the functions wrote and what is left over, once nothing is in flight."""

    def __init__(self, cloud: CloudAddress) -> None:
        assert not wait(cloud, WAIT_SECONDS, quiet)
        self._storage = cloud.client("s3")
        self._cloud = cloud
        self.activity = cloud.activity()

    def versions_of(self, bucket: str, folder: str = "out") -> dict[str, set[str]]:
        """Name of each file -> the versions of the script that handled it."""
        found: dict[str, set[str]] = {}
        pages = self._storage.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=f"{folder}/"):
            for entry in page.get("Contents", ()):
                name, _, version = entry["Key"].removeprefix(f"{folder}/").partition(".")
                found.setdefault(name, set()).add(version)
        return found

    def rows(self, *functions: str) -> list[dict[str, Any]]:
        """The executions of the functions, without those that only handed over to a job."""
        handed_over = ("submitted", "delegated")
        return [
            row
            for row in self.activity["executions"]
            if row["function"] in functions and row["status"] not in handed_over
        ]
