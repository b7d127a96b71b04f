"""Joins from the first file to the merged one, with a real S3 and real scripts.

Functions are configured as the language configures them; events come in any order.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.chains import Chain, chain
from tests.runtime.cloud import Cloud
from tests.runtime.functions import executions
from tests.support.deliveries import Process, mortal, random_death

CHAIN = """
functions:
  aws:
  - lambda:
      name: split
      execution_mode: MODE
      container: {image: some/image}
      init_script: split.sh
      input: [{path: BUCKET/texts}]
      output: [{path: BUCKET/pieces, key: "{request_id}/{name}"}]
  - lambda:
      name: process
      execution_mode: MODE
      container: {image: some/image}
      init_script: process.sh
      input: [{path: BUCKET/pieces}]
      output: [{path: BUCKET/parts, key: "{request_id}/{name}"}]
  - lambda:
      name: merge
      execution_mode: MODE
      container: {image: some/image}
      init_script: merge.sh
      input: [{path: BUCKET/parts, suffix: [.part], join: {of: split}}]
      output: [{path: BUCKET/results, key: "{group}/{name}"}]
"""
SCRIPTS = {
    # Each line of the text is a piece: the numbers of the parts that come of it.
    "split.sh": 'i=0; while read -r line; do i=$((i + 1)); echo "$line" >"$SCAR_OUTPUT_DIR/$i";'
    ' done <"$SCAR_INPUT_FILE"',
    "process.sh": 'for n in $(cat "$SCAR_INPUT_FILE"); do echo "$n" >"$SCAR_OUTPUT_DIR/$n.part";'
    " done",
    "merge.sh": 'touch "$SCAR_OUTPUT_DIR/all"; while read -r file; do cat "$file"; done'
    ' <"$SCAR_INPUT_FILES" | sort -n >"$SCAR_OUTPUT_DIR/all"; echo "$SCAR_GROUP"'
    ' >"$SCAR_OUTPUT_DIR/group"; test -z "$SCAR_INPUT_FILE"',
}
MODES = ("lambda", "batch", "lambda-batch", "auto")


def text(mode: str) -> str:
    return CHAIN.replace("MODE", mode)


def lines(chain_: Chain, key: str) -> list[str]:
    return chain_.bucket.get(key).decode().split()


def end(made: Chain) -> None:
    for link in made.links:
        link.function.close()


@pytest.mark.parametrize("mode", MODES)
def test_one_merge_of_all_parts(
    cloud: Cloud, tmp_path: Path, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = chain(cloud, tmp_path, text(mode), SCRIPTS, twice=0.5)
    made.put("texts/poem.txt", b"1 2 3\n\n4\n5 6\n\n")
    made.put("texts/other.txt", b"7\n8\n")
    made.run()
    end(made)

    assert lines(made, "results/poem/all") == list("123456")
    assert lines(made, "results/other/all") == list("78")
    assert lines(made, "results/poem/group") == ["poem"]
    results = [f"results/{name}/{file}" for name in ("other", "poem") for file in ("all", "group")]
    assert made.written("results/") == results
    done = executions(capfd.readouterr().out)
    merged = [one for one in done if one["function"] == "merge" and one["outputs"]]
    assert len(merged) == 2
    assert len({one["trace_id"] for one in merged}) == 2
    assert {one["status"] for one in done} <= {
        *("succeeded", "waiting", "duplicate", "submitted"),
    }


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\n"])
def test_an_execution_of_which_nothing_comes_runs_with_no_file(
    cloud: Cloud, tmp_path: Path, content: bytes
) -> None:
    made = chain(cloud, tmp_path, text("lambda"), SCRIPTS)
    made.put("texts/poem.txt", content)
    made.run()
    end(made)

    assert lines(made, "results/poem/all") == []
    assert made.written("results/") == ["results/poem/all", "results/poem/group"]


@pytest.mark.parametrize("mode", ["lambda", "batch"])
def test_a_part_that_failed_and_is_redriven_makes_its_group_whole(
    cloud: Cloud, tmp_path: Path, mode: str
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    failing = f'if [ -e {broken} ] && grep -q 5 "$SCAR_INPUT_FILE"; then exit 3; fi; '
    scripts = {**SCRIPTS, "process.sh": failing + SCRIPTS["process.sh"]}
    made = chain(cloud, tmp_path, text(mode), scripts)
    made.put("texts/poem.txt", b"1 2 3\n4\n5 6\n")
    made.run()
    assert made.written("results/") == []

    broken.unlink()
    made.redrive()
    end(made)

    assert lines(made, "results/poem/all") == list("123456")
    assert made.written("results/") == ["results/poem/all", "results/poem/group"]


@pytest.mark.parametrize("mode", ["lambda", "batch"])
def test_a_merge_that_failed_is_redriven_with_all_files(
    cloud: Cloud, tmp_path: Path, mode: str
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    scripts = {**SCRIPTS, "merge.sh": f"[ ! -e {broken} ] || exit 3; " + SCRIPTS["merge.sh"]}
    made = chain(cloud, tmp_path, text(mode), scripts)
    made.put("texts/poem.txt", b"1 2 3\n4\n")
    made.run()
    assert made.written("results/") == []

    broken.unlink()
    made.redrive()
    made.redrive()
    end(made)

    assert lines(made, "results/poem/all") == list("1234")
    assert made.written("results/") == ["results/poem/all", "results/poem/group"]


@pytest.mark.parametrize("mode", ["lambda", "batch"])
@pytest.mark.parametrize("seed", range(5))
def test_one_merge_whoever_dies_whenever(
    cloud: Cloud, tmp_path: Path, seed: int, mode: str
) -> None:
    source = random.Random(seed)  # noqa: S311
    deaths = [random_death(source, 0.25, 12) for _ in range(200)]

    def process() -> Process:
        return deaths.pop() if deaths else Process()

    made = chain(cloud, tmp_path, text(mode), SCRIPTS, seed=seed, twice=0.3, process=process)
    made.put("texts/poem.txt", b"1 2 3\n\n4\n5 6\n\n7\n")
    made.run()
    deaths.clear()
    for _ in range(4):
        made.redrive()
    end(made)

    assert lines(made, "results/poem/all") == list("1234567")
    assert made.written("results/") == ["results/poem/all", "results/poem/group"]


def test_a_newer_part_after_the_merge_makes_another_merge(cloud: Cloud, tmp_path: Path) -> None:
    made = chain(cloud, tmp_path, text("lambda"), SCRIPTS)
    made.put("texts/poem.txt", b"1 2\n3\n")
    made.run()
    [key] = [key for key in made.written("parts/") if key.endswith("/2.part")]
    ticket = made.bucket.metadata(key)
    made.bucket.put(key, b"22\n", Metadata=ticket)
    made.run()
    end(made)

    assert lines(made, "results/poem/all") == ["1", "3", "22"]
    assert len(made.written("results/")) == 4


def test_files_from_elsewhere_fail_and_change_nothing(
    cloud: Cloud, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = chain(cloud, tmp_path, text("lambda"), SCRIPTS)
    made.put("parts/mine.part", b"0\n")
    made.put("texts/poem.txt", b"1\n2\n")
    made.run()
    end(made)

    assert lines(made, "results/poem/all") == ["1", "2"]
    failed = [one for one in executions(capfd.readouterr().out) if one["status"] == "failed"]
    assert {one["input"] for one in failed} == {f"{made.bucket.name}/parts/mine.part"}
    assert "does not come from an execution of split" in failed[0]["reason"]


PAIRS = """
functions:
  aws:
  - lambda:
      name: align
      execution_mode: MODE
      container: {image: some/image}
      init_script: align.sh
      input:
      - path: BUCKET/reads
        join: {group: "{sample}_R{read}.fastq", by: sample, count: 2}
      output: [{path: BUCKET/aligned, key: "{group}.{name}"}]
