"""The comment of a review: made once, updated from then on, by nobody's words but its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scar_constructs.review.forge import ForgeError, publish
from scar_constructs.review.forge.http import Client
from tests.support.forge import TOKEN, Forge, forge

MARKER = "<!-- scar review -->"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
SOMEBODY = {"login": "somebody", "type": "User"}


@pytest.fixture
def running() -> Iterator[Forge]:
    with forge() as found:
        yield found


def of_github(running: Forge, tmp_path: Path) -> dict[str, str]:
    """The variables of a run for a pull request."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": running.address,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "me/flows",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_TOKEN": TOKEN,
    }


def of_gitlab(running: Forge) -> dict[str, str]:
    running.user = {"id": 5, "username": "project_42_bot"}
    return {
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": TOKEN,
        "CI_API_V4_URL": running.address,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
    }


def bodies(running: Forge) -> list[str]:
    return [one["body"] for one in running.comments]


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_one_comment_is_made_and_then_updated(where: str, running: Forge, tmp_path: Path) -> None:
    variables = of_github(running, tmp_path) if where == "github" else of_gitlab(running)
    for _ in range(250):  # more than two pages
        running.said("something else", **SOMEBODY)
    first, second = f"{MARKER}\none", f"{MARKER}\ntwo"
    assert publish(first, MARKER, variables, is_empty=False) == "made the comment"
    assert publish(second, MARKER, variables, is_empty=False) == "updated the comment"
    assert publish(second, MARKER, variables, is_empty=True) == "updated the comment"
    assert bodies(running)[250:] == [second]


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_without_a_change_no_comment_is_made(where: str, running: Forge, tmp_path: Path) -> None:
    variables = of_github(running, tmp_path) if where == "github" else of_gitlab(running)
    assert publish(MARKER, MARKER, variables, is_empty=True) == "no change, and no comment"
    assert bodies(running) == []


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_a_comment_of_somebody_else_is_never_taken_for_ours(
    where: str, running: Forge, tmp_path: Path
) -> None:
    """Its author could change it again, to what looks like a review."""
    variables = of_github(running, tmp_path) if where == "github" else of_gitlab(running)
    forged = f"{MARKER}\nno change"
    running.said(forged, **SOMEBODY, id=6)
    assert publish(f"{MARKER}\nreal", MARKER, variables, is_empty=False) == "made the comment"
    assert bodies(running) == [forged, f"{MARKER}\nreal"]


def test_a_token_of_a_user_finds_that_users_comment(running: Forge, tmp_path: Path) -> None:
    running.user = {"login": "release-user", "type": "User"}
    running.said(f"{MARKER}\nof another app", **BOT)
    running.said(f"{MARKER}\nold", **running.user)
    publish(f"{MARKER}\nnew", MARKER, of_github(running, tmp_path), is_empty=False)
    assert bodies(running) == [f"{MARKER}\nof another app", f"{MARKER}\nnew"]


def test_the_run_of_a_fork_has_the_review_in_its_summary(running: Forge, tmp_path: Path) -> None:
    running.may_write = False
    variables = of_github(running, tmp_path)
    done = publish(f"{MARKER}\nreview", MARKER, variables, is_empty=False)
    assert "the summary of the run has the review" in done
    assert (tmp_path / "summary.md").read_text() == f"{MARKER}\nreview\n"
    assert bodies(running) == []


def test_the_token_is_sent_to_no_other_address(running: Forge, tmp_path: Path) -> None:
    with forge() as other:
        running.redirect = f"{other.address}/elsewhere"
        with pytest.raises(ForgeError, match="302"):
            publish(MARKER, MARKER, of_github(running, tmp_path), is_empty=False)
        assert other.asked == []


@pytest.mark.parametrize(
    "base", ["http://example.org", "ftp://example.org", "file:///etc/passwd", ""]
)
def test_the_token_is_sent_over_tls_only(base: str) -> None:
    with pytest.raises(ForgeError, match="https only"):
        Client(base, {})


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("GITHUB_TOKEN", "GITHUB_TOKEN is not set"),
        ("GITHUB_EVENT_PATH", "this run is for no pull request"),
        ("GITHUB_ACTIONS", "neither GitHub Actions nor GitLab CI"),
    ],
)
def test_what_is_missing_is_told(missing: str, said: str, running: Forge, tmp_path: Path) -> None:
    variables = of_github(running, tmp_path)
    del variables[missing]
    with pytest.raises(ForgeError, match=said):
        publish(MARKER, MARKER, variables, is_empty=False)


@pytest.mark.parametrize("missing", ["GITLAB_TOKEN", "CI_MERGE_REQUEST_IID"])
def test_what_a_pipeline_of_gitlab_lacks_is_told(missing: str, running: Forge) -> None:
    variables = of_gitlab(running)
    del variables[missing]
    with pytest.raises(ForgeError, match=r"merge request|GITLAB_TOKEN"):
        publish(MARKER, MARKER, variables, is_empty=False)


def test_a_forge_that_is_not_there_is_told(tmp_path: Path) -> None:
    with forge() as gone:
        variables = of_github(gone, tmp_path)
    with pytest.raises(ForgeError, match="GET /user"):
        publish(MARKER, MARKER, variables, is_empty=False)
