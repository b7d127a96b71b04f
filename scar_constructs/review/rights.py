"""What roles may do that they could not do before, and what they no longer may.

Compared are single rights: one action on one resource under one condition. The order of statements
and their names say nothing; a right within a wider one is no gain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scar_constructs.language.grants.arns import ACCOUNT, PARTITION, PLACEHOLDERS, REGION, filled
from scar_constructs.language.grants.roles import function_roles
from scar_constructs.language.grants.stack import Role, stack_roles, surroundings
from scar_constructs.language.grants.statements import Grant
from scar_constructs.model import ApiAuth
from scar_constructs.review.edges import CALLERS
from scar_constructs.review.functions import Change, Pair
from scar_constructs.review.sides import Side

_WORDS = {
    "ReadInputs": "read",
    "WriteOutputs": "write",
    "UseSpool": "keep claims and events in",
    "WriteLogs": "write its log to",
    "SendFailures": "send failed events to",
    "SubmitJobs": "submit jobs to",
    "PullImage": "pull images from",
    "GetRegistryToken": "get a token for registries of ECR:",
    "InvokeItself": "call itself:",
    "ReadSecrets": "read the secrets",
    "ReadParameters": "read the parameters",
    "ReadStorageSecrets": "read the credentials of storage providers:",
    "ReadStorageParameters": "read the credentials of storage providers:",
    "MountFileSystem": "mount and write to",
    "JoinNetwork": "make network interfaces on",
    "SendTraces": "send traces to",
    "DecryptInputs": "decrypt with",
    "EncryptOutputs": "encrypt and decrypt with",
    "UseStackKey": "encrypt and decrypt with",
    "DecryptSecrets": "decrypt with",
    "DecryptStorageSecrets": "decrypt with",
    "ReadRuntime": "read the runtime from",
    "ReadBucket": "list and read the replication of",
    "ReadVersions": "read all versions of",
    "WriteCopies": "write copies to",
    "WriteFlowLogs": "write flow logs to",
    "ReceiveEvents": "read its own queue:",
    "ListArrivals": "list the files of its groups in",
    "JoinCluster": "register hosts of jobs with",
    "TakeOrders": "ask which jobs to run, as",
    "TagItself": "tag itself while it registers, as",
    "FindEndpoint": "find the address of ECS on",
}
"""Sid -> what the holder may do, before the resources."""
_ANYWHERE = {
    **dict.fromkeys((PARTITION, REGION, ACCOUNT), ""),
    **{name: f"<{name[2:-5]}>" for name in PLACEHOLDERS if name.endswith(".Arn}")},
}
"""What people read in the places of what only a deployment knows."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """Statements of one kind. `words`: what it lets the role do; `resources` and `actions` as they
    stand in the statement, but for what only a deployment knows."""

    sid: str
    words: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any]
    reason: str

    @property
    def statement(self) -> str:
        """In one line."""
        text = f"{self.sid}: {', '.join(self.actions)} on {', '.join(self.resources)}"
        if self.conditions:
            text += f" if {json.dumps(self.conditions, sort_keys=True)}"
        return text


@dataclass(frozen=True, kw_only=True)
class RoleChange:
    """A role that came, went, or has other rights. `former`: the function whose role it was, of one
    that has another name; then `beyond` is what that role could not do. `public`: who may call."""

    owner: str
    role: str
    stack: str
    change: Change
    gained: tuple[Right, ...] = ()
    lost: tuple[Right, ...] = ()
    former: str | None = None
    beyond: tuple[Right, ...] = ()
    replaced: str = ""

    @property
    def is_gain(self) -> bool:
        """Whether somebody may do more than before."""
        return bool(self.gained) and (self.former is None or bool(self.beyond))


def role_changes(found: tuple[Pair, ...], before: Side, after: Side) -> Iterator[RoleChange]:
    """In the order of the later version; roles that are gone come last."""
    formers = {one.new.name: one.old.name for one in found if one.is_renamed}
    old, new = _roles(before), _roles(after)
    for name, (stack, role) in new.items():
        was = old.get(name)
        gained = tuple(_beyond(role, was[1] if was else None))
        lost = tuple(_beyond(was[1], role)) if was else ()
        if was and (gained or lost):
            yield _change(role, stack, Change.CHANGED, gained, lost)
        elif not was and role.owner in formers:
            former = formers[role.owner]
            as_it_was = _as_renamed(before, former, role)
            renamed = _change(role, stack, Change.RENAMED, gained, ())
            beyond = tuple(_beyond(role, as_it_was))
            yield replace(renamed, former=former, beyond=beyond)
        elif not was:
            yield _change(role, stack, Change.ADDED, gained, ())
    for name, (stack, role) in old.items():
        if name not in new:
            yield _change(role, stack, Change.REMOVED, (), tuple(_beyond(role, None)))
    yield from _own_roles(found)


def _change(
    role: Role, stack: str, change: Change, gained: tuple[Right, ...], lost: tuple[Right, ...]
) -> RoleChange:
    return RoleChange(
        owner=role.owner, role=role.kind, stack=stack, change=change, gained=gained, lost=lost
    )


def _roles(version: Side) -> dict[tuple[str, ...], tuple[str, Role]]:
    """Roles of functions by the function, whatever its stack; others by their stack."""
    found: dict[tuple[str, ...], tuple[str, Role]] = {}
    for view in version.stacks:
        for role in stack_roles(view.stack):
            of_function = role.owner in version.functions
            key = (
                (role.owner, role.kind) if of_function else (role.owner, role.kind, view.stack.name)
            )
            found[key] = (view.stack.name, role)
    return found


def _as_renamed(before: Side, former: str, role: Role) -> Role | None:
    """The role that the former function would have had under the new name."""
    view = before.functions[former]
    stack = before.stack(view.stack)
    if stack is None:
        return None
    renamed = replace(view.function, name=role.owner)
    grants = function_roles(renamed, surroundings(stack.stack)).get(role.kind)
    return None if grants is None else Role(role.owner, role.kind, grants)


_Single = tuple[str, str, str]
"""Action, resource, and the conditions as JSON."""


def _singles(grant: Grant) -> Iterator[_Single]:
    conditions = json.dumps(grant.conditions, sort_keys=True, default=dict)
    for action in grant.actions:
        for resource in grant.resources:
            yield action, resource, conditions


def _beyond(role: Role, other: Role | None) -> Iterator[Right]:
    """What the role may do, and the other may not."""
    known = {one for grant in (other.grants if other else ()) for one in _singles(grant)}
    wide = [one for one in known if one[1].endswith("*")]
    for grant in role.grants:
        more = [
            one
            for one in _singles(grant)
            if one not in known and not any(_covers(wider, one) for wider in wide)
        ]
        yield from _grouped(grant, more)
    for policy in role.managed:
        if other is None or policy not in other.managed:
            yield Right(
                sid="ManagedPolicy",
                words=f"do what AWS's policy {policy} says",
                actions=(policy,),
                resources=("*",),
                conditions={},
                reason="AWS keeps the policy",
            )


def _covers(wider: _Single, one: _Single) -> bool:
    """Whether a right on everything under a place holds the other."""
    start = wider[1][:-1]
    return (wider[0], wider[2]) == (one[0], one[2]) and one[1].startswith(start)


def _grouped(grant: Grant, singles: Iterable[_Single]) -> Iterator[Right]:
    """Rights of one statement: the actions that are gained on the same resources together."""
    by_action: dict[str, list[str]] = {}
    for action, resource, _ in singles:
        by_action.setdefault(action, []).append(resource)
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action, resources in by_action.items():
        by_resources.setdefault(tuple(resources), []).append(action)
    for places, actions in by_resources.items():
        verb = _WORDS.get(grant.sid, f"{grant.sid}: {', '.join(actions)} on")
        if len(actions) < len(grant.actions):
            verb = f"{', '.join(actions)} on"
        yield Right(
            sid=grant.sid,
            words=f"{verb} {', '.join(map(shown_resource, places))}",
            actions=tuple(actions),
            resources=places,
            conditions=grant.conditions,
            reason=grant.reason,
        )


def shown_resource(arn: str) -> str:
    """A resource as people write it."""
    if arn == "*":
        return "any resource"
    if arn.startswith("${") and not arn.startswith(PARTITION):
        return filled(arn, _ANYWHERE)
    _, _, service, _, _, rest = filled(arn, _ANYWHERE).split(":", 5)
    return f"s3://{rest}" if service == "s3" else f"{service} {rest}"


def _own_roles(found: tuple[Pair, ...]) -> Iterator[RoleChange]:
    """Roles of the user's own, whose rights nobody here knows."""
    for pair in found:
        if pair.after is None:
            continue
        new, old = pair.new, pair.old if pair.before else None
        names = (
            ("Lambda", new.role, old.role if old else None),
            ("job", new.batch.job_role, old.batch.job_role if old else None),
        )
        for kind, role, was in names:
            if role is not None and role != was:
                yield RoleChange(
                    owner=new.name,
                    role=kind,
                    stack=pair.after.stack,
                    change=Change.CHANGED,
                    replaced=f"{was or 'the role that was made'} -> {role}, which is not looked at",
                )


def opened(found: tuple[Pair, ...]) -> Iterator[tuple[str, str]]:
    """Functions that more people may call than before, and who may."""
    width = (ApiAuth.IAM, ApiAuth.API_KEY, ApiAuth.NONE)
    for pair in found:
        if pair.after is None or pair.new.api is None:
            continue
        auth = pair.new.api.auth
        was = pair.old.api if pair.before else None
        if was is None or width.index(auth) > width.index(was.auth):
            yield pair.new.name, CALLERS[auth]
        elif was.web_acl is not None and pair.new.api.web_acl is None:
            yield pair.new.name, "callers whom its web ACL refused"
