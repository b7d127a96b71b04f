"""Functions one after another: what each writes starts the next, by the events that S3 would send.

Each function is deployed as its file says: its configuration is that of the language's own parts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scar_constructs.language import load_application
from scar_constructs.language.runtime_config import render
from scar_constructs.model import Function as Model
from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import SEQUENCE, FakeBatch, Function, s3_record
from tests.support.deliveries import Platform, Process


@dataclass
class Link:
    """One function of a chain, with who delivers its events."""

    model: Model
    function: Function
    platform: Platform


@dataclass
class Chain:
    """The functions of a file around one versioned bucket, in which keys start with `bucket`.

    `source` shuffles the events, of which a `twice` share is delivered a second time.
    """

    bucket: Bucket
    links: list[Link]
    source: random.Random
    twice: float = 0.0
    seen: set[tuple[str, str]] = field(default_factory=set)
    delivered: int = 0

    def put(self, key: str, content: bytes) -> None:
        self.bucket.put(key, content)

    def run(self) -> None:
        """Deliver events until nothing new is written."""
        waiting: list[tuple[Link, dict[str, Any]]] = []
        while True:
            waiting += self._new_events()
            if not waiting:
                return
            link, event = waiting.pop(self.source.randrange(len(waiting)))
            self.delivered += 1
            link.platform.deliver(event)
            if self.source.random() < self.twice:
                waiting.append((link, event))

    def redrive(self) -> None:
        for link in self.links:
            link.platform.redrive()
        self.run()

    def written(self, prefix: str) -> list[str]:
        """The keys of all versions below a folder."""
        return self.bucket.versions(prefix)

    def _new_events(self) -> list[tuple[Link, dict[str, Any]]]:
        answer = self.bucket.client.list_object_versions(Bucket=self.bucket.name)
        versions = [one for one in answer.get("Versions", ()) if self._is_new(one)]
        return [
            (link, self._event(one))
            for one in sorted(versions, key=lambda one: str(one["LastModified"]))
            for link in self.links
            if any(self._takes(source, one["Key"]) for source in link.model.inputs)
        ]

    def _is_new(self, one: Mapping[str, Any]) -> bool:
        name = (str(one["Key"]), str(one["VersionId"]))
        if name in self.seen:
            return False
        self.seen.add(name)
        return True

    def _takes(self, source: Any, key: str) -> bool:
        ends = source.suffixes or ("",)
        return key.startswith(f"{source.folder}/") and key.endswith(tuple(ends))

    def _event(self, one: Mapping[str, Any]) -> dict[str, Any]:
        facts = {"size": one["Size"], "eTag": str(one["ETag"]).strip('"')}
        facts |= {"versionId": one["VersionId"], "sequencer": f"{next(SEQUENCE):016X}"}
        return {"Records": [s3_record(self.bucket.name, str(one["Key"]), **facts)]}


def chain(
    cloud: Cloud,
    folder: Path,
    text: str,
    scripts: Mapping[str, str],
    *,
    seed: int = 0,
    twice: float = 0.0,
    process: Callable[[], Process] = Process,
) -> Chain:
    """The functions of a file whose bucket is called BUCKET in `text`."""
    bucket = cloud.bucket().versioned()
    for name, script in scripts.items():
        (folder / name).write_text(script)
    (folder / "chain.yaml").write_text(text.replace("BUCKET", bucket.name))
    links = []
    for stack in load_application([folder / "chain.yaml"]).application.stacks:
        for model in stack.functions:
            config = folder / f"{model.name}.json"
            config.write_text(render(model))
            function = Function(cloud, cloud.bucket("spool"), config, FakeBatch())
            platform = Platform(function, model.execution_mode.value, process, name=model.name)
            links.append(Link(model, function, platform))
    return Chain(bucket, links, random.Random(seed), twice)  # noqa: S311
