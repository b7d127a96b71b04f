"""What `--put` names, and what it refuses before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import load_application
from scar_constructs.language.load import Starter
from scar_constructs.local.errors import LocalError
from scar_constructs.local.transfer import Upload, parse_uploads

YAML = """
functions:
  aws:
  - lambda:
      name: gone
      retired: true
      container: {image: x}
      init_script: s.sh
      input: [{storage_provider: s3, path: genomes/old}]
  - lambda:
      name: assemble
      container: {image: x}
      init_script: s.sh
      input:
      - {storage_provider: s3, path: genomes/reads, suffix: [.fq, .fq.gz], prefix: [a, b]}
      - {storage_provider: s3, path: more}
  - lambda:
      name: far
      container: {image: x}
      init_script: s.sh
      input: [{storage_provider: minio.lab, path: elsewhere/in}]
storage_providers:
  minio:
    lab:
      endpoint: https://minio.example
      secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-abcdef
"""


@pytest.fixture
def starters(tmp_path: Path) -> tuple[Starter, ...]:
    (tmp_path / "s.sh").write_text("#!/bin/sh\n")
    (tmp_path / "w.yaml").write_text(YAML)
    for name in ("a.fq", "b.fq.gz", "c.fq", "a.txt"):
        (tmp_path / name).touch()
    return load_application([tmp_path / "w.yaml"]).starters


@pytest.mark.parametrize(
    ("argument", "place"),
    [
        ("{0}/a.fq", "genomes/reads/a.fq"),
        ("genomes/reads={0}/b.fq.gz", "genomes/reads/b.fq.gz"),
        ("genomes/reads/={0}/a.fq", "genomes/reads/a.fq"),
        ("more={0}/a.txt", "more/a.txt"),
        ("more/deep/er={0}/a.txt", "more/deep/er/a.txt"),
    ],
)
def test_a_file_that_starts_a_function(
    starters: tuple[Starter, ...], tmp_path: Path, argument: str, place: str
) -> None:
    (upload,) = parse_uploads([argument.format(tmp_path)], starters)
    bucket, _, key = place.partition("/")
    assert upload == Upload(tmp_path / Path(place).name, bucket, key)


@pytest.mark.parametrize(
    "argument",
    [
        pytest.param("{0}/c.fq", id="another prefix"),
        pytest.param("{0}/a.txt", id="another suffix"),
        pytest.param("genomes={0}/a.fq", id="another folder"),
        pytest.param("genomes/reads/sub={0}/a.fq", id="the prefix is that of the whole path"),
        pytest.param("genomes/old={0}/a.fq", id="a retired function takes nothing"),
    ],
)
def test_a_file_that_starts_nothing_is_refused_with_what_it_misses(
    starters: tuple[Starter, ...], tmp_path: Path, argument: str
) -> None:
    given = argument.format(tmp_path)
    with pytest.raises(LocalError) as error:
        parse_uploads([given], starters)
    first, *missed = str(error.value).splitlines()
    assert first.startswith(f"--put {given}: genomes/")
    assert first.endswith(" would start no function; the inputs are:")
    place = f"of assemble ({tmp_path / 'w.yaml'}:15:"
    assert len(missed) == 4
    assert all(place in line for line in missed), missed
    assert missed[1].startswith("  genomes/reads/a*.fq.gz of")


@pytest.mark.parametrize("bucket", ["genome", "elsewhere"])
def test_a_bucket_that_no_function_hears_of_is_refused(
    starters: tuple[Starter, ...], tmp_path: Path, bucket: str
) -> None:
    with pytest.raises(LocalError) as error:
        parse_uploads([f"{bucket}/in={tmp_path}/a.fq"], starters)
    assert f"no function has an input in the bucket {bucket}; the inputs are:" in str(error.value)
    assert "\n  more/* of assemble (" in str(error.value)


def test_all_wrong_uploads_are_told_at_once(starters: tuple[Starter, ...], tmp_path: Path) -> None:
    right = f"{tmp_path}/a.fq"
    with pytest.raises(LocalError) as error:
        parse_uploads([f"{tmp_path}/none", right, f"x={right}", f"{tmp_path}/c.fq"], starters)
    told = [line for line in str(error.value).splitlines() if not line.startswith("  ")]
    assert [line.split(":")[0].split(" ")[0] for line in told] == ["there", "--put", "--put"]
