"""What a file says of its buckets and of its whole stack: nodes to models, with their checks."""

from __future__ import annotations

from collections.abc import Iterator

from scar_constructs.language.diagnostics.problems import Position, Problem
from scar_constructs.language.keys.bucket_path import bucket_fault, control_fault
from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Mapping, Scalar
from scar_constructs.model import Alarms, BucketSettings, LogTarget, StackOptions, limits
from scar_constructs.terminal import quote

_OF_MADE_BUCKETS = (
    *("versioned", "expire_days", "access_logs", "replicate_to", "replica_kms_key"),
    "event_bridge",
)


def parse_options(top: Section) -> StackOptions:
    """What the file switches on for its stack."""
    return StackOptions(
        kms_key=top.text("kms_key"),
        access_logs=_log_target(top),
        spool=_other_bucket(top, "spool"),
        flow_logs=top.boolean("flow_logs") or False,
        alarms=_alarms(top),
        metrics=top.boolean("metrics") or False,
        dashboard=top.boolean("dashboard") or False,
    )


def _alarms(top: Section) -> Alarms | None:
    node = top.find("alarms")
    if not isinstance(node, Mapping):
        return None
    email, topic = top.text("alarms.email"), top.text("alarms.topic")
    if len(node.entries.keys() & {"email", "topic"}) != 1:
        message = "must name either `email` or `topic`"
        fix = "write such as `alarms: {email: me@example.org}`"
        top.report.add(problem("alarm-address", node.path, node.position, message, "", fix))
        return None
    return Alarms(email=email, topic=topic) if email or topic else None


def parse_buckets(top: Section) -> dict[str, BucketSettings]:
    """The settings of each bucket that the file names under `buckets`."""
    node = top.find("buckets")
    if not isinstance(node, Mapping):
        return {}
    settings = {}
    for name, entry in node.items():
        if isinstance(entry, Mapping):
            _check_name(name, entry.path, node.position_of(name), top)
            settings[name] = _settings(Section(entry, top.report))
            for found in _check(settings[name], Section(entry, top.report), top):
                top.report.add(found)
    return settings


def _settings(section: Section) -> BucketSettings:
    versioned = section.boolean("versioned")
    return BucketSettings(
        existing=section.boolean("existing") or False,
        owner=section.boolean("owner") or False,
        versioned=True if versioned is None else versioned,
        expire_days=section.integer("expire_days", 0) or None,
        kms_key=section.text("kms_key"),
        access_logs=_log_target(section),
        replicate_to=_other_bucket(section, "replicate_to"),
        replica_kms_key=section.text("replica_kms_key"),
        event_bridge=section.boolean("event_bridge") or False,
    )


def _log_target(section: Section) -> LogTarget | None:
    """`bucket` or `bucket/folder` under the key `access_logs`."""
    node = section.find("access_logs")
    if not isinstance(node, Scalar):
        return None
    bucket, _, folder = node.text.partition("/")
    _check_name(bucket, node.path, node.position, section)
    control, size = control_fault(folder), len(folder.encode(errors="surrogateescape"))
    if control is not None:
        section.report.add(fault("bad-folder", node, f"a folder must {control}", "remove it"))
    elif size > limits.LOG_FOLDER_MAX_BYTES:
        message = f"a folder for logs has at most {limits.LOG_FOLDER_MAX_BYTES} bytes, not {size}"
        section.report.add(fault("folder-too-long", node, message, "shorten it"))
    return LogTarget(bucket=bucket, folder=folder.strip("/"))


def _other_bucket(section: Section, key: str) -> str | None:
    node = section.find(key)
    if not isinstance(node, Scalar):
        return None
    _check_name(node.text, node.path, node.position, section)
    return node.text


def _check_name(name: str, path: str, position: Position, section: Section) -> None:
    wanted = bucket_fault(name)
    if wanted is not None:
        message = f"the bucket's name must {wanted}"
        section.report.add(
            problem("bucket-name", path, position, message, quote(name), "rename the bucket")
        )


def _check(settings: BucketSettings, section: Section, top: Section) -> Iterator[Problem]:
    """Settings that do not go together."""
    if settings.existing:
        for key in _OF_MADE_BUCKETS:
            node = section.find(key)
            if node is not None:
                message = "has no effect: the bucket exists, and its owner decides"
                yield problem(
                    "setting-without-effect", node.path, node.position, message, "", "remove it"
                )
        return
    copies = section.find("replicate_to")
    if copies is None:
        node = section.find("replica_kms_key")
        if node is not None:
            message = "has no effect without `replicate_to`"
            yield problem(
                "setting-without-effect", node.path, node.position, message, "", "remove it"
            )
        return
    if not settings.versioned:
        fix = "remove `versioned: false`"
        yield fault("copies-need-versions", copies, "S3 copies only versioned buckets", fix)
    if (settings.kms_key or top.text("kms_key")) and not settings.replica_kms_key:
        message = "needs `replica_kms_key`, because the bucket's objects are encrypted with a key"
        fix = "add the ARN of a key in the region of the copies"
        yield fault("copies-need-a-key", copies, message, fix)
