"""How a function runs as a Batch job, and on which machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from scar_constructs.model.record import Limits, Variables


class ComputeType(StrEnum):
    """The capacity behind a Batch compute environment."""

    EC2 = "EC2"
    SPOT = "SPOT"
    FARGATE = "FARGATE"
    FARGATE_SPOT = "FARGATE_SPOT"

    @property
    def is_fargate(self) -> bool:
        return self in (ComputeType.FARGATE, ComputeType.FARGATE_SPOT)

    @property
    def is_spot(self) -> bool:
        return self in (ComputeType.SPOT, ComputeType.FARGATE_SPOT)


class Sharing(StrEnum):
    """Whose compute environment and queue the jobs of a function use."""

    OWN = "own"
    """The function's own: it says something of its machines."""
    COMMON = "common"
    """That of the functions of the file that say nothing of machines, and have one processor."""
    NAMED = "named"
    """That of the functions of the file that give the environment the same name."""


@dataclass(frozen=True, kw_only=True)
class ComputeResources:
    """The machines of a compute environment. Without `desired_vcpus` Batch finds the start."""

    type: ComputeType
    min_vcpus: int
    max_vcpus: int
    instance_types: tuple[str, ...]
    subnets: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    desired_vcpus: int | None = None
    instance_role: str | None = None
    launch_template_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class MultiNode:
    """A job over several hosts, one of which leads."""

    nodes: int
    main_node: int


@dataclass(frozen=True, kw_only=True)
class Burst:
    """Files that come within a window, up to `max_files`, become one array job. A `retired` one
    takes no new files, and empties its queue."""

    window_seconds: int
    max_files: int
    retired: bool = False


@dataclass(frozen=True, kw_only=True)
class Batch:
    """How a function runs as a Batch job. Memory in MiB, time-out in seconds per attempt.

    `ephemeral_storage_gib` is the disk of a Fargate job (None: Fargate's own 20 GiB), `disk_gib`
    that of an EC2 host. `shared_memory_mib` is the size of /dev/shm (None: Docker's own), `ulimits`
    are soft and hard limits alike. Without `managed`, the hosts are the user's own, in the
    environment's cluster, and the compute resources mean nothing. Functions that name the same
    `compute_environment` share it, and so do those of which each `says_nothing` of machines.
    `former` is the block as it was when jobs went to another environment, which is kept for those
    that still wait there.
    """

    vcpus: float
    memory_mib: int
    gpus: int
    attempts: int
    timeout_seconds: int
    disk_gib: int
    environment: Variables = field(default_factory=dict)
    shared_memory_mib: int | None = None
    ulimits: Limits = field(default_factory=dict)
    enabled: bool = True
    managed: bool = True
    service_role: str | None = None
    job_role: str | None = None
    secrets: Variables = field(default_factory=dict)
    ephemeral_storage_gib: int | None = None
    compute_environment: str | None = None
    says_nothing: bool = False
    former: Batch | None = None
    multi_node: MultiNode | None = None
    burst: Burst | None = None
    compute_resources: ComputeResources