"""


@pytest.mark.parametrize("mode", MODES)
def test_paired_reads_in_any_order_are_one_run_for_each_sample(
    cloud: Cloud, tmp_path: Path, mode: str
) -> None:
    script = {"align.sh": 'cat $(sort "$SCAR_INPUT_FILES") >"$SCAR_OUTPUT_DIR/both"'}
    made = chain(cloud, tmp_path, PAIRS.replace("MODE", mode), script, twice=0.5)
    names = [f"{sample}_R{read}" for sample in "abcd" for read in (1, 2)]
    random.Random(1).shuffle(names)  # noqa: S311
    for name in names:
        made.put(f"reads/{name}.fastq", f"{name}\n".encode())
    made.put("reads/e_R1.fastq", b"alone\n")
    made.run()
    end(made)

    assert made.written("aligned/") == [f"aligned/{sample}.both" for sample in "abcd"]
    for sample in "abcd":
        assert lines(made, f"aligned/{sample}.both") == [f"{sample}_R1", f"{sample}_R2"]


def overdue(made: Chain, seconds: float) -> list[str]:
    """Have the last function look for overdue groups at a later time, with Lambda's retries; gives
    what went into its failure queue."""
    platform, real = made.links[-1].platform, time.time
    later = replace(platform, process=lambda: Process(ahead=seconds), failures=[])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: real() + seconds)
        later.deliver({"scar_join": "overdue"})
    made.run()
    return [str(failure.event) for failure in later.failures]


WAITING = PAIRS.replace("count: 2}", "count: 2, after: 1h, then: THEN}").replace("MODE", "lambda")
ALIGN = {"align.sh": 'cat $(sort "$SCAR_INPUT_FILES") >"$SCAR_OUTPUT_DIR/both"'}


def test_a_group_that_is_not_whole_in_time_runs_once_with_what_is_there(
    cloud: Cloud, tmp_path: Path
) -> None:
    made = chain(cloud, tmp_path, WAITING.replace("THEN", "run"), ALIGN)
    made.put("reads/a_R1.fastq", b"a1\n")
    made.put("reads/b_R1.fastq", b"b1\n")
    made.put("reads/b_R2.fastq", b"b2\n")
    made.run()

    assert overdue(made, 1800) == []
    assert made.written("aligned/") == ["aligned/b.both"]
    for _ in range(3):
        assert overdue(made, 4000) == []
    assert made.written("aligned/") == ["aligned/a.both", "aligned/b.both"]
    made.put("reads/a_R2.fastq", b"a2\n")
    made.run()
    assert overdue(made, 4000) == []
    end(made)

    assert lines(made, "aligned/a.both") == ["a1", "a2"]
    assert made.written("aligned/") == ["aligned/a.both"] * 2 + ["aligned/b.both"]


def test_a_group_that_is_not_whole_in_time_fails_once_and_says_what_is_missing(
    cloud: Cloud, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = chain(cloud, tmp_path, WAITING.replace("THEN", "fail"), ALIGN)
    made.put("reads/a_R1.fastq", b"a1\n")
    made.run()
    capfd.readouterr()

    assert len(overdue(made, 4000)) == 1
    reasons = {one["reason"] for one in executions(capfd.readouterr().out)}
    assert reasons == {"the group a is not whole after 3600 seconds: 1 of 2 have arrived"}
    assert overdue(made, 8000) == []
    end(made)


def test_a_run_that_failed_for_an_overdue_group_is_tried_again(
    cloud: Cloud, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    script = {"align.sh": f"[ ! -e {broken} ] || {{ rm {broken}; exit 3; }}; " + ALIGN["align.sh"]}
    made = chain(cloud, tmp_path, WAITING.replace("THEN", "run"), script)
    made.put("reads/a_R1.fastq", b"a1\n")
    made.run()

    assert overdue(made, 4000) == []
    end(made)
    assert lines(made, "aligned/a.both") == ["a1"]


def test_an_overdue_execution_names_the_places_that_are_missing(
    cloud: Cloud, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    failing = 'if grep -q 5 "$SCAR_INPUT_FILE"; then exit 3; fi; '
    scripts = {**SCRIPTS, "process.sh": failing + SCRIPTS["process.sh"]}
    file = text("lambda").replace("{of: split}", "{of: split, after: 1h}")
    made = chain(cloud, tmp_path, file, scripts)
    made.put("texts/poem.txt", b"1 2 3\n4\n5 6\n")
    made.run()
    capfd.readouterr()

    assert len(overdue(made, 4000)) == 1
    end(made)
    reasons = {one["reason"] for one in executions(capfd.readouterr().out)}
    assert reasons == {
        "the group poem is not whole after 3600 seconds: 2 of 3 have arrived; missing are 2"
    }


DIAMOND = CHAIN.replace(
    "  - lambda:\n      name: merge",
    """\
  - lambda:
      name: other
      container: {image: some/image}
      init_script: other.sh
      input: [{path: BUCKET/pieces}]
      output: [{path: BUCKET/parts, key: "{request_id}/{name}"}]
  - lambda:
      name: merge""",
)


def test_two_functions_that_take_the_same_files_each_have_their_parts(
    cloud: Cloud, tmp_path: Path
) -> None:
    other = 'for n in $(cat "$SCAR_INPUT_FILE"); do echo "1$n" >"$SCAR_OUTPUT_DIR/1$n.part"; done'
    scripts = {**SCRIPTS, "other.sh": other}
    made = chain(cloud, tmp_path, DIAMOND.replace("MODE", "lambda"), scripts, seed=3, twice=0.3)
    made.put("texts/poem.txt", b"1 2\n\n3\n")
    made.run()
    end(made)

    assert lines(made, "results/poem/all") == ["1", "2", "3", "11", "12", "13"]
    assert made.written("results/") == ["results/poem/all", "results/poem/group"]


def test_a_split_that_makes_other_names_at_each_try_is_merged_whole(
    cloud: Cloud, tmp_path: Path
) -> None:
    """The first try dies while it publishes; the second makes more files, of other names."""
    tries = tmp_path / "tries"
    split = (
        f"echo x >>{tries}; t=$(wc -l <{tries}); i=0; while read -r line; do i=$((i + 1));"
        ' echo "$line" >"$SCAR_OUTPUT_DIR/$t-$i"; done <"$SCAR_INPUT_FILE";'
        ' [ "$t" = 1 ] || echo 9 >"$SCAR_OUTPUT_DIR/more"'
    )
    deaths = [Process(mortal(5, after=False))]
    made = chain(
        cloud,
        tmp_path,
        text("lambda"),
        {**SCRIPTS, "split.sh": split},
        process=lambda: deaths.pop() if deaths else Process(),
    )
    made.put("texts/poem.txt", b"1 2\n3\n4\n5\n")
    made.run()
    end(made)

    assert tries.read_text().count("x") == 2
    assert lines(made, "results/poem/all") == ["1", "2", "3", "4", "5", "9"]
    assert made.written("results/") == ["results/poem/all", "results/poem/group"]


def test_a_join_of_joins_executions_starts_where_the_first_one_ended(
    cloud: Cloud, tmp_path: Path
) -> None:
    """The function that joins is itself what a second join goes by."""
    file = text("lambda") + (
        "  - lambda:\n"
        "      name: last\n"
        "      container: {image: some/image}\n"
        "      init_script: last.sh\n"
        "      input: [{path: BUCKET/results, join: {of: merge}}]\n"
        '      output: [{path: BUCKET/last, key: "{group}/{name}"}]\n'
    )
    scripts = {**SCRIPTS, "last.sh": 'cp "$SCAR_INPUT_FILES" "$SCAR_OUTPUT_DIR/list"'}
    made = chain(cloud, tmp_path, file, scripts)
    made.put("texts/poem.txt", b"1 2\n3\n")
    made.run()
    end(made)

    listed = [Path(line).name for line in lines(made, "last/poem/list")]
    assert sorted(listed) == ["all", "group"]
    assert made.written("last/") == ["last/poem/list"]
