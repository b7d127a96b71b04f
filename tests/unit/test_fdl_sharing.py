"""Functions of one file that share a compute environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import load_application
from scar_constructs.model import ComputeResources, ComputeType, Sharing
from tests.unit.fdl_files import KNOWN, load, rules_of, write


def file(**batches: str) -> str:
    """Batch functions of these names, each with a `batch` block that shares `cows`."""
    return "functions:\n" + "".join(
        f"  {name}: {{image: x, execution_mode: batch, "
        f"batch: {{compute_environment: cows, {batch}}}}}\n"
        for name, batch in batches.items()
    )


def resources(folder: Path, text: str) -> list[ComputeResources]:
    (stack,) = load(folder, a=text).stacks
    return [function.batch.compute_resources for function in stack.functions]


def test_who_says_nothing_takes_what_another_says(tmp_path: Path) -> None:
    first, second = resources(
        tmp_path, file(a="vcpus: 1", b="compute_resources: {type: SPOT, max_v_cpus: 9}")
    )

    assert first == second
    assert (first.type, first.max_vcpus) == (ComputeType.SPOT, 9)


def test_the_environment_holds_the_largest_job(tmp_path: Path) -> None:
    first, second = resources(tmp_path, file(a="vcpus: 4", b="vcpus: 16"))

    assert first.max_vcpus == second.max_vcpus == 16


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("compute_resources: {type: SPOT}", "compute_resources: {type: EC2}"),
        ("compute_resources: {max_v_cpus: 4}", "compute_resources: {max_v_cpus: 8}"),
        ("state: DISABLED", "state: ENABLED"),
    ],
)
def test_two_that_disagree_are_told(one: str, other: str, tmp_path: Path) -> None:
    assert rules_of(tmp_path, a=file(a=one, b=other)) == ["compute-environment-differs"]


def test_processors_must_agree(tmp_path: Path) -> None:
    text = """
    functions:
      a: {image: x, execution_mode: batch, batch: {compute_environment: cows}}
      b:
        image: x
        execution_mode: batch
        architectures: [arm64]
        batch: {compute_environment: cows}
    """
    assert rules_of(tmp_path, a=text) == ["compute-environment-differs"]


def test_a_function_on_lambda_shares_nothing(tmp_path: Path) -> None:
    text = """
    functions:
      a: {image: x, batch: {compute_environment: cows, compute_resources: {type: SPOT}}}
      b: {image: x, execution_mode: batch, batch: {compute_environment: cows}}
    """
    types = [one.type for one in resources(tmp_path, text)]

    assert types == [ComputeType.SPOT, ComputeType.EC2]


def test_arm_functions_have_arm_machines(tmp_path: Path) -> None:
    text = "functions: {a: {image: x, execution_mode: batch, architectures: [arm64]}}"

    assert resources(tmp_path, text)[0].instance_types == ("default_arm64",)


def test_shared_environments_count_once_against_the_quota(tmp_path: Path) -> None:
    paths = write(tmp_path, a=file(**{f"f{n}": "vcpus: 1" for n in range(60)}))
    loaded = load_application(paths, lock=KNOWN)

    assert loaded.warnings == ()


def machines(folder: Path, text: str) -> dict[str, tuple[Sharing, str]]:
    """Where the jobs of each function run."""
    (stack,) = load(folder, a=text).stacks
    return {function.name: function.machines for function in stack.functions}


def jobs(head: str = "", **settings: str) -> str:
    """A file of functions with jobs and these settings."""
    lines = [
        f"  {name}: {{image: x, execution_mode: batch, {said}}}" for name, said in settings.items()
    ]
    return "\n".join([head, "functions:", *lines])


COMMON = (Sharing.COMMON, "x86_64")
GPU = "compute_resources: {instance_types: [g5]}"


def test_functions_that_say_nothing_of_machines_share_those_of_the_file(tmp_path: Path) -> None:
    text = jobs(a="", b="batch: {vcpus: 4, memory: 8192, disk_gib: 100, timeout: 600}")

    assert machines(tmp_path, text) == {"a": COMMON, "b": COMMON}


@pytest.mark.parametrize(
    "said",
    [
        "batch: {compute_resources: {max_v_cpus: 4}}",
        "batch: {compute_resources: {}}",
        "batch: {state: DISABLED}",
        "batch: {type: UNMANAGED}",
        f"batch: {{enable_gpu: true, {GPU}}}",
        "batch: {multi_node_parallel: {enabled: true, number_nodes: 2}}",
    ],
)
def test_a_function_that_says_something_has_its_own(said: str, tmp_path: Path) -> None:
    assert machines(tmp_path, jobs(a="", b=said)) == {"a": COMMON, "b": (Sharing.OWN, "b")}


@pytest.mark.parametrize("said", ["batch: {state: ENABLED, type: MANAGED}", "batch: {}"])
def test_what_is_so_anyway_says_nothing(said: str, tmp_path: Path) -> None:
    assert machines(tmp_path, jobs(a="", b=said)) == {"a": COMMON, "b": COMMON}


def test_each_processor_has_machines_of_its_own(tmp_path: Path) -> None:
    text = jobs(a="", b="architectures: [arm64]", c="architectures: [arm64]")
    arm = (Sharing.COMMON, "arm64")

    assert machines(tmp_path, text) == {"a": COMMON, "b": arm, "c": arm}


def test_defaults_speak_for_all_that_share(tmp_path: Path) -> None:
    head = "defaults: {batch: {state: DISABLED, compute_resources: {type: SPOT}}}"
    text = jobs(head, a="", b="", c="batch: {state: ENABLED}")
    (stack,) = load(tmp_path, a=text).stacks
    first, second, _ = (function.batch for function in stack.functions)

    assert [function.machines[0] for function in stack.functions] == [
        Sharing.COMMON,
        Sharing.COMMON,
        Sharing.OWN,
    ]
    assert first.compute_resources == second.compute_resources
    assert first.compute_resources.type is ComputeType.SPOT
    assert not first.enabled


def test_the_machines_of_the_file_are_as_large_as_each_function_s_would_be(tmp_path: Path) -> None:
    found = resources(tmp_path, jobs(a="", b="batch: {vcpus: 8}", c=""))

    assert {one.max_vcpus for one in found} == {2 + 8 + 2}


def test_a_number_in_the_defaults_bounds_all_of_them(tmp_path: Path) -> None:
    head = "defaults: {batch: {compute_resources: {max_v_cpus: 6}}}"

    assert {one.max_vcpus for one in resources(tmp_path, jobs(head, a="", b=""))} == {6}


FORMER = {
    "to its own": ("compute_resources: {type: SPOT}, former: {}", Sharing.OWN, Sharing.COMMON),
    "to those of all": ("former: {compute_resources: {type: SPOT}}", Sharing.COMMON, Sharing.OWN),
    "to a name": ("compute_environment: cows, former: {}", Sharing.NAMED, Sharing.COMMON),
    "to another name": (
        "compute_environment: cows, former: {compute_environment: calves}",
        Sharing.NAMED,
        Sharing.NAMED,
    ),
    "from GPUs": (f"former: {{gpus: 1, {GPU}}}", Sharing.COMMON, Sharing.OWN),
}


@pytest.mark.parametrize(("said", "now", "then"), FORMER.values(), ids=FORMER)
def test_a_function_that_moved_knows_its_former_machines(
    said: str, now: Sharing, then: Sharing, tmp_path: Path
) -> None:
    (stack,) = load(tmp_path, a=jobs(a=f"batch: {{{said}}}", b="")).stacks
    moved, former = stack.functions[0].on_all_machines

    assert (moved.machines[0], former.machines[0]) == (now, then)


def test_former_machines_are_as_they_were(tmp_path: Path) -> None:
    """With the defaults of the file, and the size that their jobs needed."""
    head = "defaults: {batch: {compute_resources: {type: SPOT}}}"
    text = jobs(
        head, a="batch: {compute_resources: {type: FARGATE}, memory: 2048, former: {vcpus: 8}}"
    )
    (stack,) = load(tmp_path, a=text).stacks
    former = stack.functions[0].on_all_machines[1].batch.compute_resources

    assert (former.type, former.max_vcpus) == (ComputeType.SPOT, 8)


def test_functions_agree_on_a_name_also_with_those_of_before(tmp_path: Path) -> None:
    text = jobs(
        a="batch: {compute_environment: cows, compute_resources: {type: SPOT}}",
        b="batch: {former: {compute_environment: cows, compute_resources: {type: EC2}}}",
    )

    assert rules_of(tmp_path, a=text) == ["compute-environment-differs"]


def test_a_function_that_did_not_move_is_told(tmp_path: Path) -> None:
    loaded = load_application(write(tmp_path, a=jobs(a="batch: {former: {vcpus: 8}}")))
    (function,) = loaded.application.stacks[0].functions

    assert "setting-without-effect" in [warning.rule for warning in loaded.warnings]
    assert function.on_all_machines == (function,)
