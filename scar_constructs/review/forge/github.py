"""Comments of a pull request of GitHub.

https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scar_constructs.review.forge.http import Client, DeniedError, ForgeError

_PAGE = 100
_MOST_PAGES = 100


class GitHub:
    """The pull request of a run of GitHub Actions. `variables` are those of the run.

    https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        token = variables.get("GITHUB_TOKEN") or variables.get("GH_TOKEN")
        if not token:
            raise ForgeError(
                "GITHUB_TOKEN is not set; give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`"
            )
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        base = variables.get("GITHUB_API_URL", "https://api.github.com")
        self._client = Client(base, headers)
        self._repository = variables.get("GITHUB_REPOSITORY", "")
        self._number = _number(variables)

    def ours(self, marker: str) -> str | None:
        """The id of the comment that was made with this token's rights and begins with the marker.

        Anybody may write a comment that begins so, and could change it again after our update.
        """
        login = self._login()
        for one in self._comments():
            author = one.get("user") or {}
            is_ours = author.get("login") == login if login else author.get("type") == "Bot"
            if is_ours and str(one.get("body", "")).startswith(marker):
                return str(one["id"])
        return None

    def create(self, text: str) -> None:
        path = f"/repos/{self._repository}/issues/{self._number}/comments"
        self._client.send("POST", path, {"body": text})

    def update(self, identifier: str, text: str) -> None:
        path = f"/repos/{self._repository}/issues/comments/{identifier}"
        self._client.send("PATCH", path, {"body": text})

    def _comments(self) -> Iterator[dict[str, Any]]:
        path = f"/repos/{self._repository}/issues/{self._number}/comments?per_page={_PAGE}"
        for page in range(1, _MOST_PAGES + 1):
            found = self._client.get(f"{path}&page={page}")
            yield from found
            if len(found) < _PAGE:
                return

    def _login(self) -> str | None:
        """Whose token it is; that of a run is an app's, which has no user."""
        try:
            return str(self._client.get("/user")["login"])
        except DeniedError:
            return None


def _number(variables: Mapping[str, str]) -> int:
    """Of the pull request, from the event that the run is for."""
    path = variables.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
        return int(event["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ForgeError("--comment: this run is for no pull request") from fault
