"""S3: which notifications a bucket may have, and how its events are delivered."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record


class Storage:
    """The emulated S3."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def put_notification_check(
        self, fault: Callable[[str, Sequence[Mapping[str, Any]]], str | None]
    ) -> None:
        """Refuse a bucket's notifications with InvalidArgument if `fault(bucket, rules)` is text.

        A rule has type ("lambda", "sqs", "sns"), arn, events, filter_prefix and filter_suffix.
        """
        storage = self._modules.s3
        original = storage._validate_notification_configs

        def validate(
            rules: list[Record], region: str, bucket: str = "", skip_probe: bool = False
        ) -> Any:
            refusal = original(rules, region, bucket, skip_probe)
            text = None if refusal else fault(bucket, rules)
            return storage._invalid_notification_config(text) if text else refusal

        storage._validate_notification_configs = validate

    def put_notification_filter(
        self, passes: Callable[[str, str | None, str | None], bool]
    ) -> None:
        """Let `passes(key, prefix, suffix)` say which keys a notification is about."""
        self._modules.s3._key_matches_filter = passes

    def put_notification_delivery(self, allows: Callable[[str, str], bool]) -> None:
        """Deliver a bucket's event to a function only if `allows(function ARN, bucket)`."""
        storage = self._modules.s3
        original = storage._deliver_event_to_lambda

        def deliver(arn: str, event: Record, region: str) -> None:
            if allows(arn, event["Records"][0]["s3"]["bucket"]["name"]):
                original(arn, event, region)

        storage._deliver_event_to_lambda = deliver

    def put_earlier_notifications(
        self, replaced: Callable[[str, str], None], earlier: Callable[[str], str | None]
    ) -> None:
        """Send a bucket's events by what `earlier(bucket)` gives, as long as that is not None.

        `replaced(bucket, configuration)` is told what a new configuration takes the place of.
        """
        storage = self._modules.s3
        table, fire = storage._bucket_notifications, storage._fire_s3_event
        firing: contextvars.ContextVar[bool] = contextvars.ContextVar("firing", default=False)

        class Table(type(table)):  # type: ignore[misc]
            def __setitem__(self, bucket: str, configuration: str) -> None:
                if before := super().get(bucket):
                    replaced(bucket, before)
                super().__setitem__(bucket, configuration)

            def get(self, bucket: str, default: Any = None) -> Any:
                before = earlier(bucket) if firing.get() else None
                return before or super().get(bucket, default)

        def fire_as_before(*args: Any, **kwargs: Any) -> None:
            token = firing.set(True)
            try:
                fire(*args, **kwargs)
            finally:
                firing.reset(token)

        storage._bucket_notifications = Table()
        storage._bucket_notifications._data = table._data
        storage._fire_s3_event = fire_as_before

    def put_unheard_uploads(self, unheard: Callable[[str], None]) -> None:
        """Tell `unheard(bucket)` of changes in buckets that send nothing to EventBridge."""
        storage = self._modules.s3
        fire_async = storage._fire_s3_event_async

        def fire_async_told(bucket: str, *args: Any, **kwargs: Any) -> None:
            if "EventBridgeConfiguration" not in (storage._bucket_notifications.get(bucket) or ""):
                unheard(bucket)
            fire_async(bucket, *args, **kwargs)

        storage._fire_s3_event_async = fire_async_told

    def put_upload_events(self, begin: Callable[[str], int], end: Callable[[int], None]) -> None:
        """Frame a bucket's event: `begin` before the change is answered, `end` once delivered."""
        storage = self._modules.s3
        entry: contextvars.ContextVar[int | None] = contextvars.ContextVar("entry", default=None)
        fire, fire_async = storage._fire_s3_event, storage._fire_s3_event_async

        def fire_async_framed(bucket: str, key: str, *args: Any, **kwargs: Any) -> None:
            if bucket in storage._bucket_notifications:
                token = entry.set(begin(f"event of {bucket}/{key}"))
                fire_async(bucket, key, *args, **kwargs)
                entry.reset(token)

        def fire_framed(*args: Any, **kwargs: Any) -> None:
            # Whatever the delivery starts inherits this context, and must not end the entry again.
            number = entry.get()
            entry.set(None)
            try:
                fire(*args, **kwargs)
            finally:
                if number is not None:
                    end(number)

        storage._fire_s3_event_async = fire_async_framed
        storage._fire_s3_event = fire_framed
