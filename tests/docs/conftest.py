"""A folder in which the documents' commands run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.sandbox import Sandbox, made_in


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return made_in(tmp_path)
