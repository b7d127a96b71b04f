"""The table of instance types, and what is told of jobs that fit into none of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.language import FdlError, load_application
from scar_constructs.model.limits import (
    BATCH_ARM_INSTANCE_TYPES,
    BATCH_INSTANCE_TYPES,
    BATCH_VCPUS_MAX,
)
from scar_constructs.model.machines import BUNDLES, Machine, machines, members
from scripts.machine_sizes import lines
from tests.unit.fdl_files import problems_of, write

KNOWN = [
    Machine("m5.large", 2, 8192, 0),
    Machine("m5.xlarge", 4, 16384, 0),
    Machine("c4.8xlarge", 36, 61440, 0),
    Machine("c7i.metal-48xl", 192, 393216, 0),
    Machine("t3.nano", 2, 512, 0),
    Machine("g4dn.12xlarge", 48, 196608, 4),
    Machine("p5.48xlarge", 192, 2097152, 8),
    Machine("r6g.medium", 1, 8192, 0),
]
"""As https://docs.aws.amazon.com/ec2/latest/instancetypes/ has them."""


@pytest.mark.parametrize("machine", KNOWN, ids=lambda one: one.name)
def test_types_have_their_sizes(machine: Machine) -> None:
    assert machines(machine.name) == (machine,)


@pytest.mark.parametrize("word", ["m5.huge", "m5.", "none", "none.large", "", "M5.large", "#"])
def test_of_what_is_not_in_the_table_nothing_is_known(word: str) -> None:
    assert machines(word) == ()


@pytest.mark.parametrize(
    "word", [*BUNDLES, *BATCH_INSTANCE_TYPES, *BATCH_ARM_INSTANCE_TYPES, "c6i"]
)
def test_families_and_bundles_are_all_their_machines(word: str) -> None:
    found = machines(word)
    families = BUNDLES.get(word, (word,))
    assert {one.name.partition(".")[0] for one in found} == set(families)
    assert len(found) > 5 * len(families)


def test_the_most_vcpus_of_a_job_are_those_of_the_largest_default_machine() -> None:
    default = [one for word in BATCH_INSTANCE_TYPES for one in machines(word)]
    assert max(one.vcpus for one in default) == BATCH_VCPUS_MAX


sizes = st.dictionaries(
    st.sampled_from(["nano", "medium", "large", "xlarge", "2xlarge", "metal", "metal-24xl"]),
    st.tuples(st.integers(1, 999), st.integers(1, 9_999_999), st.integers(0, 16)),
    min_size=1,
)


@given(st.dictionaries(st.sampled_from(["a1", "p6-b200", "u7i-12tb"]), sizes, min_size=1))
def test_what_the_script_writes_is_read_again(
    families: dict[str, dict[str, tuple[int, int, int]]],
) -> None:
    described = {
        f"{family}.{size}": facts(*numbers)
        for family, members in families.items()
        for size, numbers in members.items()
    }
    written = dict(line.split(" ", 1) for line in lines(described))
    read = {
        one.name: (one.vcpus, one.memory_mib, one.gpus)
        for family, entries in written.items()
        for one in members(family, entries)
    }
    expected = {
        f"{family}.{size}": numbers
        for family, members in families.items()
        for size, numbers in members.items()
    }
    assert read == expected


def facts(vcpus: int, memory: int, gpus: int) -> dict[str, Any]:
    """What DescribeInstanceTypes says of a machine."""
    found = [{"Manufacturer": "NVIDIA", "Count": gpus}] if gpus else []
    return {
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "MemoryInfo": {"SizeInMiB": memory},
        "GpuInfo": {"Gpus": found},
    }


def job(batch: str, build: str = "true") -> str:
    return (
        "functions:\n  f:\n    image: x\n    execution_mode: batch\n    init_script: run.sh\n"
        f"    build: {build}\n    batch: {{{batch}}}\n"
    )


def told(folder: Path, text: str) -> list[str]:
    """The rules about sizes that the text breaks, whatever their severity."""
    try:
        problems = load_application(write(folder, a=text)).warnings
    except FdlError as error:
        problems = error.problems
    return [problem.rule for problem in problems if problem.rule.startswith("job-")]


