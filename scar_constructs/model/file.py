"""One YAML file: its functions, and what it says of buckets and of the stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scar_constructs.model.function import Function
from scar_constructs.model.record import Variables


@dataclass(frozen=True, kw_only=True)
class LogTarget:
    """A bucket that takes access logs, and the folder for them, with no slash at either end."""

    bucket: str
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class BucketSettings:
    """What the top-level key `buckets` says of one bucket.

    `replicate_to` is a bucket that gets a copy of each object; `replica_kms_key` encrypts the
    copies there.
    """

    existing: bool = False
    owner: bool = False
    versioned: bool = True
    expire_days: int | None = None
    kms_key: str | None = None
    access_logs: LogTarget | None = None
    replicate_to: str | None = None
    replica_kms_key: str | None = None
    event_bridge: bool = False


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """Who is told when something is wrong: a mail address, or the ARN of a topic that exists."""

    email: str | None = None
    topic: str | None = None


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """What a file switches on for its whole stack; all of it is off unless the file says so.

    `spool` names the bucket that the runtime keeps for itself. With `metrics`, CloudWatch counts
    executions; `dashboard` shows them.
    """

    kms_key: str | None = None
    access_logs: LogTarget | None = None
    spool: str | None = None
    flow_logs: bool = False
    alarms: Alarms | None = None
    metrics: bool = False
    dashboard: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkflowFile:
    """One YAML file: the functions that deploy, roll back and are removed together."""

    name: str
    path: Path
    functions: tuple[Function, ...]
    buckets: Mapping[str, BucketSettings] = field(default_factory=dict)
    tags: Variables = field(default_factory=dict)
    region: str | None = None
    options: StackOptions = field(default_factory=StackOptions)
