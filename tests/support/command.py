"""The command `scar` in this process: what it prints is for the test to capture."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from scar_constructs.cli import main as command


def main(arguments: Sequence[str]) -> int:
    """Run the command; its exit code."""
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments))
    code = ended.value.code
    assert isinstance(code, int)
    return code
