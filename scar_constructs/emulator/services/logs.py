"""CloudWatch Logs: lines into streams."""

from __future__ import annotations

import time
from collections.abc import Sequence

from scar_constructs.emulator.services.names import Modules


class Logs:
    """The emulated CloudWatch Logs."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def append(self, group: str, stream: str, lines: Sequence[str]) -> None:
        """Append to a log stream with the present time. The stream is made where it is missing."""
        logs = self._modules.cloudwatch_logs
        names = {"logGroupName": group, "logStreamName": stream}
        logs._create_log_group({"logGroupName": group})
        logs._create_log_stream(names)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": text} for text in lines]
        logs._put_log_events({**names, "logEvents": events})
