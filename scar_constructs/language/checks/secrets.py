"""Checks for secrets that stand in the file in clear.

Whatever is in the file ends up in templates, images and version control, where it can never be
taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from scar_constructs.language.checks.variables import ENVIRONMENTS
from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Scalar

_ACCESS_KEY = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
_SECRET_KEY_NAME = re.compile(r"secret_?(?:access_?)?key", re.IGNORECASE)
_SECRET_KEY = re.compile(r"[A-Za-z0-9/+]{40}\Z")
_NAMES_OF_SECRETS = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"})
"""Whatever their value is, it is one: https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html"""
_PRIVATE_KEY = "PRIVATE KEY-----"


def check_environments(parsed: ParsedFunction) -> Iterator[Problem]:
    """No access keys or private keys in variables."""
    for place in ENVIRONMENTS:
        variables = parsed.section.find(place)
        if isinstance(variables, Mapping):
            for name, node in variables.items():
                if isinstance(node, Scalar) and _is_secret(name, node.text):
                    yield problem(
                        "secret-in-clear",
                        node.path,
                        node.position,
                        "looks like a secret, and whoever can read the function would see it",
                        "",
                        "take the key back in IAM; name a stored secret in `secrets: {NAME: ARN}`, "
                        "or rely on the function's role",
                    )


def _is_secret(name: str, value: str) -> bool:
    if name in _NAMES_OF_SECRETS and value:
        return True
    if _ACCESS_KEY.search(value) or _PRIVATE_KEY in value:
        return True
    return bool(_SECRET_KEY_NAME.search(name) and _SECRET_KEY.match(value))


SECRET_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (check_environments,)
