"""On which machine a function's jobs run, and how many of them at once."""

from __future__ import annotations

from dataclasses import dataclass

from scar_constructs.estimate.prices import Prices
from scar_constructs.model import Function, limits
from scar_constructs.model.machines import Machine, machines


@dataclass(frozen=True)
class Need:
    """What one host must have for a job, or for a node of one."""

    vcpus: int
    memory_mib: int
    gpus: int

    def jobs_on(self, machine: Machine, max_vcpus: int) -> int:
        """How many jobs a host takes at once."""
        memory = int(machine.memory_mib * limits.BATCH_MEMORY_SHARE)
        counts = [
            min(machine.vcpus, max(max_vcpus, self.vcpus)) // self.vcpus,
            memory // self.memory_mib,
        ]
        if self.gpus:
            counts.append(machine.gpus // self.gpus)
        return min(counts)


@dataclass(frozen=True)
class Host:
    """A machine filled with jobs; `hour` is its price on demand."""

    machine: Machine
    jobs: int
    hour: float


@dataclass(frozen=True)
class Choice:
    """The host that was chosen, if any, and the types left out for want of a price."""

    host: Host | None
    unpriced: tuple[str, ...]


def need_of(function: Function) -> Need:
    """The size of a job; helpers of an image that is used as it is come on top."""
    batch = function.batch
    helpers = 0 if function.build else limits.HELPER_CONTAINERS
    return Need(
        vcpus=int(batch.vcpus) + helpers * limits.HELPER_VCPUS,
        memory_mib=batch.memory_mib + helpers * limits.HELPER_MEMORY_MIB,
        gpus=batch.gpus,
    )


def choose_host(function: Function, prices: Prices) -> Choice:
    """The machine on which a job costs least when the host is full; of equals the smallest.

    Of a family or bundle, members without a price are passed over; a type that the file names is
    reported.
    """
    need, wanted = need_of(function), function.batch.compute_resources
    hosts, unpriced = [], []
    for word in dict.fromkeys(wanted.instance_types):
        found = machines(word)
        priced = [(one, price) for one in found if (price := prices.hour(one)) is not None]
        if not priced:
            unpriced.append(word)
        hosts += [
            Host(one, need.jobs_on(one, wanted.max_vcpus), price)
            for one, price in priced
            if need.jobs_on(one, wanted.max_vcpus) > 0
        ]
    least = min((one.machine.vcpus for one in hosts), default=0)
    allowed = [one for one in hosts if one.machine.vcpus <= max(wanted.max_vcpus, least)]
    best = min(allowed, key=_rank, default=None)
    return Choice(best, tuple(unpriced))


def _rank(host: Host) -> tuple[float, int, str]:
    # Rounded, so that sizes of one family, which cost the same for a job, are equals.
    return round(host.hour / host.jobs, 9), host.machine.vcpus, host.machine.name
