"""What a review says is replaced, removed or lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scar_constructs.review.functions import Change
from scar_constructs.review.losses import Severity
from tests.support.loss_cases import CASES
from tests.support.reviews import INPUT, compared, function, written


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
