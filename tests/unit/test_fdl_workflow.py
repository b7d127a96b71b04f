"""Joining functions by buckets: notifications, owners, order of stacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Notification
from tests.unit.fdl_files import load, problems_of, rules_of, write


def function(name: str, source: str = "", target: str = "", mode: str = "lambda") -> str:
    """A function in the FDL dialect that reads `source` and writes `target` (bucket/folder)."""
    lines = [f"- lambda: {{name: {name}, image: x, init_script: run.sh, execution_mode: {mode},"]
    lines.append(f"    input: [{{path: {source}}}]," if source else "")
    lines.append(f"    output: [{{path: {target}}}]," if target else "")
    return "\n".join(line for line in lines if line) + "}\n"


def file(*functions: str, more: str = "") -> str:
    return (
        "functions:\n  aws:\n"
        + "".join(f"  {line}\n" for text in functions for line in text.splitlines())
        + more
    )


def test_one_file_owns_its_buckets_and_notifies_its_functions(tmp_path: Path) -> None:
    text = file(function("a", "bbb/in", "bbb/mid"), function("b", "bbb/mid", "ccc/out"))

    (stack,) = load(tmp_path, chain=text).stacks

    assert [bucket.name for bucket in stack.buckets] == ["bbb", "ccc"]
    assert stack.buckets[0].notifications == (
        Notification(function_name="a", prefix="in/", suffix=""),
        Notification(function_name="b", prefix="mid/", suffix=""),
    )
    assert stack.buckets[1].notifications == ()
    assert stack.depends_on == ()


def test_the_writer_s_stack_owns_the_bucket_and_goes_after_the_reader_s(tmp_path: Path) -> None:
    first, second = load(
        tmp_path,
        split=file(function("split", "video/in", "video/frames", "batch")),
        detect=file(function("detect", "video/frames", "result/out")),
    ).stacks

    assert (first.name, second.name) == ("detect", "split")
    assert [bucket.name for bucket in first.buckets] == ["result"]
    assert [bucket.name for bucket in second.buckets] == ["video"]
    assert second.depends_on == ("detect",)
    assert {one.function_name for one in second.buckets[0].notifications} == {"split", "detect"}


def test_without_a_single_writer_the_first_stack_by_name_owns(tmp_path: Path) -> None:
    application = load(
        tmp_path,
        b=file(function("f", "ccc/f", "bbb/f-out")),
        a=file(function("g", "ddd/g", "bbb/g-out")),
    )

    owners = {bucket.name: stack.name for stack in application.stacks for bucket in stack.buckets}
    assert owners == {"bbb": "a", "ccc": "b", "ddd": "a"}


def test_of_two_writers_and_a_reader_the_first_by_name_owns(tmp_path: Path) -> None:
    application = load(
        tmp_path,
        c=file(function("f", "ccc/f", "bbb/f-out")),
        b=file(function("g", "ddd/g", "bbb/g-out")),
        a=file(function("h", "bbb/f-out", "eee/h")),
    )

    owners = {bucket.name: stack.name for stack in application.stacks for bucket in stack.buckets}
    assert owners["bbb"] == "a"


def test_owner_decides(tmp_path: Path) -> None:
    application = load(
        tmp_path,
        a=file(function("f", "bbb/in", "ccc/out")),
        b=file(function("g", "ccc/out", "ddd/out"), more="buckets: {ccc: {owner: true}}\n"),
    )

    owners = {bucket.name: stack.name for stack in application.stacks for bucket in stack.buckets}
    assert owners == {"bbb": "a", "ccc": "b", "ddd": "b"}


def test_an_existing_bucket_has_no_owner(tmp_path: Path) -> None:
    text = file(function("f", "", "bbb/out"), more="buckets: {bbb: {existing: true}}\n")

    (stack,) = load(tmp_path, a=text).stacks

    assert stack.buckets == ()


def test_settings_hold_in_whichever_file_they_stand(tmp_path: Path) -> None:
    application = load(
        tmp_path,
        a=file(function("f", "bbb/in", "ccc/out")),
        b=file(function("g", "ccc/out"), more="buckets: {ccc: {expire_days: 7}}\n"),
    )

    (bucket,) = (b for stack in application.stacks for b in stack.buckets if b.name == "ccc")
    assert bucket.settings.expire_days == 7


def test_rules_of_one_function_that_cover_each_other_become_one(tmp_path: Path) -> None:
    text = """
    functions:
      aws:
      - lambda:
          name: f
          image: x
          init_script: run.sh
          input:
          - {path: bbb/in, suffix: [.jpg, g.jpg]}
          - {path: bbb/in/sub, suffix: [.jpg]}
    """
    (stack,) = load(tmp_path, a=text).stacks

    assert stack.buckets[0].notifications == (
        Notification(function_name="f", prefix="in/", suffix=".jpg"),
    )


def test_a_whole_bucket_can_be_an_input(tmp_path: Path) -> None:
    (stack,) = load(tmp_path, a=file(function("f", "bbb", "ccc/out"))).stacks

    assert stack.buckets[0].notifications == (
        Notification(function_name="f", prefix="", suffix=""),
    )


def test_a_function_that_reads_a_whole_bucket_cannot_write_to_it(tmp_path: Path) -> None:
    assert rules_of(tmp_path, a=file(function("f", "bbb", "bbb/out"))) == ["writes-own-input"]


def test_a_loop_over_files_and_modes_is_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(
        tmp_path,
        x=file(function("a", "bbb/1", "bbb/2"), function("c", "bbb/3", "bbb/1", "batch")),
        y=file(function("b", "bbb/2", "bbb/3", "lambda-batch")),
    )

    assert problem.rule == "loop"
    assert "a -> b -> c -> a" in problem.message


def test_two_loops_are_both_told(tmp_path: Path) -> None:
    text = file(
        function("a", "bbb/1", "bbb/2"),
        function("b", "bbb/2", "bbb/1"),
        function("c", "ccc/1", "ccc/2"),
        function("d", "ccc/2", "ccc/1"),
    )

    assert rules_of(tmp_path, a=text) == ["loop", "loop"]


def test_suffixes_can_break_a_loop(tmp_path: Path) -> None:
    text = """
    functions:
      aws:
      - lambda:
          name: f
          image: x
          init_script: run.sh
          input: [{path: bbb/files, suffix: [.mp4]}]
          output: [{path: bbb/files, suffix: [.jpg]}]
    """
    assert load(tmp_path, a=text).stacks[0].functions[0].name == "f"


def test_a_key_template_can_close_a_loop(tmp_path: Path) -> None:
    text = """
    functions:
      aws:
      - lambda:
          name: f
          image: x
          init_script: run.sh
          input: [{path: bbb/files, suffix: [.mp4]}]
          output: [{path: bbb/files, suffix: [.jpg], key: "{name}.mp4"}]
    """
    assert rules_of(tmp_path, a=text) == ["writes-own-input"]


def test_folders_that_only_look_alike_do_not_overlap(tmp_path: Path) -> None:
    text = file(function("a", "bbb/in", "ccc/a"), function("b", "bbb/in2", "ccc/b"))

    assert len(load(tmp_path, a=text).stacks[0].buckets[0].notifications) == 2


def warnings_of(folder: Path, text: str) -> list[str]:
    return [one.rule for one in load_application(write(folder, a=text)).warnings]


def test_three_functions_on_one_folder_are_each_told_once(tmp_path: Path) -> None:
    text = file(function("a", "bbb/in"), function("b", "bbb/in"), function("c", "bbb/in"))

    assert warnings_of(tmp_path, text) == ["overlap", "overlap", "overlap"]


@pytest.mark.parametrize("count", [101])
def test_more_notifications_than_s3_takes_are_warned_of(count: int, tmp_path: Path) -> None:
    text = file(*(function(f"f{n}", f"bbb/in{n}/x") for n in range(count)))

    loaded = load_application(write(tmp_path, a=text))

    assert [warning.rule for warning in loaded.warnings] == ["many-notifications"]


@pytest.mark.parametrize(("count", "warned"), [(300, False), (301, True)])
def test_more_rules_than_an_event_bus_has_are_warned_of(
    count: int, warned: bool, tmp_path: Path
) -> None:
    followed = "buckets: {bbb: {event_bridge: true}}\n"
    texts = {
        f"file{number}": followed * (number == 0)
        + file(*(function(f"f{n}", f"bbb/in{n}/x") for n in range(number * 100, upto)))
        for number, upto in enumerate([100, 200, count])
    }

    loaded = load_application(write(tmp_path, **texts))

    told = [warning for warning in loaded.warnings if warning.rule == "many-rules"]
    assert bool(told) is warned
    for warning in told:
        # The owner of the bucket, which is deployed last.
        assert warning.file == str(tmp_path / "file0.yaml")
        assert "the files need 301 rules" in warning.message


def test_rules_that_overlap_go_through_event_bridge(tmp_path: Path) -> None:
    text = file(function("a", "bbb/in"), function("b", "bbb/in/sub"))

    (stack,) = load(tmp_path, a=text).stacks

    (bucket,) = stack.buckets
    assert (bucket.event_bridge, bucket.notifications) == (True, ())
    assert [(rule.function_name, rule.bucket) for rule in stack.rules] == [
        ("a", "bbb"),
        ("b", "bbb"),
    ]
    assert [one.prefix for rule in stack.rules for one in rule.filters] == ["in/", "in/sub/"]


def test_a_bucket_that_is_not_ours_goes_through_event_bridge(tmp_path: Path) -> None:
    text = file(function("f", "bbb/in"), more="buckets: {bbb: {existing: true}}\n")

    (stack,) = load(tmp_path, a=text).stacks

    assert stack.buckets == ()
    assert [(rule.function_name, rule.bucket) for rule in stack.rules] == [("f", "bbb")]
    assert warnings_of(tmp_path, text) == ["existing-bucket-events"]


def retired(text: str) -> str:
    return text.replace("image: x", "image: x, retired: true")


def test_a_retired_function_is_in_nobodys_way(tmp_path: Path) -> None:
    """Its successor reads the same folder, and it might write what it reads itself."""
    text = file(retired(function("old", "bbb/in", "bbb/in/x")), function("new", "bbb/in"))

    (stack,) = load(tmp_path, a=text).stacks

    (bucket,) = stack.buckets
    assert bucket.notifications == (Notification(function_name="new", prefix="in/", suffix=""),)
    assert stack.rules == ()
    assert warnings_of(tmp_path, text) == []


def test_a_retired_function_keeps_its_rule_switched_off(tmp_path: Path) -> None:
    text = file(
        retired(function("old", "bbb/in")),
        function("new", "bbb/in"),
        more="buckets: {bbb: {existing: true}}\n",
    )

    (stack,) = load(tmp_path, a=text).stacks

    assert [(rule.function_name, rule.enabled) for rule in stack.rules] == [
        ("old", False),
        ("new", True),
    ]
    assert all(rule.filters for rule in stack.rules)


def test_a_bucket_can_be_kept_at_event_bridge(tmp_path: Path) -> None:
    text = file(function("f", "bbb/in"), more="buckets: {bbb: {event_bridge: true}}\n")

    (stack,) = load(tmp_path, a=text).stacks

    assert (stack.buckets[0].event_bridge, stack.buckets[0].notifications) == (True, ())
    assert [(rule.function_name, rule.existing) for rule in stack.rules] == [("f", False)]


def test_a_bucket_turns_to_event_bridge_after_the_rules_of_other_files(tmp_path: Path) -> None:
    writer = file(function("w", "raw/in", "bbb/in"), function("a", "bbb/in"))
    reader = file(function("b", "bbb/in"))

    first, second = load(tmp_path, a=writer, b=reader).stacks

    assert (first.name, second.name, second.depends_on) == ("b", "a", ("b",))


def test_rules_that_would_make_a_ring_of_stacks_wait(tmp_path: Path) -> None:
    one = file(function("w", "raw/in", "bbb/in"), function("a", "bbb/in"), function("c", "ccc/in"))
    two = file(function("b", "bbb/in"), function("v", "other/in", "ccc/in"))

    stacks = load(tmp_path, one=one, two=two).stacks

    assert {stack.name: stack.depends_on for stack in stacks} == {"one": (), "two": ("one",)}
