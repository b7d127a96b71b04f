"""The private names of the emulator that are read or replaced here, and the modules they are in.

ministack has no plug-in points, but it looks its functions up in module dictionaries at call time,
so they can be replaced without editing the package.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from scar_constructs.emulator.account_region import Scope

VERSION = "1.5.33"
NAMES: Mapping[str, tuple[str, ...]] = {
    "app": ("app",),
    "core.iam_actions": ("extract_resource_arn",),
    "core.iam_evaluator": (
        *("EvalContext", "_fnmatch_compile", "_verified_key", "enforce"),
        "evaluate_resource_policy",
    ),
    "core.responses": (
        *("_request_account_id", "_request_region", "error_response_json", "get_account_id"),
        "get_region",
    ),
    "services.apigateway_v1": ("_call_lambda_raw", "_import_rest_api"),
    "services.batch": ("_DISPATCH",),
    "services.cloudformation": ("_change_sets", "_stacks"),
    "services.cloudformation.changesets": ("_existing_resources", "_find_change_set"),
    "services.cloudformation.handlers": ("_ACTION_HANDLERS",),
    "services.cloudformation.helpers": ("_p",),
    "services.cloudformation.provisioners": (
        *("_RESOURCE_HANDLERS", "_ec2_sg_permissions", "_physical_name"),
        *("_s3_notification_json_to_xml",),
    ),
    "services.cloudformation.stacks": ("_operation_event", "_resolve_stack_outputs"),
    "services.cloudwatch_logs": ("_create_log_group", "_create_log_stream", "_put_log_events"),
    "services.ec2": ("_security_groups",),
    "services.ecr": ("_describe_images", "_find_image", "_repositories"),
    "services.eventbridge": (
        *("_dispatch_to_lambda", "_dispatch_to_sqs", "_invoke_target", "_put_events"),
        *("_rules",),
    ),
    "services.iam": ("_roles",),
    "services.lambda_svc": (
        *("_execute_function", "_execute_function_dispatch"),
        *("_execution_record_for_config", "_get_func_record_for_ref", "_iter_all_esms"),
        *("_poll_sqs", "invoke_async_with_retry"),
    ),
    "services.s3": (
        *("_bucket_notifications", "_bucket_policies", "_delete_bucket"),
        *("_deliver_event_to_lambda", "_deliver_event_to_sqs", "_fire_s3_event"),
        "_fire_s3_event_async",
        *("_invalid_notification_config", "_key_matches_filter", "_parse_notification_config_raw"),
        *("_validate_notification_configs",),
    ),
    "services.sqs": (
        *("_HANDLERS", "_build_send_sys_attrs", "_dlq_sweep", "_expire_retained"),
        *("_queue_by_arn", "queue_policy_allows"),
    ),
    "services.sts": ("_sessions", "register_session"),
}

Modules = SimpleNamespace
"""The modules of `NAMES`, by the last part of their names."""
Response = tuple[int, Mapping[str, str], bytes]
Record = dict[str, Any]


class EmulatorError(Exception):
    """The installed emulator is not the one that this package is written for."""


def missing_names() -> list[str]:
    """The names of `NAMES` that the installed emulator does not have."""
    return [
        f"ministack.{module}.{name}"
        for module, names in NAMES.items()
        for name in names
        if not hasattr(importlib.import_module(f"ministack.{module}"), name)
    ]


def load_modules() -> Modules:
    """Raises `EmulatorError` if one of `NAMES` is gone."""
    if missing := missing_names():
        raise EmulatorError(
            f"ministack {VERSION} is needed; the one installed lacks {', '.join(missing)}"
        )
    load = importlib.import_module
    return Modules(**{name.rsplit(".", 1)[-1]: load(f"ministack.{name}") for name in NAMES})


def scope_of(modules: Modules) -> Scope:
    """The account and Region of the request that is being answered."""
    return Scope(modules.responses.get_account_id(), modules.responses.get_region())
