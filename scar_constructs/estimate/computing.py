"""What the machines cost on which a function's files are worked on: Lambda, EC2 and Fargate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from scar_constructs.estimate.assumptions import GB, HOURS_PER_MONTH, Assumptions
from scar_constructs.estimate.items import Item
from scar_constructs.estimate.machines import Host, choose_host
from scar_constructs.estimate.prices import Prices
from scar_constructs.model import ComputeType, ExecutionMode, Function, limits

_MIB = 1024**2
_FARGATE_LEAST_SECONDS = 60
_FARGATE_FREE_GIB = 20


@dataclass(frozen=True)
class Computing:
    """How the files of one function are worked on, in one region."""

    function: Function
    prices: Prices
    assumptions: Assumptions

    @property
    def buys(self) -> ComputeType:
        """The capacity of its jobs; with `spot`, that of the same kind which may be taken back."""
        kind = self.function.batch.compute_resources.type
        if not self.assumptions.spot:
            return kind
        return ComputeType.FARGATE_SPOT if kind.is_fargate else ComputeType.SPOT

    @property
    def share(self) -> float:
        return self.assumptions.spot_share if self.buys.is_spot else 1.0

    def item(self, service: str, what: str, quantity: float, unit: str, price: str) -> Item:
        """An item at its price in the table."""
        usd = quantity * self.prices.usd(price)
        return Item(service=service, what=what, quantity=quantity, unit=unit, usd=usd)

    def goes_to_job(self, seconds: float) -> bool:
        """Whether a run of so many seconds ends in a job."""
        mode = self.function.execution_mode
        if mode.runs_on_lambda and mode.runs_on_batch and not self._is_too_large:
            return seconds > self._lambda_seconds
        return mode.runs_on_batch

    @property
    def _is_too_large(self) -> bool:
        """Whether a file is a job's from the start."""
        limit = self.function.lambda_up_to_bytes
        return limit is not None and self.assumptions.size > limit

    @property
    def _lambda_seconds(self) -> float:
        """How long a script may run on Lambda."""
        kept = self.function.timeout_threshold_seconds
        return max(self.function.timeout_seconds - kept, 0)

    def items(self, runs: float, seconds: float) -> Iterator[Item]:
        """Lambda, whatever the mode, and the jobs if there are any."""
        if self.function.execution_mode.runs_on_lambda and not self._is_too_large:
            yield from self._lambda(runs, min(seconds, self._billed_at_most), "runs")
        else:
            calls = runs / self.assumptions.window_files if self.function.is_gathered else runs
            yield from self._lambda(calls, self.assumptions.dispatcher_seconds, "dispatcher")
        if self.goes_to_job(seconds) and self.function.batch.managed:
            yield from self._jobs(runs, seconds)

    @property
    def _billed_at_most(self) -> float:
        if self.function.execution_mode is ExecutionMode.LAMBDA:
            return self.function.timeout_seconds
        return self._lambda_seconds

    def _lambda(self, runs: float, seconds: float, what: str) -> Iterator[Item]:
        function = self.function
        yield self.item("Lambda", f"requests ({what})", runs, "requests", "lambda_request")
        gb_seconds = runs * seconds * function.memory_mib * _MIB / GB
        price = f"lambda_gb_second_{function.architecture.value}"
        yield self.item("Lambda", f"duration ({what})", gb_seconds, "GB-s", price)
        more = function.ephemeral_storage_mib - limits.LAMBDA_STORAGE_MIB
        if more > 0 and function.execution_mode.runs_on_lambda:
            quantity = runs * seconds * more * _MIB / GB
            yield self.item("Lambda", "disk", quantity, "GB-s", "lambda_storage_gb_second")

    def _jobs(self, runs: float, seconds: float) -> Iterator[Item]:
        if self.buys.is_fargate:
            yield from self._fargate(runs, seconds)
            return
        host = self.host
        if host is not None:
            nodes = self.function.batch.multi_node
            count = runs * (nodes.nodes if nodes else 1)
            hours = count * (seconds + self.assumptions.host_start_seconds) / 3600 / host.jobs
            yield from self.machine_hours(host, hours)

    @cached_property
    def host(self) -> Host | None:
        """The machine of its jobs; None on Fargate, and where no price is known."""
        batch = self.function.batch
        if not batch.managed or batch.compute_resources.type.is_fargate:
            return None
        return choose_host(self.function, self.prices).host

    def machine_hours(self, host: Host, hours: float) -> Iterator[Item]:
        """Hosts with their disks and addresses."""
        wanted, name = self.function.batch, host.machine.name
        usd = hours * host.hour * self.share
        way = "Spot" if self.buys.is_spot else "on demand"
        yield Item(service="EC2", what=f"{name} {way}", quantity=hours, unit="hours", usd=usd)
        if wanted.compute_resources.launch_template_name is None:
            quantity = hours * wanted.disk_gib / HOURS_PER_MONTH
            yield self.item("EBS", "disks of hosts", quantity, "GB-months", "gp3_gb_month")
        if not wanted.compute_resources.subnets:
            yield self.item("VPC", "public IPv4 of hosts", hours, "hours", "public_ipv4_hour")

    def _fargate(self, runs: float, seconds: float) -> Iterator[Item]:
        batch, kind = self.function.batch, self.function.architecture.value
        billed = max(seconds + self.assumptions.fargate_start_seconds, _FARGATE_LEAST_SECONDS)
        hours = runs * billed / 3600
        way = "Fargate Spot" if self.buys.is_spot else "Fargate"
        parts = (
            ("vCPU", batch.vcpus, f"fargate_vcpu_hour_{kind}"),
            ("memory", batch.memory_mib * _MIB / GB, f"fargate_gb_hour_{kind}"),
        )
        for what, amount, price in parts:
            quantity = hours * amount
            usd = quantity * self.prices.usd(price) * self.share
            unit = f"{'vCPU' if what == 'vCPU' else 'GB'}-hours"
            yield Item(service=way, what=what, quantity=quantity, unit=unit, usd=usd)
        more = (batch.ephemeral_storage_gib or 0) - _FARGATE_FREE_GIB
        if more > 0:
            yield self.item(way, "disk", hours * more, "GB-hours", "fargate_storage_gb_hour")
        if not batch.compute_resources.subnets:
            yield self.item("VPC", "public IPv4 of jobs", hours, "hours", "public_ipv4_hour")
