"""IAM and STS: roles, their sessions, and what policies allow."""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record, scope_of


class Identity:
    """The emulated IAM and STS."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def role(self, name: str) -> Record | None:
        """An IAM role; its AssumeRolePolicyDocument may be text or a document."""
        role: Record | None = self._modules.iam._roles.get(name)
        return role

    def open_session(self, key_id: str, session: Mapping[str, Any]) -> None:
        """Let requests signed with this temporary key act as the session's principal."""
        self._modules.sts.register_session(key_id, dict(session))

    def policy_allows(
        self, policy: Any, service: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:
        """Whether a resource policy lets a service principal act. Keys are in lower case."""
        evaluator, scope = self._modules.iam_evaluator, scope_of(self._modules)
        context = evaluator.EvalContext(
            principal_arn="",
            principal_type="Service",
            principal_account=scope.account,
            action=action,
            resource_arn=resource,
            region=scope.region,
            service_context=dict(keys),
        )
        result = evaluator.evaluate_resource_policy(policy, context, service=service)
        return bool(result.decision == "Allow")

    def put_wildcards(self, compiled: Callable[[str, bool], re.Pattern[str]]) -> None:
        """Match policies' patterns by `compiled(pattern, whether case is ignored)`."""
        self._modules.iam_evaluator._fnmatch_compile = compiled

    def put_resources(
        self,
        resources: Callable[[str, str, bytes], Sequence[str]],
        keys: Callable[[str, str, bytes], Mapping[str, str]],
    ) -> None:
        """Authorize a request on each of `resources(service, path, body)`; if that is empty, on
        what the emulator takes for its resource. Its condition keys are also `keys(...)`."""
        actions, evaluator = self._modules.iam_actions, self._modules.iam_evaluator
        extract, enforce = actions.extract_resource_arn, evaluator.enforce
        current: contextvars.ContextVar[Sequence[str]] = contextvars.ContextVar("resources")
        more: contextvars.ContextVar[Mapping[str, str]] = contextvars.ContextVar("keys")

        def extract_resource_arn(
            service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
        ) -> str:
            arns = resources(service, path, body)
            current.set(arns)
            more.set(keys(service, path, body))
            first: str = arns[0] if arns else extract(service, method, path, headers, body, *rest)
            return first

        def enforce_all(
            key: str, action: str, service: str, region: str, resource_arn: str = "*", **rest: Any
        ) -> Any:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
            known = rest.get("service_context") or {}
            own = {**more.get({}), "aws:PrincipalIsAWSService": "false"}
            rest["service_context"] = {**known, **own}
            arns = current.get(())
            action = _single(action)
            joint = arns if arns and resource_arn == arns[0] else (resource_arn,)
            results = (enforce(key, action, service, region, arn, **rest) for arn in joint)
            return next((denial for denial in results if denial), None)

        actions.extract_resource_arn = extract_resource_arn
        evaluator.enforce = enforce_all


def _single(action: str) -> str:
    """Who may do something to one message may do it to ten at once.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
    """
    return action.removesuffix("Batch") if action.startswith("sqs:") else action
