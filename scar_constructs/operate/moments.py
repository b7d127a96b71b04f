"""Moments as people write them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from scar_constructs.errors import UserError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def since(text: str) -> int:
    """Milliseconds of Unix time of "30m" (ago; s, m, h, d, w) or of an ISO date or time, which
    without a zone is in UTC. Raises `UserError`."""
    if found := re.fullmatch(r"(\d{1,6})([smhdw])", text.strip()):
        return int((time.time() - int(found[1]) * _UNITS[found[2]]) * 1000)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(
            f"{text!r} is no moment: write such as 30m, 12h, 7d or 2026-11-26T08:00"
        ) from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp() * 1000)
