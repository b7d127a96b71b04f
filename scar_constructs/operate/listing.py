"""What is deployed, and how each function ended last."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scar_constructs.operate.deployed import DeployedFunction, Workflows
from scar_constructs.operate.executions import Execution, executions
from scar_constructs.operate.log_lines import LogReader
from scar_constructs.operate.parallel import in_order
from scar_constructs.operate.session import Session


@dataclass(frozen=True)
class ListedFunction:
    """A function, and its last execution, if its newest log lines tell of one."""

    function: DeployedFunction
    last: Execution | None

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self.function), "last": self.last.document() if self.last else None}


def functions_of(session: Session) -> list[ListedFunction]:
    """All functions of one account and region."""
    reader = LogReader(session)

    def listed(function: DeployedFunction) -> ListedFunction:
        lines = [line for group in function.log_groups for line in reader.newest(group)]
        done = [one for one in executions(lines) if not one.is_handed_over]
        return ListedFunction(function, max(done, key=lambda one: one.ended, default=None))

    return list(in_order(listed, Workflows(session).functions))
