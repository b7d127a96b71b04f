"""What is said when the cloud's process has ended while it is used: killed, or out of memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scar_constructs.local.engines import EngineName
from scar_constructs.local.errors import LocalError
from scar_constructs.local.server import CloudAddress, Credentials, LocalCloud, free_port


@pytest.fixture
def gone(tmp_path: Path) -> CloudAddress:
    """The address of a cloud that has been there."""
    (tmp_path / "cloud.log").write_text("first\nKilled\n")
    return CloudAddress(free_port(), EngineName.PROCESS, tmp_path, Credentials("k", "s"))


@pytest.mark.parametrize(
    "use",
    [lambda cloud: cloud.activity(), lambda cloud: cloud.client("sqs").list_queues()],
    ids=["our own address", "a service"],
)
def test_it_is_told_with_the_end_of_its_log(
    gone: CloudAddress, use: Callable[[CloudAddress], Any]
) -> None:
    with pytest.raises(LocalError) as caught, gone.required():
        use(gone)
    assert str(caught.value) == "the local cloud has ended by itself:\nfirst\nKilled"


def test_other_faults_are_not_taken_for_it(tmp_path: Path) -> None:
    with (
        LocalCloud(EngineName.PROCESS, tmp_path) as cloud,
        pytest.raises(FileNotFoundError),
        cloud.required(),
    ):
        Path(tmp_path / "nothing").read_bytes()
