"""Functions of one file that share a compute environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.fdl import load_application
from scar_constructs.fdl.models import ComputeResources, ComputeType
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
