"""What a review says of two versions of workflows."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scar_constructs.cli.main import scar
from scar_constructs.estimate import Assumptions
from scar_constructs.language import load_application
from scar_constructs.review.compare import Review, review
from scar_constructs.review.functions import Change
from scar_constructs.review.losses import Severity
from scar_constructs.review.sides import side

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests" / "golden" / "reviews"
CASES_OF_TEMPLATES = sorted((ROOT / "tests/golden/templates").iterdir())
GENOMES = KEPT / "ten" / "before" / "genomes.yaml"


def ran(*arguments: str) -> Result:
    """The command; its exit code is in `return_value`."""
    return CliRunner().invoke(
        scar, ["review", *arguments], catch_exceptions=False, standalone_mode=False
    )


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


def compared(before: Path, after: Path) -> Review:
    sides = [side(one.name, load_application([one])) for one in (before, after)]
    return review(sides[0], sides[1], Assumptions())


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


def written(folder: Path, text: str, script: str = "#!/bin/sh\ncat\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.sh").write_text(script)
    (folder / "flow.yaml").write_text(text)
    return folder


def function(name: str = "one", mode: str = "lambda", more: str = "", after: str = "") -> str:
    return (
        f"functions:\n  aws:\n  - lambda:\n      name: {name}\n      execution_mode: {mode}\n"
        f"      init_script: run.sh\n      container: {{image: debian}}\n{more}{after}"
    )


INPUT = "      input: [{storage_provider: s3, path: b-in/new}]\n"
FAILED_JOBS = (
    "lost",
    "flow",
    "the queue of failed jobs, and of events that were not delivered, is removed",
)
CASES = {
    "removed with its jobs": (
        function("one", "batch"),
        function("other", more=INPUT).replace("debian", "alpine"),
        {("lost", "one", "the function is removed"), FAILED_JOBS},
    ),
    "a mode that keeps the package": (
        function("one", "lambda-batch"),
        function("one", "lambda"),
        {("lost", "one", "the mode goes from lambda-batch to lambda: its queue goes"), FAILED_JOBS},
    ),
    "no burst": (
        function("one", "batch", more=INPUT, after="    batch: {burst: {}}\n"),
        function("one", "batch", more=INPUT),
        {("lost", "one", "the queue of its files goes")},
    ),
    "no burst, after it was retired": (
        function("one", "batch", more=INPUT, after="    batch: {burst: {retired: true}}\n"),
        function("one", "batch", more=INPUT),
        set(),
    ),
    "machines of its own": (
        function("one", "batch"),
        function("one", "batch", after="    batch: {compute_resources: {type: SPOT}}\n"),
        {
            (
                "lost",
                "one",
                "its jobs leave the machines that functions of the file share (x86_64), and the "
                "queue goes",
            )
        },
    ),
    "machines of its own, the former kept": (
        function("one", "batch"),
        function(
            "one", "batch", after="    batch: {compute_resources: {type: SPOT}, former: {}}\n"
        ),
        set(),
    ),
    "from hosts to Fargate": (
        function(
            "one", "batch", after="    batch: {memory: 2048, compute_resources: {type: EC2}}\n"
        ),
        function(
            "one", "batch", after="    batch: {memory: 2048, compute_resources: {type: FARGATE}}\n"
        ),
        {
            (
                "lost",
                "one",
                "machines of its own: EC2 becomes FARGATE, in another compute environment",
            )
        },
    ),
    "retired first": (function("one"), function("one", more="      retired: true\n"), set()),
    "removed after it was retired": (
        function("one", more="      retired: true\n") + function("two").partition("aws:\n")[2],
        function("two"),
        set(),
    ),
    "files that expire": (
        function(more=INPUT),
        "buckets: {b-in: {expire_days: 7}}\n" + function(more=INPUT),
        {("lost", "b-in", "files expire after 7 days where they stayed")},
    ),
    "logs that are kept shorter": (
        function(),
        function(after="    cloudwatch: {log_retention_policy_in_days: 7}\n"),
        {("lost", "one", "logs stay 7 days in place of 30")},
    ),
    "another spool": (
        function(),
        "spool: my-own-spool\n" + function(),
        {("lost", "flow", "the spool is my-own-spool in place of one without a name")},
    ),
    "an address that goes": (
        function(after="    api_gateway: {name: api}\n"),
        function(),
        {("lost", "one", "its HTTPS address goes")},
    ),
    "another region": (
        function(more=f"      region: eu-west-1\n{INPUT}"),
        function(more=f"      region: eu-west-3\n{INPUT}"),
        {("refused", "flow", "the stack goes from eu-west-1 to eu-west-3")},
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_what_is_lost(
    before: str, after: str, expected: set[tuple[str, str, str]], tmp_path: Path
) -> None:
    found = compared(written(tmp_path / "old", before), written(tmp_path / "new", after))
    dangers = {
        (one.severity.value, one.subject, one.what)
        for one in found.losses
        if one.severity is not Severity.NOTE
    }
    assert dangers == expected
    assert found.loses == bool(expected)
    for one in found.losses:
        assert one.why
        assert one.instead or one.severity is Severity.NOTE


def test_a_join_is_named_with_the_edge_that_has_it(tmp_path: Path) -> None:
    joined = INPUT.replace("b-in/new}", "b-in/new, join: {suffixes: [.bam, .bai]}}")
    old = written(tmp_path / "old", function(more=INPUT))
    found = compared(old, written(tmp_path / "new", function(more=joined)))
    assert found.functions == ()
    (edge,) = found.edges
    assert edge.change is Change.CHANGED
    assert edge.text.startswith("is started by files in s3://b-in/new: all files -> joined by {")
    assert '"suffixes": [".bam", ".bai"]' in edge.text


def test_a_bucket_that_goes_back_to_notifications(tmp_path: Path) -> None:
    second = function("two", more=INPUT).partition("aws:\n")[2]
    both = written(tmp_path / "old", function(more=INPUT) + second)
    found = compared(both, written(tmp_path / "new", function(more=INPUT)))
    assert ("b-in", "the bucket goes back from EventBridge to notifications") in {
        (one.subject, one.what) for one in found.losses
    }
    kept = "buckets: {b-in: {event_bridge: true}}\n" + function(more=INPUT)
    found = compared(both, written(tmp_path / "kept", kept))
    assert "b-in" not in {one.subject for one in found.losses}


def test_a_file_that_is_gone_leaves_its_stack(tmp_path: Path) -> None:
    old = written(tmp_path / "old", function(more=INPUT))
    (old / "other.yaml").write_text(function("two"))
    found = compared(old, written(tmp_path / "new", function("one", more=INPUT)))
    (loss,) = found.losses
    assert (loss.subject, loss.severity) == ("other", Severity.NOTE)
    assert [(one.name, one.change) for one in found.stacks] == [("other", Change.REMOVED)]


def test_a_function_that_moves_to_another_stack_is_refused(tmp_path: Path) -> None:
    old, new = written(tmp_path / "old", function("one")), tmp_path / "new"
    new.mkdir()
    shutil.copy(old / "run.sh", new)
    (new / "other.yaml").write_text(function("one"))
    severities = {one.subject: one.severity for one in compared(old, new).losses}
    assert severities == {"one": Severity.REFUSED, "flow": Severity.NOTE}


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
    assert ran(str(before), str(after), *options).return_value == code
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
    assert "@team" not in outside.replace("\\@team", "")
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
