"""The worked examples of docs/cost.md: each figure is calculated there by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.estimate import Amounts, Assumptions, Cost, application_cost
from scar_constructs.estimate.document import money
from tests.unit.fdl_files import load

MB = 1_000_000
SMALL = "functions: {small: {image: x, init_script: run.sh, s3: {input_bucket: bucket}}}"
ARM = """
functions:
  large:
    image: x
    init_script: run.sh
    memory: 8192
    ephemeral_storage: 2048
    architectures: [arm64]
    s3: {input_bucket: bucket}
"""
EC2 = """
functions:
  job:
    image: x
    init_script: run.sh
    execution_mode: batch
    batch: {compute_resources: {instance_types: [m6i.large]}}
    s3: {input_bucket: bucket}
"""
FARGATE = """
functions:
  job:
    image: x
    init_script: run.sh
    execution_mode: batch
    batch: {memory: 2048, compute_resources: {type: FARGATE}}
    s3: {input_bucket: bucket}
"""
CHAIN = """
buckets: {bucket: {event_bridge: true}}
functions:
  aws:
  - lambda:
      name: cut
      region: eu-west-1
      container: {image: x}
      init_script: run.sh
      input: [{storage_provider: s3, path: bucket/in}]
      output: [{storage_provider: s3, path: bucket/parts}]
  - lambda:
      name: job
      region: eu-west-1
      container: {image: x}
      init_script: run.sh
      execution_mode: batch
      input: [{storage_provider: s3, path: bucket/parts}]
      output: [{storage_provider: s3, path: bucket/out}]
    batch: {compute_resources: {type: SPOT, instance_types: [m6i.large]}}
"""


def cost_of(folder: Path, text: str, files: float, seconds: float, size: float) -> Cost:
    assumptions = Assumptions(files=Amounts(files), seconds=Amounts(seconds), size=size)
    return application_cost(load(folder, a=text), assumptions)


def by_what(cost: Cost) -> dict[tuple[str, str], float]:
    return {(item.service, item.what): item.usd for one in cost.functions for item in one.items}


def test_small_on_lambda(tmp_path: Path) -> None:
    cost = cost_of(tmp_path, SMALL, 10_000, 3, MB)
    found = by_what(cost)
    assert found["Lambda", "requests (runs)"] == pytest.approx(0.002)
    assert found["Lambda", "duration (runs)"] == pytest.approx(0.2500005)
    assert found["S3", "writes"] == pytest.approx(0.2)
    assert found["S3", "reads"] == pytest.approx(0.004)
    assert found["CloudWatch Logs", "lines written"] == pytest.approx(0.0190735, rel=1e-5)
    assert cost.usd == pytest.approx(0.475074, rel=1e-6)


def test_large_on_lambda_arm(tmp_path: Path) -> None:
    cost = cost_of(tmp_path, ARM, 1000, 60, 100 * MB)
    found = by_what(cost)
    assert found["Lambda", "duration (runs)"] == pytest.approx(6.400032)
    assert found["Lambda", "disk"] == pytest.approx(0.002781)
    assert found["S3", "writes"] == pytest.approx(0.085)
    assert found["S3", "reads"] == pytest.approx(0.0052)
    assert round(cost.usd, 2) == 6.50


def test_a_job_on_a_machine(tmp_path: Path) -> None:
    cost = cost_of(tmp_path, EC2, 1000, 600, MB)
    found = by_what(cost)
    assert found["EC2", "m6i.large on demand"] == pytest.approx(10.4)
    assert found["EBS", "disks of hosts"] == pytest.approx(0.3561644, rel=1e-6)
    assert found["VPC", "public IPv4 of hosts"] == pytest.approx(0.5416667, rel=1e-6)
    assert found["Lambda", "duration (dispatcher)"] == pytest.approx(0.00833335)
    assert round(cost.usd, 2) == 11.35


def test_a_job_on_fargate(tmp_path: Path) -> None:
    cost = cost_of(tmp_path, FARGATE, 1000, 600, MB)
    found = by_what(cost)
    assert found["Fargate", "vCPU"] == pytest.approx(7.084)
    assert found["Fargate", "memory"] == pytest.approx(1.55575)
    assert found["VPC", "public IPv4 of jobs"] == pytest.approx(0.875)
    assert round(cost.usd, 2) == 9.56


def test_a_chain_with_spot_and_event_bridge(tmp_path: Path) -> None:
    assumptions = Assumptions(
        files=Amounts(1000), seconds=Amounts(10), size=MB, outputs=Amounts(1, {"cut": 2})
    )
    cost = application_cost(load(tmp_path, a=CHAIN), assumptions)
    cut, job = cost.functions
    assert (cut.runs, job.runs, cost.uploads) == (1000, 2000, 1000)
    events = [item.usd for one in cost.functions for item in one.items if "Event" in item.service]
    assert events == pytest.approx([0.003, 0.002])
    assert by_what(cost)["EC2", "m6i.large Spot"] == pytest.approx(1.9765278, rel=1e-6)
    assert cut.usd == pytest.approx(0.114108, rel=1e-5)
    assert round(cost.usd, 2) == 2.65
    assert cost.prices[0][0] == "eu-west-1"


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(0, "0"), (1234.5, "1,234.50"), (1, "1.00"), (0.5, "0.5000"), (0.00012345, "0.0001234")],
)
def test_amounts_have_cents_or_four_digits(usd: float, shown: str) -> None:
    assert money(usd) == shown


def test_a_document_says_the_same() -> None:
    """The sums in docs/cost.md are those of the tests above."""
    text = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()
    for sum_ in ("0.475074", "6.495120", "11.346381", "9.563298", "2.645556"):
        assert sum_ in text
