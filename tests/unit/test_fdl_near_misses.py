"""Chains that do not meet by a slip of the hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import load_application
from scar_constructs.language.checks.near_misses import looks_misspelt
from tests.unit.fdl_files import write

FIRST = """
functions:
  first:
    image: debian
    init_script: run.sh
    s3: {{input_bucket: start, output_bucket: genomes, output_folder: "{output}"}}
"""
SECOND = """
functions:
  second:
    image: debian
    init_script: run.sh
    s3: {{input_bucket: "{bucket}", input_folder: "{source}", output_bucket: end}}
"""


def warnings(folder: Path, output: str, source: str, bucket: str = "genomes") -> list[str]:
    texts = {
        "first": FIRST.format(output=output),
        "second": SECOND.format(source=source, bucket=bucket),
    }
    return [one.rule for one in load_application(write(folder, **texts)).warnings]


@pytest.mark.parametrize(
    ("output", "source"),
    [("out/contigs", "out/contig"), ("raw_reads", "raw-reads"), ("a/b/Reads", "a/b/reads")],
)
def test_folders_one_slip_apart_are_told(output: str, source: str, tmp_path: Path) -> None:
    assert warnings(tmp_path, output, source) == ["chain-does-not-meet"]


def test_so_are_buckets(tmp_path: Path) -> None:
    assert warnings(tmp_path, "contigs", "contigs", "genome") == ["chain-does-not-meet"]


@pytest.mark.parametrize(
    ("output", "source"),
    [
        ("contigs", "contigs"),
        ("contigs", "contigs/new"),
        ("contigs/new", "contigs"),
        ("step-1", "step-2"),
        ("video-in", "video-out"),
        ("left", "right"),
    ],
)
def test_folders_that_meet_or_differ_on_purpose_are_not(
    output: str, source: str, tmp_path: Path
) -> None:
    assert warnings(tmp_path, output, source) == []


def test_an_output_that_is_read_and_an_input_that_is_fed_are_not(tmp_path: Path) -> None:
    text = (
        """
    functions:
      first: {image: d, init_script: run.sh,
              s3: {input_bucket: one, output_bucket: two, output_folder: reads}}
      second: {image: d, init_script: run.sh,
               s3: {input_bucket: two, input_folder: reads, output_bucket: end}}
      third: {image: d, init_script: run.sh,
              s3: {input_bucket: two, input_folder: read, output_bucket: end}}
    """.replace("one", "bucket-one")
        .replace("two", "bucket-two")
        .replace("end", "bucket-end")
    )

    assert load_application(write(tmp_path, a=text)).warnings == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("raeds", "reads", True),
        ("mybucket", "my-bucket", True),
        ("result", "results", True),
        ("sample-results-in", "sample-results-out", False),
        ("input", "output", False),
        ("v1", "v2", False),
        ("in", "on", False),
        ("same", "same", False),
    ],
)
def test_what_counts_as_a_slip(one: str, other: str, expected: bool) -> None:
    assert looks_misspelt(one, other) is expected
