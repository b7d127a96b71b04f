"""Making the comment of a review, or updating the one that is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from scar_constructs.review.forge.github import GitHub
from scar_constructs.review.forge.gitlab import GitLab
from scar_constructs.review.forge.http import DeniedError, ForgeError


class Forge(Protocol):
    """What is asked of a forge."""

    def ours(self, marker: str) -> str | None: ...

    def create(self, text: str) -> None: ...

    def update(self, identifier: str, text: str) -> None: ...


def publish(text: str, marker: str, variables: Mapping[str, str], *, is_empty: bool) -> str:
    """Write the text, which begins with the marker, as the comment; what was done, in words.

    `variables` are those of the pipeline. A review without changes (`is_empty`) updates a comment,
    and makes none. Where the token may not write, as in runs for pull requests from forks, the text
    is in the summary of the run alone. Raises ForgeError.
    """
    in_summary = _summarise(text, variables)
    forge = _forge(variables)
    try:
        known = forge.ours(marker)
        if known is not None:
            forge.update(known, text)
            return "updated the comment"
        if is_empty:
            return "no change, and no comment"
        forge.create(text)
    except DeniedError as fault:
        where = "the summary of the run has the review" if in_summary else "the output has it"
        return f"no comment ({fault}): the token has no right to write one; {where}"
    return "made the comment"


def _summarise(text: str, variables: Mapping[str, str]) -> bool:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands"""
    summary = variables.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return False
    with Path(summary).open("a", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
    return True


def _forge(variables: Mapping[str, str]) -> Forge:
    if variables.get("GITHUB_ACTIONS") == "true":
        return GitHub(variables)
    if variables.get("GITLAB_CI") == "true":
        return GitLab(variables)
    raise ForgeError(
        "--comment: neither GitHub Actions nor GitLab CI runs this; `--format markdown` prints the "
        "comment"
    )
