"""Whether a job fits into any of its machines (one that does not waits and never starts), and what
it asks for fits together.

Of types that the table does not know nothing is told: they may be newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import show
from scar_constructs.model import Architecture, limits
from scar_constructs.model.machines import BUNDLES, Machine, machines

GPU_FAMILIES = {
    Architecture.X86_64: ("g4dn", "g5", "g6", "g6e", "p4d", "p5", "p5en"),
    Architecture.ARM64: ("g5g",),
}
"""What is offered to jobs with GPUs."""


@dataclass(frozen=True)
class _Need:
    """What one host must have for a job."""

    vcpus: int
    memory_mib: int
    gpus: int

    def fits(self, machine: Machine) -> bool:
        """Whether the job could run there if the host's system took next to nothing."""
        return (
            self.vcpus <= machine.vcpus
            and self.gpus <= machine.gpus
            and self.memory_mib <= machine.memory_mib - limits.BATCH_RESERVED_MIB
        )

    def fits_well(self, machine: Machine) -> bool:
        """Whether the host's system has what it is likely to take."""
        return self.fits(machine) and self.memory_mib <= _for_jobs(machine)


def _for_jobs(machine: Machine) -> int:
    return int(machine.memory_mib * limits.BATCH_MEMORY_SHARE)


def check_machine_sizes(parsed: ParsedFunction) -> Iterator[Problem]:
    """A job larger than all of its machines, or as large as the largest."""
    batch = parsed.function.batch
    words = batch.compute_resources.instance_types
    known = [machines(word) for word in words]
    if batch.compute_resources.type.is_fargate or not batch.managed or not all(known):
        return
    candidates = [one for found in known for one in found]
    if batch.gpus and not any(one.gpus for one in candidates):
        return  # told by `check_gpus`
    need = _need(parsed)
    of_types = f"of {', '.join(words)}"
    better = _better(parsed, need)
    offer = f", or write `instance_types: [{better.name}]`" if better else ""
    if not any(need.fits(one) for one in candidates):
        largest = max(candidates, key=lambda one: (one.gpus, one.memory_mib, one.vcpus))
        message = (
            f"a job needs {_counts(need)} and {need.memory_mib} MiB, and no machine {of_types} has "
            f"that (the largest, {largest.name}, has {_counts(largest)} and for jobs less than "
            f"{largest.memory_mib} MiB): it would never start"
        )
        at, got = _place(parsed, need, candidates)
        yield problem("job-too-large", at.path, at.position, message, got, f"ask for less{offer}")
    elif not any(need.fits_well(one) for one in candidates):
        largest = max((one for one in candidates if need.fits(one)), key=_for_jobs)
        message = (
            f"a job needs {need.memory_mib} MiB, and the largest machine for it {of_types} has "
            f"{largest.memory_mib} MiB, of which the system takes about 4 %: it may never start"
        )
        at, got = _place(parsed, need, ())
        less = f"write {_for_jobs(largest) - _helpers(parsed) * limits.HELPER_MEMORY_MIB} or less"
        yield problem("job-takes-all", at.path, at.position, message, got, f"{less}{offer}")


def check_shared_memory(parsed: ParsedFunction) -> Iterator[Problem]:
    """What lies in /dev/shm counts as memory of the job."""
    batch = parsed.function.batch
    node = parsed.section.find("batch.shared_memory_mib")
    if node is not None and (batch.shared_memory_mib or 0) > batch.memory_mib:
        message = f"must be at most `memory`, which is {batch.memory_mib}: it is a part of it"
        fix = f"write {batch.memory_mib} or less, or raise `memory`"
        yield fault("shared-memory", node, message, fix)


def _need(parsed: ParsedFunction) -> _Need:
    batch, helpers = parsed.function.batch, _helpers(parsed)
    return _Need(
        vcpus=int(batch.vcpus) + helpers * limits.HELPER_VCPUS,
        memory_mib=batch.memory_mib + helpers * limits.HELPER_MEMORY_MIB,
        gpus=batch.gpus,
    )


def _helpers(parsed: ParsedFunction) -> int:
    return 0 if parsed.function.build else limits.HELPER_CONTAINERS


def _counts(of: _Need | Machine) -> str:
    counts = [(of.vcpus, "vCPU"), (of.gpus, "GPU")]
    return ", ".join(f"{count} {unit}{'s' * (count > 1)}" for count, unit in counts if count)


def _place(
    parsed: ParsedFunction, need: _Need, candidates: Iterable[Machine]
) -> tuple[Located, str]:
    """The key that asks for more than any machine has; else the memory, the types, the name."""
    candidates = list(candidates)
    wanted = (
        ("batch.vcpus", need.vcpus, [one.vcpus for one in candidates]),
        ("batch.gpus", need.gpus, [one.gpus for one in candidates]),
    )
    places = [key for key, least, most in wanted if most and least > max(most)]
    for key in (*places, "batch.memory", "batch.compute_resources.instance_types"):
        node = parsed.section.find(key)
        if node is not None:
            return Located(node.path, node.position), show(node)
    return parsed.name_at, ""


def _better(parsed: ParsedFunction, need: _Need) -> Machine | None:
    """The smallest machine that fits: of the same families, or else of those that are common."""
    words = parsed.function.batch.compute_resources.instance_types
    own = [word.partition(".")[0] for word in words]
    kind = parsed.function.architecture
    common = BUNDLES[f"default_{kind.value}"]
    for families in (own, GPU_FAMILIES[kind] if need.gpus else common):
        fitting = [one for name in families for one in machines(name) if need.fits_well(one)]
        if fitting:
            return min(fitting, key=lambda one: (one.gpus, one.vcpus, one.memory_mib))
    return None


SIZE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_machine_sizes,
    check_shared_memory,
)
