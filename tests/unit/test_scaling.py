"""The model of bursts: it loses no file, keeps its quotas, and docs/scaling.md has its figures."""

from __future__ import annotations

from itertools import accumulate

import pytest

from benchmarks.scaling import Direct, Jobs, Queued, Way, uploads
from benchmarks.scaling_report import DOCUMENT, SECONDS, WAYS, line, rows


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("count", [1, 20_000])
@pytest.mark.parametrize("name", WAYS)
def test_every_file_is_done_or_given_up(name: str, count: int, steps: int) -> None:
    step = WAYS[name][0](steps).run(uploads(count), SECONDS)
    assert sum(step.done.values()) + step.failed == count


@pytest.mark.parametrize("way", [Direct(50), Queued(50), Jobs(50), Jobs(50, 60)], ids=str)
def test_no_more_run_at_a_time_than_there_is_room_for(way: Way) -> None:
    done = way.run(uploads(1_000), 7).done
    ended = [0, *accumulate(done.get(second, 0) for second in range(max(done) + 1))]
    running = [ended[second + 1] - ended[max(second - 6, 0)] for second in range(max(done) + 1)]
    assert max(running) <= 50


def test_what_lambda_refuses_for_six_hours_is_given_up() -> None:
    few = Direct(1).run(uploads(1_000), 60)
    assert (few.failed > 500, few.seconds <= 6 * 3600 + 60) == (True, True)
    assert Queued(1).run(uploads(1_000), 60).failed == 0


def test_a_window_is_one_array() -> None:
    assert Jobs(100, 60).run(uploads(3_000), 5).requests["submits"] == 1
    assert Jobs(100, 60).run(uploads(1), 5).requests["submits"] == 1
    assert Jobs(100).run(uploads(3_000), 5).requests["submits"] == 3_000


def test_the_document_has_the_figures() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [row for row in map(line, rows((10_000,))) if row not in text] == []
