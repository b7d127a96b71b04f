"""Commands on a deployed workflow, as their users call them: programs of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scar_constructs.installation import CHECKOUT
from scar_constructs.local.cdk import cdk_environment
from scar_constructs.local.server import ACCOUNT, CloudAddress
from tests.local.accounts import Statement, make_role
from tests.local.workflows import Workflow

LIVING = Path(__file__).parent / "data" / "living" / "living.yaml"
MENDED = Path("/tmp/living-is-mended")
"""What data/living/count.sh looks for."""


class Person:
    """Somebody at a terminal, in a folder, with the credentials of a cloud's user or of a role."""

    def __init__(
        self, cloud: CloudAddress, folder: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.environment = {**os.environ, **cdk_environment(cloud), **(variables or {})}
        self.environment["PYTHONPATH"] = str(CHECKOUT)

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "scar_constructs", *map(str, arguments)]

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def must(self, *arguments: str | Path) -> str:
        """What the command printed; it has to end well."""
        done = self.call(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        """The document that the command printed."""
        done = self.call(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


def as_role(
    person: Person, host: Workflow, kind: str, file: Path = LIVING, name: str = "living"
) -> Person:
    """Somebody who may do what `scar policy` prints for the kind, and nothing else. `name` tells
    roles of several files apart."""
    document = json.loads(person.must("policy", kind, file, "--account", ACCOUNT))
    variables = session_variables(host.cloud, f"{name}-{kind}", document["Statement"])
    return Person(host.cloud, person.folder, variables)


def session_variables(
    cloud: CloudAddress, name: str, statements: Sequence[Statement]
) -> dict[str, str]:
    """The variables of a session of a role that is made with these statements."""
    role = make_role(cloud, name, None, *statements)
    session = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="person")
    keys = session["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
