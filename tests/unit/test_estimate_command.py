"""`scar estimate` as people and programs call it, and the table of prices behind it."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from scar_constructs.cli.main import scar
from scar_constructs.estimate.prices import TABLE, Prices, known_regions
from scar_constructs.model.machines import machines

HELLO = str(Path(__file__).parents[2] / "examples" / "hello")
ASKED = ("estimate", HELLO, "--files", "1000", "--size", "1MB")


def call(*words: str) -> str:
    done = CliRunner().invoke(scar, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_people_get_tables_with_what_was_assumed() -> None:
    shown = call(*ASKED, "--seconds", "10", "--outputs", "hello-split=3")
    for text in ("hello-count", "3,000", "at rest", "assumed:", "prices of us-east-1", "cheaper"):
        assert text in shown


def test_programs_get_a_document() -> None:
    found = json.loads(call(*ASKED, "--json"))
    assert set(found) == {
        *("version", "currency", "prices", "functions", "at_rest", "totals", "assumptions"),
        *("not_counted", "measured"),
    }
    split, _ = found["functions"]
    assert set(split) == {
        *("name", "stack", "region", "mode", "machine", "runs", "seconds", "crossing", "items"),
        *("usd_per_thousand_runs", "usd_runs", "usd_at_rest", "at_rest", "notes"),
    }
    assert set(split["items"][0]) == {"service", "what", "quantity", "unit", "usd"}
    runs = sum(item["usd"] for one in found["functions"] for item in one["items"])
    assert found["totals"]["usd_runs"] == pytest.approx(runs)


def test_only_functions_that_are_named_get_files() -> None:
    words = ("estimate", HELLO, "--files", "hello-count=5", "--size", "1KiB", "--json")
    assert [one["runs"] for one in json.loads(call(*words))["functions"]] == [0, 5]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--seconds", "fast"), "--seconds 30"),
        (("--seconds", "other=3"), "no function 'other'"),
        (("--outputs", "-1"), "--outputs 1"),
        (("--files", "many"), "--files 1000"),
        (("--size", "big"), "--size 1.5MB"),
        (("--price", "0.5"), "--price m8g.large=0.09"),
        (("--price", "m8g.lagre=0.5"), "no instance type 'm8g.lagre'"),
        (("--files", "9" * 400), "--files 1000"),
        (("--seconds", "hello-split=" + "9" * 16), "--seconds 30"),
        (("--size", "9" * 400), "--size 1.5MB"),
        (("--size", "999999TiB"), "--size 1.5MB"),
    ],
)
def test_a_bad_value_is_answered_with_an_example(words: tuple[str, str], told: str) -> None:
    done = CliRunner().invoke(scar, (*ASKED, *words))
    assert done.exit_code == 2
    assert told in done.output


def test_each_price_has_a_unit_a_source_and_a_date() -> None:
    table = tomllib.loads(TABLE.read_text())
    for item in table["items"].values():
        assert item["unit"]
        assert item["source"].startswith("https://aws.amazon.com/")
    for prices in table["regions"].values():
        assert prices.keys() <= table["items"].keys()
        machines_ = prices["ec2"]
        for one in [*(prices[name] for name in prices if name != "ec2"), *machines_.values()]:
            assert one["usd"] > 0
            assert date.fromisoformat(one["as_of"])
        assert all(machines(name) for name in machines_)
    assert table["regions"]["us-east-1"].keys() == table["items"].keys()


@pytest.mark.parametrize(
    ("name", "usd"),
    [("m6i.4xlarge", 0.768), ("c5.18xlarge", 3.06), ("r5.24xlarge", 6.048), ("t3.medium", 0.0416)],
)
def test_sizes_cost_in_proportion_to_their_memory(name: str, usd: float) -> None:
    """Held against AWS's own price of another size of the family."""
    (machine,) = machines(name)
    assert Prices("us-east-1").hour(machine) == pytest.approx(usd)
    assert all(Prices(region).hour(machine) for region in known_regions())
