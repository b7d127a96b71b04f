"""Join functions by the buckets they share, and settle which stack owns which bucket.

In: the files that were loaded together. Out: an `Application`, whose stacks stand in the order in
which they can be deployed.
"""

from __future__ import annotations

from scar_constructs.fdl.models import BucketSettings, Function, Model, Variables


class Notification(Model):
    """New keys with this prefix and suffix are sent to the function (either may be empty)."""

    function_name: str
    prefix: str
    suffix: str


class Bucket(Model):
    """A bucket that one stack owns, with everybody whom it notifies (maybe in other stacks)."""

    name: str
    settings: BucketSettings
    notifications: tuple[Notification, ...]


class Stack(Model):
    """One file's functions and the buckets it owns. `depends_on` names stacks deployed before."""

    name: str
    functions: tuple[Function, ...]
    buckets: tuple[Bucket, ...]
    depends_on: tuple[str, ...]
    tags: Variables
    region: str | None


class Application(Model):
    """All stacks, in deploy order."""

    stacks: tuple[Stack, ...]
