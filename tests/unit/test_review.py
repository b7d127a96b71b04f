"""What a review says of two versions of workflows."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click import UsageError
from click.testing import CliRunner

from scar_constructs.cli.main import scar
from scar_constructs.errors import UserError
from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.review.compare import review
from scar_constructs.review.functions import Change
from scar_constructs.review.sides import side
from tests.support.reviews import INPUT, compared, function, ran, written

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests" / "golden" / "reviews"
CASES_OF_TEMPLATES = sorted((ROOT / "tests/golden/templates").iterdir())
GENOMES = KEPT / "ten" / "before" / "genomes.yaml"


@pytest.mark.parametrize(
    ("form", "suffix"), [("text", "txt"), ("markdown", "md"), ("json", "json")]
)
def test_ten_functions_with_eight_changes(
    form: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(KEPT / "ten")
    result = ran("before", "after", "--format", form)
    assert result.return_value == 0
    kept = KEPT / "ten" / f"review.{suffix}"
    if os.environ.get("SCAR_UPDATE_GOLDEN") == "1":
        kept.write_text(result.output, encoding="utf-8")
    assert result.output == kept.read_text(encoding="utf-8")


def test_the_eight_changes_and_no_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(KEPT / "ten")
    found = json.loads(ran("before", "after", "--json").output)
    functions = {one["name"]: one for one in found["functions"]}
    assert set(functions) == {"trim", "align", "call", "previews", "describe"}
    assert [one["key"] for one in functions["trim"]["keys"]] == ["lambda.memory"]
    assert functions["call"]["script"]
    assert functions["previews"]["former"] == "thumbs"
    edges = {(one["change"], one["function"], one["text"].split(" (")[0]) for one in found["edges"]}
    assert edges == {
        ("added", "sort", "is started by files in s3://genomes-work/merged"),
        ("removed", "sort", "is started by files in s3://genomes-work/aligned"),
        ("added", "report", "writes to s3://genomes-public/reports"),
        ("added", "describe", "is called by anyone on the internet"),
        ("removed", "align", "feeds sort"),
    }
    losses = {(one["severity"], one["subject"]) for one in found["losses"]}
    assert losses == {
        ("refused", "align"),
        ("lost", "sort"),
        ("lost", "thumbs"),
        ("lost", "genomes-in"),
    }
    assert found["fails_on"] == {"rights": True, "loss": True, "cost": False}


def test_folders_comments_and_the_order_of_keys_are_no_change(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "elsewhere" / "new"
    for one in (old, new):
        one.mkdir(parents=True)
    (old / "run.sh").write_text("cat\n")
    (new / "scripts").mkdir()
    shutil.copy(old / "run.sh", new / "scripts" / "run.sh")
    (old / "f.yaml").write_text(
        "functions:\n  aws:\n  - lambda:\n      name: one\n      memory: 1024\n"
        "      init_script: run.sh\n"
        "      container: {image: debian, environment: {Variables: {A: '1', B: '2'}}}\n"
        "    batch: {vcpus: 2, memory: 2048}\n"
    )
    (new / "f.yaml").write_text(
        "# A comment.\nfunctions:\n  aws:\n  - batch: {memory: 2048, vcpus: 2}  # and another\n"
        "    lambda:\n      init_script: scripts/run.sh\n      memory: 1024\n      name: one\n"
        "      timeout: 300\n"
        "      container: {environment: {Variables: {B: '2', A: '1'}}, image: debian}\n"
    )
    found = compared(old, new)
    assert found.is_empty, found


@pytest.mark.parametrize("case", CASES_OF_TEMPLATES, ids=lambda case: case.name)
def test_a_copy_is_no_change(case: Path, tmp_path: Path) -> None:
    copy = tmp_path / "moved" / case.name
    shutil.copytree(case, copy)
    assert compared(case, copy).is_empty


def test_a_join_is_named_with_the_edge_that_has_it(tmp_path: Path) -> None:
    joined = INPUT.replace("b-in/new}", "b-in/new, join: {suffixes: [.bam, .bai]}}")
    old = written(tmp_path / "old", function(more=INPUT))
    found = compared(old, written(tmp_path / "new", function(more=joined)))
    assert found.functions == ()
    (edge,) = found.edges
    assert edge.change is Change.CHANGED
    assert edge.text.startswith("is started by files in s3://b-in/new: all files -> joined by {")
    assert '"suffixes": [".bam", ".bai"]' in edge.text


def test_of_an_added_function_all_is_shown(tmp_path: Path) -> None:
    """Its script, above all: nobody has read it yet."""
    old = written(tmp_path / "old", function())
    second = function("two", "batch", INPUT).partition("aws:\n")[2]
    new = written(tmp_path / "new", function() + second.replace("run.sh", "other.sh"))
    (new / "other.sh").write_text("#!/bin/sh\ncurl example.org\n")
    text = ran(str(old), str(new)).output
    for said in (
        "two added to flow  (",
        "lambda.execution_mode: batch  (",
        "lambda.container.image: debian  (",
        "init_script: other.sh  (",
        "+curl example.org",
        "scar-network added",
        "VPCs: 0 -> 1 of 5",
    ):
        assert said in text
    found = json.loads(ran(str(old), str(new), "--json").output)
    (added,) = found["functions"]
    assert added["script"][-1] == "+curl example.org"
    assert {one["key"] for one in added["keys"]} >= {"lambda.container.image", "init_script"}
    assert found["version"] == 1
    described = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    for part in (found, added, *(found[name][0] for name in ("stacks", "edges", "roles"))):
        assert [name for name in part if f"`{name}`" not in described] == []


def test_the_line_of_a_script_is_that_of_its_key(tmp_path: Path) -> None:
    old = written(tmp_path / "old", function())
    new = written(tmp_path / "new", function().replace("run.sh", "other.sh"))
    shutil.copy(new / "run.sh", new / "other.sh")
    (change,) = compared(old, new).functions
    (key,) = change.keys
    line = (new / "flow.yaml").read_text().splitlines()[key.at.line - 1]
    assert (key.key, line.strip()) == ("init_script", "init_script: other.sh")


def test_the_network_of_jobs_is_named_once(tmp_path: Path) -> None:
    jobs = written(tmp_path / "old", function("one", "batch"))
    more = function("one", "batch") + function("two", "batch").partition("aws:\n")[2]
    found = compared(jobs, written(tmp_path / "new", more))
    assert [one.name for one in found.stacks] == ["flow"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--files", "nope=5"], "--files: the files have no function 'nope', but one"),
        (["--seconds", "nope=5"], "--seconds: the files have no function 'nope'"),
        (["--json", "--format", "text"], "--json and --format text: give one of them"),
        (["--picture", "p.png"], "--picture: the name has to end in .svg, .mmd, .md"),
    ],
    ids=str,
)
def test_options_that_cannot_be_meant(options: list[str], said: str, tmp_path: Path) -> None:
    version = str(written(tmp_path / "old", function()))
    with pytest.raises(UsageError) as refused:
        ran(version, version, *options)
    assert said in refused.value.message


def test_amounts_of_functions_are_told_with_the_cost(tmp_path: Path) -> None:
    old = written(tmp_path / "old", function(more=INPUT))
    new = written(tmp_path / "new", function(more=f"      memory: 2048\n{INPUT}"))
    shown = ran(str(old), str(new), "--files", "one=500", "--seconds", "one=7").output
    assert "30 (7 for one) s each, 0 (500 for one) a month" in shown


@pytest.mark.parametrize("command", ["review", "draw"])
def test_a_picture_that_cannot_be_written_is_told(command: str, tmp_path: Path) -> None:
    version = str(written(tmp_path / "old", function()))
    target = str(tmp_path / "missing" / "p.mmd")
    options = [version, version, "--picture"] if command == "review" else [version, "-o"]
    result = CliRunner().invoke(scar, [command, *options, target])
    assert isinstance(result.exception, UserError)
    assert str(result.exception) == f"{target}: No such file or directory"
    assert result.stdout == ""


def test_a_role_of_the_users_own_is_named_and_not_judged(tmp_path: Path) -> None:
    old = written(tmp_path / "old", function())
    role = "    iam: {role: 'arn:aws:iam::111122223333:role/mine'}\n"
    found = compared(old, written(tmp_path / "new", function(after=role)))
    assert found.gains
    assert [one.replaced for one in found.roles if one.replaced] == [
        "the role that was made -> arn:aws:iam::111122223333:role/mine, which is not looked at"
    ]


def test_a_narrower_folder_is_no_gain(tmp_path: Path) -> None:
    old = written(tmp_path / "old", function(more=INPUT))
    new = written(tmp_path / "new", function(more=INPUT.replace("b-in/new", "b-in/new/small")))
    found = compared(old, new)
    assert not found.gains
    assert [one.change for one in found.roles] == [Change.CHANGED]
    assert not found.roles[0].gained
    assert compared(new, old).gains


@pytest.mark.parametrize(
    ("option", "code"), [("rights", 3), ("loss", 3), ("cost", 3), (None, 0)], ids=str
)
def test_the_exit_code_is_by_what_it_is_to_fail_on(
    option: str | None, code: int, tmp_path: Path
) -> None:
    before = written(tmp_path / "old", function())
    text = function(more="      memory: 2048\n", after="    api_gateway: {name: api, auth: none}\n")
    after = written(tmp_path / "new", "spool: my-own-spool\n" + text)
    options = ["--fail-on", option] if option else []
    found = ran(str(before), str(after), *options)
    assert found.return_value == code
    assert (f"--fail-on {option}: " in found.stderr) == bool(option)
    assert ran(str(before), str(before), *options).return_value == 0


def test_texts_of_files_are_data(tmp_path: Path) -> None:
    """No control character reaches a terminal; nothing ends a block of Markdown, or is a link."""
    hostile = (
        "cat\n\x1b]0;x\x07\n```\n</details>\n@everyone [x](https://example.org) \u202egnirts\n"
    )
    before = written(tmp_path / "old", function())
    named = "a-`b`</details>@team-https://example.org"
    more = f'      description: "{named} \\e[31m"\n'
    after = written(tmp_path / "new", function(more=more), hostile)
    text = ran(str(before), str(after)).output
    page = ran(str(before), str(after), "--format", "markdown").output
    for shown in (text, page):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert text.count("</details>") == 2
    fence = "````"
    inside = page.split(f"{fence}diff")[1].split(f"\n  {fence}\n")[0]
    assert "```" in inside
    assert "@everyone" in inside
    outside = page.replace(inside, "")
    assert "@everyone" not in outside
    assert "@team" not in outside
    assert "\\@&#8203;team" in outside
    assert "https://example" not in outside.replace("https\\://example", "")


def test_a_script_that_is_too_long_to_be_compared_is_told(tmp_path: Path) -> None:
    scripts = ["#!/bin/sh\n" + "".join(f"echo {n * k}\n" for n in range(300_000)) for k in (3, 7)]
    old = written(tmp_path / "old", function(), scripts[0])
    (change,) = compared(old, written(tmp_path / "new", function(), scripts[1])).functions
    assert change.script[-1] == "(300,001 lines -> 300,001 lines: too long to be compared)"


def test_the_order_of_functions_inputs_and_outputs_is_no_change(tmp_path: Path) -> None:
    folders = "[{path: b-in/a}, {path: b-in/b}]", "[{path: b-in/b}, {path: b-in/a}]"
    texts = []
    for order, names in zip(folders, (("one", "two"), ("two", "one")), strict=True):
        more = f"      input: {order}\n      output: {order.replace('b-in', 'b-out')}\n"
        parts = [
            function(name, more=more.replace("b-in", f"b-{name}")).partition("aws:\n")[2]
            for name in names
        ]
        texts.append("functions:\n  aws:\n" + "".join(parts))
    sides = [written(tmp_path / name, text) for name, text in zip("ab", texts, strict=True)]
    found = compared(*sides)
    assert found.is_empty, found


def test_anchors_and_defaults_are_no_change(tmp_path: Path) -> None:
    plain = (
        "functions:\n  aws:\n"
        "  - lambda: {name: one, memory: 1024, container: {image: debian}, init_script: run.sh}\n"
        "  - lambda: {name: two, memory: 1024, container: {image: debian}, init_script: run.sh}\n"
    )
    anchored = (
        "defaults: {lambda: {memory: 1024}}\nfunctions:\n  aws:\n"
        "  - lambda: {name: one, container: &c {image: debian}, init_script: run.sh}\n"
        "  - lambda: {name: two, container: *c, init_script: run.sh}\n"
    )
    classic = (
        "functions:\n"
        "  one: {image: debian, memory: 1024, init_script: run.sh}\n"
        "  two: {image: debian, memory: 1024, init_script: run.sh}\n"
    )
    first = written(tmp_path / "plain", plain)
    for name, text in (("anchored", anchored), ("classic", classic)):
        assert compared(first, written(tmp_path / name, text)).is_empty


def test_a_long_review_keeps_its_dangers(tmp_path: Path) -> None:
    first = "".join(function(f"f{n}").partition("aws:\n")[2] for n in range(150))
    old = written(tmp_path / "old", f"functions:\n  aws:\n{first}")
    longer = first.replace("run.sh", "run.sh\n      memory: 1024")
    new = written(
        tmp_path / "new",
        "spool: my-own-spool\nfunctions:\n  aws:\n"
        + longer.replace("name: f0\n", "name: f0\n      retries: 0\n"),
        "".join(f"echo {n}\n" for n in range(300)),
    )
    page = ran(str(old), str(new), "--format", "markdown").output
    assert len(page) <= 60_000
    assert "the spool is my-own-spool" in page
    assert "left out" in page


def test_warnings_that_were_there_are_not_new(tmp_path: Path) -> None:
    old = written(tmp_path / "old", function(more="      invocation_type: Event\n"))
    new = written(
        tmp_path / "new", "# moved down\n" + function(more="      invocation_type: Event\n")
    )
    assert compared(old, new).warnings == ()
    assert len(compared(written(tmp_path / "none", function()), new).warnings) == 1


def test_a_side_that_cannot_be_read_is_told_with_all_its_problems(tmp_path: Path) -> None:
    good = written(tmp_path / "good", function())
    bad = written(tmp_path / "bad", function(more="      memory: 1\n      timeout: 0\n"))
    result = CliRunner().invoke(scar, ["review", str(good), str(bad)])
    assert result.exit_code == 1
    assert "memory" in str(result.exception)
    assert "timeout" in str(result.exception)


def test_the_digest_of_an_extra_payload_is_compared(tmp_path: Path) -> None:
    more = "      extra_payload: data\n"
    folders = [tmp_path / "old", tmp_path / "new"]
    for one in folders:
        (one / "data").mkdir(parents=True)
        (one / "data" / "table.csv").write_text("1,2\n")
        written(one, function(more=more))
    assert compared(*folders).is_empty
    (folders[1] / "data" / "table.csv").write_text("1,3\n")
    (change,) = compared(*folders).functions
    assert [one.key for one in change.keys] == ["contents of data"]


def test_the_review_of_a_side_with_itself_is_empty_whatever_it_is_called() -> None:
    loaded = load_application([GENOMES])
    one = side("one", loaded)
    assert review(one, replace(one, label="other"), Assumptions()).is_empty
