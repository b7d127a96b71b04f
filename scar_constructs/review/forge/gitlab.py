"""Notes of a merge request of GitLab.

https://docs.gitlab.com/api/notes/#merge-requests
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scar_constructs.review.forge.http import Client, ForgeError

_PAGE = 100
_MOST_PAGES = 100


class GitLab:
    """The merge request of a pipeline. `variables` are those of the job.

    https://docs.gitlab.com/ci/variables/predefined_variables/
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        token = variables.get("GITLAB_TOKEN")
        if not token:
            raise ForgeError(
                "GITLAB_TOKEN is not set; make a project access token with the scope `api`, and a "
                "masked variable of it"
            )
        number = variables.get("CI_MERGE_REQUEST_IID")
        if not number:
            raise ForgeError("--comment: this pipeline is for no merge request")
        self._client = Client(variables["CI_API_V4_URL"], {"PRIVATE-TOKEN": token})
        project = variables["CI_PROJECT_ID"]
        self._notes = f"/projects/{project}/merge_requests/{number}/notes"

    def ours(self, marker: str) -> str | None:
        """The id of the note that this token's user has written and that begins with the marker."""
        user = self._client.get("/user")["id"]
        for one in self._all():
            is_ours = (one.get("author") or {}).get("id") == user
            if is_ours and str(one.get("body", "")).startswith(marker):
                return str(one["id"])
        return None

    def create(self, text: str) -> None:
        self._client.send("POST", self._notes, {"body": text})

    def update(self, identifier: str, text: str) -> None:
        self._client.send("PUT", f"{self._notes}/{identifier}", {"body": text})

    def _all(self) -> Iterator[dict[str, Any]]:
        for page in range(1, _MOST_PAGES + 1):
            found = self._client.get(f"{self._notes}?per_page={_PAGE}&page={page}")
            yield from found
            if len(found) < _PAGE:
                return