@pytest.mark.parametrize(
    ("batch", "rule"),
    [
        ("memory: 7864, compute_resources: {instance_types: [m5.large]}", None),
        ("memory: 7865, compute_resources: {instance_types: [m5.large]}", "job-takes-all"),
        ("memory: 8160, compute_resources: {instance_types: [m5.large]}", "job-takes-all"),
        ("memory: 8161, compute_resources: {instance_types: [m5.large]}", "job-too-large"),
        ("memory: 8192, compute_resources: {instance_types: [m5.large, m5.xlarge]}", None),
        ("memory: 8192, compute_resources: {instance_types: [m5]}", None),
        ("memory: 9999, compute_resources: {instance_types: [m5.large, new9.large]}", None),
        ("memory: 9999, compute_resources: {instance_types: [m5.new]}", None),
        ("vcpus: 4, compute_resources: {instance_types: [m5.large]}", "job-too-large"),
        ("vcpus: 192", None),
        ("vcpus: 192, memory: 500000", "job-too-large"),
        ("vcpus: 64, memory: 250000", None),
        ("gpus: 2, compute_resources: {instance_types: [g5.xlarge]}", "job-too-large"),
        ("gpus: 2, compute_resources: {instance_types: [g5]}", None),
        ("vcpus: 4, memory: 9999, type: UNMANAGED", None),
        ("vcpus: 4, memory: 30720, compute_resources: {type: FARGATE}", None),
    ],
)
def test_a_job_is_held_to_the_largest_of_its_machines(
    batch: str, rule: str | None, tmp_path: Path
) -> None:
    assert told(tmp_path, job(batch)) == ([rule] if rule else [])


def test_helper_containers_are_counted(tmp_path: Path) -> None:
    """They run beside the script: 1 vCPU and 128 MiB for each of the two."""
    batch = "vcpus: 2, memory: 7400, compute_resources: {instance_types: [m5.large], max_v_cpus: 9}"
    assert told(tmp_path, job(batch)) == []
    assert "job-too-large" in told(tmp_path, job(batch, build="false"))


def test_machines_that_another_function_names_count(tmp_path: Path) -> None:
    shared = "compute_environment: cows, compute_resources: {instance_types: [r5], max_v_cpus: 9}"
    text = job(shared) + (
        "  g:\n    image: x\n    execution_mode: batch\n    init_script: run.sh\n"
        "    batch: {compute_environment: cows, memory: 600000}\n"
    )
    assert told(tmp_path, text) == []


@pytest.mark.parametrize(
    ("batch", "offer"),
    [
        ("memory: 9999, compute_resources: {instance_types: [m5.large]}", "[m5.xlarge]"),
        ("memory: 99999, compute_resources: {instance_types: [t3]}", "[r6i.4xlarge]"),
        ("gpus: 3, compute_resources: {instance_types: [g5.xlarge]}", "[g5.12xlarge]"),
        ("gpus: 4, compute_resources: {instance_types: [gr6]}", "[g4dn.12xlarge]"),
        ("memory: 1048576", None),
    ],
)
def test_a_machine_that_fits_is_offered_if_there_is_one(
    batch: str, offer: str | None, tmp_path: Path
) -> None:
    with pytest.raises(FdlError) as caught:
        load_application(write(tmp_path, a=job(batch)))
    (problem,) = caught.value.problems
    assert problem.fix == "ask for less" + (
        f", or write `instance_types: {offer}`" if offer else ""
    )


def test_between_two_sizes_of_fargate_the_larger_is_named(tmp_path: Path) -> None:
    """A job that asked for more than the smaller would run out of memory."""
    text = (
        "functions: {f: {image: x, init_script: run.sh, execution_mode: batch, batch: {vcpus: 16, "
        "memory: 36864, compute_resources: {type: FARGATE}}}}"
    )
    (problem,) = (one for one in problems_of(tmp_path, a=text) if one.rule == "fargate-size")
    assert problem.fix == "write `memory: 40960`"
