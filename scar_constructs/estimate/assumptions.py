"""What an estimate takes for given, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scar_constructs.estimate.prices import MAIN_REGION, Prices

HOURS_PER_MONTH = 730
DAYS_PER_MONTH = 30.4375
GB = 1024**3
"""AWS counts memory and storage in GiB, and writes GB."""


@dataclass(frozen=True)
class Amounts:
    """A number for every function, and those of some that have their own."""

    default: float
    by_function: Mapping[str, float] = field(default_factory=dict)

    def of(self, function: str) -> float:
        return self.by_function.get(function, self.default)

    def __str__(self) -> str:
        own = [f"{value:,g} for {name}" for name, value in self.by_function.items()]
        return f"{self.default:,g}" + (f" ({', '.join(own)})" if own else "")


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What is assumed of a month. Sizes in bytes unless the name says otherwise.

    `files`: how many are uploaded for each function that no other function feeds; a function that
    is fed gets more only if it is named. `seconds`: how long one file takes, transfers included.
    `outputs`: how many files one run leaves. `machine_prices`: instance type -> USD an hour.
    """

    files: Amounts = Amounts(1000)
    size: float = 1024**2
    seconds: Amounts = Amounts(30)
    outputs: Amounts = Amounts(1)
    region: str | None = None
    spot: bool = False
    machine_prices: Mapping[str, float] = field(default_factory=dict)
    spot_share: float = 0.35
    host_start_seconds: float = 180
    fargate_start_seconds: float = 30
    dispatcher_seconds: float = 1
    window_files: float = 100
    log_kib: float = 4
    image_gib: float = 0.5
    kms_requests: float = 2

    def prices(self, region: str | None) -> Prices:
        """Those for a stack whose file names this region."""
        return Prices(self.region or region or MAIN_REGION, self.machine_prices)

    def lines(self) -> list[str]:
        """Each assumption in words."""
        return [
            "free tiers, taxes, savings plans and discounts are left out",
            f"each file has {self.size:,.0f} bytes, and so has each output; each run leaves "
            f"{self.outputs} in each of its output folders",
            f"a run takes {self.seconds} s with its transfers, and each file runs once",
            "every function that nothing feeds gets "
            f"{self.files} files a month; functions that read the same folder read the "
            "same files, and every output that may start a function starts it",
            f"a dispatcher runs {self.dispatcher_seconds:g} s for each job; with `burst`, for each "
            f"window of {self.window_files:g} files",
            "hosts of Batch are the cheapest priced type that fits within `max_v_cpus`, filled "
            "with jobs; a job alone on its host pays for all of it",
            f"a host runs {self.host_start_seconds:g} s more than its jobs, to start and to end, "
            "once for each round of jobs",
            f"Fargate bills {self.fargate_start_seconds:g} s more than a job, and 60 s at least",
            f"Spot costs {self.spot_share:.0%} of the price on demand (it changes by the hour)",
            f"a run writes {self.log_kib:g} KiB of logs on Lambda, and as much again as a job; "
            "what scripts print comes on top",
            f"an image adds {self.image_gib:g} GiB to the registry, and no layer is shared",
            f"a run under a key of your own makes {self.kms_requests:g} requests to KMS, and one "
            "call for each secret",
            "a key is written once, so that versioned buckets keep no older versions",
        ]
