"""The results are written when all benchmarks have run, and not when only some were asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.results import FIGURES, write
from benchmarks.runtime_peers import peer_versions

MEASURES = 19


@pytest.fixture(scope="session", autouse=True)
def results() -> Iterator[None]:
    yield
    if len(FIGURES) == MEASURES:
        write(FIGURES, peer_versions())
