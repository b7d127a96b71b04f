"""What is deployed, and how each function ended last."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from scar_constructs.operate.deployed import DeployedFunction, Workflows
from scar_constructs.operate.executions import EXECUTION, Execution, executions
from scar_constructs.operate.log_lines import LogReader
from scar_constructs.operate.session import Session

LAST_DAYS = 7
"""How far back an execution counts as the last one."""


@dataclass(frozen=True)
class ListedFunction:
    """A function, and its last execution of some days if there is one."""

    function: DeployedFunction
    last: Execution | None

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self.function), "last": self.last.document() if self.last else None}


def functions_of(session: Session) -> list[ListedFunction]:
    """All functions of the session's account and region."""
    functions = Workflows(session).functions
    groups = [group for one in functions for group in one.log_groups]
    since = int((time.time() - LAST_DAYS * 86400) * 1000)
    found = executions(LogReader(session).search(groups, EXECUTION, since=since))
    last = {one.function: one for one in found if not one.is_handed_over}
    return [ListedFunction(one, last.get(one.name)) for one in functions]
