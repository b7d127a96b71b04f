"""Joins on a deployed workflow of two stacks, with IAM enforced: Batch, Lambda, Batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local.living import Person, as_role
from tests.local.workflows import Workflow

DATA = Path(__file__).parent / "data" / "joins"
SETTLED = ("waiting", "duplicate")
"""Of two files that arrive at once, both may find their group whole: one of the two runs it."""


@pytest.fixture(scope="module")
def joins(host: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    return Workflow(host.cloud, [DATA], tmp_path_factory.mktemp("joins"))


@pytest.fixture(scope="module")
def reader(joins: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Person:
    person = Person(joins.cloud, tmp_path_factory.mktemp("reader"))
    return as_role(person, joins, "read", DATA, "joins")


def test_thirty_parts_of_which_one_fails_and_is_redriven_are_one_merge(
    joins: Workflow, reader: Person, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    lines = [f"line {number:02}" for number in range(27)]
    text = "\n".join([*lines, "", str(broken), "last"])
    joins.put("joins-bucket", "texts/poem.txt", f"{text}\n".encode())
    joins.finish()

    assert joins.keys("joins-results", "merged/") == []
    (found,) = reader.json("status", "joins-merge")
    merging, pairing = found["functions"]
    assert [(one["name"], one["arrived"], one["expected"]) for one in merging["groups"]] == [
        ("poem", 29, 30)
    ]
    assert pairing["groups"] == []
    assert "poem 29 of 30" in reader.must("status", "joins-merge")

    broken.unlink()
    Person(joins.cloud, tmp_path).must("redrive", "joins-split")
    joins.finish()

    merged = [row for row in joins.rows("joins-merge") if row["status"] not in SETTLED]
    assert [(row["service"], row["status"], row["input"]) for row in merged] == [
        ("batch", "succeeded", "poem (29 files)")
    ]
    wanted = sorted([*lines, str(broken), "last"])
    assert joins.text("joins-results", "merged/poem/all").splitlines() == wanted
    (found,) = reader.json("status", "joins-merge")
    assert found["functions"][0]["groups"] == []


def test_paired_reads_in_any_order_are_one_run_for_each_sample(
    joins: Workflow, reader: Person
) -> None:
    for name in ("b_R1", "a_R2", "c_R1", "a_R1", "b_R2"):
        joins.put("joins-reads", f"reads/{name}.fastq", f"{name}\n".encode())
    joins.finish()

    assert joins.keys("joins-results", "paired/") == ["paired/a/all", "paired/b/all"]
    assert joins.text("joins-results", "paired/a/all").split() == ["a_R1", "a_R2"]
    ended = [row for row in joins.rows("joins-pairs") if row["status"] not in SETTLED]
    assert [row["status"] for row in ended] == ["succeeded"] * 2
    (found,) = reader.json("status", "joins-merge")
    [waiting] = found["functions"][1]["groups"]
    assert (waiting["name"], waiting["arrived"], waiting["expected"]) == ("c", 1, 2)


def test_what_was_merged_leads_back_to_the_upload(joins: Workflow, reader: Person) -> None:
    joins.put("joins-bucket", "texts/short.txt", b"one\ntwo\n")
    joins.finish()

    found = reader.json("trace", "s3://joins-results/merged/short/all")

    assert "joins-bucket/texts/short.txt" in str(found)
    assert "joins-results/merged/short/all" in str(found)
