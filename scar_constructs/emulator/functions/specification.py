"""A function as its execution environments need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scar_constructs.emulator.account_region import Scope


@dataclass(frozen=True)
class Function:
    """A deployed function. `version` changes whenever its code or configuration does.

    Either `image` (with what overrides its entry point) or `code` (a zip, with `handler` and
    `runtime`) is given.
    """

    name: str
    arn: str
    version: str
    scope: Scope
    role_arn: str
    timeout_seconds: int
    memory_mib: int
    tmp_mib: int
    variables: Mapping[str, str]
    log_group: str
    image: str | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str | None = None
    code: bytes | None = None
    handler: str = ""
    runtime: str = ""
