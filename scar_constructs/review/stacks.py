"""What changed of stacks, beside their functions: which there are, and what their files say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from scar_constructs.language.workflow.join import Stack
from scar_constructs.model import ComputeResources, Sharing, StorageProvider
from scar_constructs.model.limits import NETWORK_STACK
from scar_constructs.review.functions import (
    NOT_WRITTEN,
    Change,
    KeyChange,
    field_changes,
    leaf_changes,
)
from scar_constructs.review.sides import Place, Side, StackView


@dataclass(frozen=True)
class StackChange:
    """A stack that came, went, or has other settings. `about`: what it is, of one without a
    file."""

    name: str
    change: Change
    at: Place
    keys: tuple[KeyChange, ...] = ()
    about: str = ""


def stack_changes(before: Side, after: Side) -> Iterator[StackChange]:
    """In the order of the later version; what is gone comes last."""
    old = {one.stack.name: one for one in before.stacks}
    for new in after.stacks:
        name = new.stack.name
        if name not in old:
            yield StackChange(name, Change.ADDED, new.at)
            continue
        keys = list(_machines(old[name].stack, new.stack, new.at))
        if _settings(old[name].stack) != _settings(new.stack):
            keys += _setting_changes(old[name], new)
        regions = [one.region or "of the command line" for one in (old[name].stack, new.stack)]
        if regions[0] != regions[1]:
            keys.append(KeyChange("region", regions[0], regions[1], new.at))
        if keys:
            yield StackChange(name, Change.CHANGED, new.at, tuple(keys))
    yield from _network(before, after)
    names = {one.stack.name for one in after.stacks}
    for gone in before.stacks:
        if gone.stack.name not in names:
            yield StackChange(gone.stack.name, Change.REMOVED, gone.at)


def _network(before: Side, after: Side) -> Iterator[StackChange]:
    """The stack of the network of jobs, in each region where no function needed one."""
    had = {region for region, _ in _needing(before)}
    for region, at in dict(reversed([*_needing(after)])).items():
        if region not in had:
            about = f"a VPC for jobs in {region or 'the region of the command line'}"
            about += ", unless other workflows have it there already; it stays when they go"
            yield StackChange(NETWORK_STACK, Change.ADDED, at, about=about)


def _needing(version: Side) -> Iterator[tuple[str | None, Place]]:
    for view in version.functions.values():
        stack = version.stack(view.stack)
        if stack and view.function.needs_network:
            yield stack.stack.region, view.at


def _setting_changes(old: StackView, new: StackView) -> Iterator[KeyChange]:
    if old.keys or new.keys:
        yield from leaf_changes(old.keys, new.keys)
        return
    yield from field_changes(old.stack.options, new.stack.options, new.at)
    buckets = {one.name: one.settings for one in old.stack.buckets}
    for bucket in new.stack.buckets:
        if bucket.name in buckets:
            start = f"buckets.{bucket.name}."
            yield from field_changes(buckets[bucket.name], bucket.settings, new.at, start)
    providers = _providers(old.stack)
    for name, provider in _providers(new.stack).items():
        if name in providers:
            start = f"storage_providers.{name}."
            yield from field_changes(providers[name], provider, new.at, start)
    tags = (old.stack.tags, new.stack.tags)
    for name in sorted({*tags[0], *tags[1]}):
        if tags[0].get(name) != tags[1].get(name):
            values = [each.get(name, NOT_WRITTEN) for each in tags]
            yield KeyChange(f"tags.{name}", values[0], values[1], new.at)


def _machines(old: Stack, new: Stack, at: Place) -> Iterator[KeyChange]:
    """Of compute environments that functions share, what differs."""
    before, after = _shared(old), _shared(new)
    for environment in sorted(before.keys() & after.keys()):
        for one in fields(ComputeResources):
            was, now = (getattr(each[environment], one.name) for each in (before, after))
            if was != now:
                name = f"shared machines ({environment[1]}), {one.name}"
                yield KeyChange(name, _shown(was), _shown(now), at)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _shared(stack: Stack) -> dict[tuple[Sharing, str], ComputeResources]:
    return {
        each.machines: each.batch.compute_resources
        for function in stack.functions
        if function.execution_mode.runs_on_batch
        for each in function.on_all_machines
        if each.machines[0] is not Sharing.OWN
    }


def _settings(stack: Stack) -> tuple[object, ...]:
    buckets = tuple(replace(one, notifications=()) for one in stack.buckets)
    settings = (stack.tags, stack.region, stack.options, stack.kms_keys)
    return (buckets, *settings, _providers(stack))


def _providers(stack: Stack) -> dict[str, StorageProvider]:
    """Those that its functions use. One that none uses has no effect."""
    return {one.name: one for function in stack.functions for one in function.storage_providers}
