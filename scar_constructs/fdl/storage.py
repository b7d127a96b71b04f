"""`input` and `output`: folders of buckets, and what holds them."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping

from scar_constructs.fdl import paths
from scar_constructs.fdl.dialects import STORAGE_KINDS
from scar_constructs.fdl.models import Input, Output
from scar_constructs.fdl.nodes import Mapping, Scalar
from scar_constructs.fdl.rules import fault
from scar_constructs.fdl.section import Section

S3 = "s3"
Providers = AbstractMapping[str, Mapping]


def parse_providers(top: Section) -> dict[str, Mapping]:
    """The file's `storage_providers` by their full name, such as `minio.mine`."""
    node = top.find("storage_providers")
    if not isinstance(node, Mapping):
        return {}
    return {
        f"{kind}.{name}": settings
        for kind, providers in node.items()
        if isinstance(providers, Mapping)
        for name, settings in providers.items()
        if isinstance(settings, Mapping)
    }


def parse_inputs(section: Section, providers: Providers) -> list[tuple[Input, Section]]:
    """The sound inputs, each with the section that it was made from."""
    found = []
    for entry in section.sections("lambda.input"):
        place = _folder(entry, providers)
        if place is not None:
            model = Input(
                bucket=place[0],
                folder=place[1],
                prefixes=entry.texts("prefix"),
                suffixes=entry.texts("suffix"),
            )
            found.append((model, entry))
    return found


def parse_outputs(section: Section, providers: Providers) -> list[tuple[Output, Section]]:
    """The sound outputs, each with the section that it was made from."""
    found = []
    for entry in section.sections("lambda.output"):
        place = _folder(entry, providers)
        if place is not None:
            model = Output(
                bucket=place[0],
                folder=place[1],
                prefixes=entry.texts("prefix"),
                suffixes=entry.texts("suffix"),
                key=entry.text("key") or "{name}",
            )
            found.append((model, entry))
    return found


def _folder(entry: Section, providers: Providers) -> tuple[str, str] | None:
    """Bucket and folder of an item of `input` or `output`, or None after a problem was added."""
    node = entry.find("path")
    if not isinstance(node, Scalar) or not _is_s3(entry, providers):
        return None
    return paths.split(node, entry.report)


def _is_s3(entry: Section, providers: Providers) -> bool:
    """Whether the item stands on S3, the only kind that is supported; else adds a problem."""
    node = entry.find("storage_provider")
    if not isinstance(node, Scalar):
        return entry.node.find("storage_provider") is None
    kind, dot, _ = node.text.partition(".")
    if kind not in STORAGE_KINDS:
        known = ", ".join(STORAGE_KINDS)
        fix = "write `storage_provider: s3`"
        entry.report.add(fault("storage-kind", node, f"must be one of {known}", fix))
        return False
    if dot and node.text not in providers:
        message = "must be defined in `storage_providers`"
        entry.report.add(fault("storage-unknown", node, message, f"write {kind}, or define it"))
        return False
    if kind != S3:
        message = "is not supported yet: only s3 is"
        fix = "write `storage_provider: s3`"
        entry.report.add(fault("not-supported-yet", node, message, fix))
        return False
    return True
