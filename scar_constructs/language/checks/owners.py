"""Checks of what a function's resources carry and go by: tags, and roles of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scar_constructs.language.checks.tags import check_tags
from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import problem


def check_function_tags(parsed: ParsedFunction) -> Iterator[Problem]:
    """Names and values that every tagged resource takes."""
    yield from check_tags(parsed.section.find("lambda.tags"))


def check_own_roles(parsed: ParsedFunction) -> Iterator[Problem]:
    """A role that the user names gets no rights from us."""
    function = parsed.function
    given = (("iam.role", function.role), ("batch.job_role", function.batch.job_role))
    for place, role in given:
        node = parsed.section.find(place)
        if node is not None and role:
            message = "is used as it is, and must have the rights that a role of ours would get"
            file = node.position.file
            fix = f"see them with `scar rights {file} {function.name}`"
            yield problem("role-of-your-own", node.path, node.position, message, "", fix)


OWNER_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_function_tags,
    check_own_roles,
)
