"""Where files go, what rests, which machine is taken, and how figures behave as inputs grow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.errors import UserError
from scar_constructs.estimate import Amounts, Assumptions, Cost, application_cost, known_regions
from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Application
from tests.unit.fdl_files import load
from tests.unit.test_estimate import CHAIN, EC2, FARGATE, SMALL, by_what

HELLO = load_application([Path(__file__).parents[2] / "examples" / "hello"]).application


def costs(folder: Path, text: str, **assumed: Any) -> Cost:
    return application_cost(load(folder, a=text), Assumptions(**assumed))


def usd(**assumed: Any) -> float:
    return application_cost(HELLO, Assumptions(**assumed)).usd_month


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_files_never_cost_less(first: int, second: int) -> None:
    less, more = sorted((first, second))
    assert usd(files=Amounts(less)) <= usd(files=Amounts(more))


@given(st.floats(0, 10**5), st.floats(0, 10**5))
def test_longer_runs_never_cost_less(first: float, second: float) -> None:
    less, more = sorted((first, second))
    assert usd(seconds=Amounts(less)) <= usd(seconds=Amounts(more))


@given(st.floats(0, 1e13), st.floats(0, 1e13))
def test_larger_files_never_cost_less(first: float, second: float) -> None:
    less, more = sorted((first, second))
    assert usd(size=less) <= usd(size=more)


@given(st.integers(0, 50), st.integers(0, 50))
def test_more_outputs_never_cost_less(first: int, second: int) -> None:
    less, more = sorted((first, second))
    assert usd(outputs=Amounts(less)) <= usd(outputs=Amounts(more))


@pytest.mark.parametrize("region", known_regions())
@pytest.mark.parametrize("text", [SMALL, EC2, FARGATE, CHAIN])
def test_spot_never_costs_more(tmp_path: Path, text: str, region: str) -> None:
    assert (
        costs(tmp_path, text, region=region, spot=True).usd
        <= costs(tmp_path, text, region=region).usd
    )


def test_files_flow_on_and_multiply(tmp_path: Path) -> None:
    found = costs(tmp_path, CHAIN, files=Amounts(10, {"job": 5}), outputs=Amounts(3))
    assert [one.runs for one in found.functions] == [10, 35]
    assert found.uploads == 15


def test_functions_that_read_the_same_folder_read_the_same_files(tmp_path: Path) -> None:
    text = """
    functions:
      aws:
      - lambda: &one
          name: one
          container: {image: x}
          init_script: run.sh
          input: [{storage_provider: s3, path: bucket/in}]
      - lambda: {<<: *one, name: two}
    """
    found = costs(tmp_path, text, files=Amounts(10))
    assert [one.runs for one in found.functions] == [10, 10]
    assert found.uploads == 10
    kept = [item for one in found.functions for item in one.at_rest if item.service == "S3"]
    assert sum(item.quantity for item in kept) == pytest.approx(10 / 1024)


def test_a_function_that_may_feed_itself_is_counted_once(tmp_path: Path) -> None:
    application = load(tmp_path, a=SMALL)
    (stack,) = application.stacks
    (function,) = stack.functions
    target = replace(function.own_outputs[0], folder=function.own_inputs[0].folder)
    round_ = replace(stack, functions=(replace(function, outputs=(target,)),))
    found = application_cost(Application(stacks=(round_,)), Assumptions(files=Amounts(7)))
    assert [one.runs for one in found.functions] == [7]


def test_an_unknown_region_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mars-1.*eu-central-1, eu-west-1, us-east-1"):
        costs(tmp_path, SMALL, region="mars-1")


def test_a_type_without_a_price_is_left_out_until_it_has_one(tmp_path: Path) -> None:
    text = EC2.replace("m6i.large", "x2gd.large").replace(
        "init_script", "architectures: [arm64]\n    init_script"
    )
    (function,) = costs(tmp_path, text).functions
    assert not any(item.service == "EC2" for item in function.items)
    assert "x2gd.large" in function.notes[0]
    assert "--price TYPE=USD_PER_HOUR" in function.notes[0]
    (priced,) = costs(tmp_path, text, machine_prices={"x2gd.large": 0.2}).functions
    assert not priced.notes
    assert "x2gd.large" in (priced.machine or "")


def test_nothing_rests_but_what_is_listed(tmp_path: Path) -> None:
    found = costs(tmp_path, SMALL, files=Amounts(0))
    assert found.usd == 0
    assert {item.what for item in found.functions[0].at_rest if item.usd} == {"image"}
    text = """
    metrics: true
    dashboard: true
    alarms: {email: a@example.com}
    functions: {f: {image: x, init_script: run.sh, s3: {input_bucket: bucket}}}
    """
    rests = {item.what: item.usd for item in costs(tmp_path, text).at_rest}
    assert rests == pytest.approx({"alarms of a": 0.4, "metrics of a": 0.6, "dashboard of a": 3})


def test_machines_that_stay_cost_at_rest(tmp_path: Path) -> None:
    text = EC2.replace("instance_types", "min_v_cpus: 2, instance_types")
    found = costs(tmp_path, text, files=Amounts(0))
    (machine,) = [item for item in found.at_rest if item.service == "EC2"]
    assert machine.usd == pytest.approx(730 * 0.096)


def test_where_the_modes_cost_the_same(tmp_path: Path) -> None:
    """On both sides of the crossing, by pricing the two modes themselves."""
    text = EC2.replace("m6i.large", "c6i.large")
    (function,) = costs(tmp_path, text).functions
    assert function.crossing
    assert function.crossing.cheaper_below == "lambda"
    assert function.crossing.seconds
    at = function.crossing.seconds
    lambda_text = text.replace("execution_mode: batch", "memory: 1024\n    time: 900")
    for seconds, lambda_is_cheaper in ((at - 5, True), (at + 5, False)):
        job = costs(tmp_path, text, seconds=Amounts(seconds)).usd
        direct = costs(tmp_path, lambda_text, seconds=Amounts(seconds)).usd
        assert (direct < job) is lambda_is_cheaper


def test_sizes_decide_where_an_automatic_function_is_paid(tmp_path: Path) -> None:
    text = EC2.replace("execution_mode: batch", "execution_mode: auto\n    memory: 1024")
    small, large = (costs(tmp_path, text, size=float(size)) for size in (200_000_000, 200_000_001))
    assert not [what for service, what in by_what(small) if service == "EC2"]
    assert ("Lambda", "duration (runs)") in by_what(small)
    assert ("Lambda", "duration (dispatcher)") in by_what(large)
    assert [what for service, what in by_what(large) if service == "EC2"]


def test_a_job_too_large_for_lambda_has_no_crossing(tmp_path: Path) -> None:
    text = EC2.replace("batch: {", "batch: {memory: 12000, ").replace("m6i.large", "m6i")
    (function,) = costs(tmp_path, text).functions
    assert function.crossing is None
