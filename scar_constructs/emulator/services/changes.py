"""CloudFormation's change sets: what is refused before a deployment, and what drift they mend."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from scar_constructs.emulator.services.names import Modules, Record

_CREATED = re.compile(rb"<Id>([^<]+)</Id>")
_BUCKET = "AWS::S3::Bucket"
_NOTIFICATIONS = "NotificationConfiguration"
_REFUSED = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. "
    "To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure "
    "information."
)
_DRIFTED = "_drifted"


class Changes:
    """The emulated change sets."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def put_validation(self) -> None:
        """Fail a change set that would make what is there already, unless it imports it.

        The emulator finds that only when it deploys, and rolls back a stack that AWS never begins:
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
        """
        self._after_creation(self._refuse_what_exists)

    def put_drift(self) -> None:
        """Let a change set with DeploymentMode REVERT_DRIFT set a bucket's notifications again
        where they are not those of its stack; the emulator ignores the mode. Notifications are
        what starts functions here; of other properties of a bucket no drift is seen.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
        """
        self._after_creation(self._find_drift)
        table = self._modules.handlers._ACTION_HANDLERS
        execute = table["ExecuteChangeSet"]

        def execute_change_set(request: Record) -> Any:
            change_set = self._named(request)
            for logical_id in change_set.get(_DRIFTED, ()):
                properties = self._stack_of(change_set)["_resources"][logical_id]["Properties"]
                # An update sets what differs from the template.
                said = properties.get(_NOTIFICATIONS) or {}
                properties[_NOTIFICATIONS] = {**said, _DRIFTED: True}
            return execute(request)

        table["ExecuteChangeSet"] = execute_change_set

    def _after_creation(self, look: Callable[[Record, Record], None]) -> None:
        """Call `look(change set, request)` before the caller hears that a change set is there."""
        table = self._modules.handlers._ACTION_HANDLERS
        create = table["CreateChangeSet"]

        def create_change_set(request: Record) -> Any:
            answer = create(request)
            if made := _CREATED.search(answer[2]):
                look(self._modules.cloudformation._change_sets[made[1].decode()], request)
            return answer

        table["CreateChangeSet"] = create_change_set

    def _refuse_what_exists(self, change_set: Record, _: Record) -> None:
        if change_set["Status"] != "CREATE_COMPLETE" or change_set["_disable_validation"]:
            return
        changes, template = change_set["Changes"], change_set["_template"]
        found = self._modules.changesets._existing_resources(changes, template)
        if found:
            change_set |= {
                "Status": "FAILED",
                "ExecutionStatus": "UNAVAILABLE",
                "StatusReason": _REFUSED,
                "Changes": [],
            }
            stack = self._stack_of(change_set)
            stack["_operation_events"] = self._conflicts(stack["StackId"], found)
        elif change_set["_import_existing"]:
            # The emulator validates again as it deploys, and then takes what is imported for a
            # conflict. Everything else has been validated here.
            change_set["_disable_validation"] = True

    def _conflicts(self, stack_id: str, found: list[Mapping[str, Any]]) -> list[Record]:
        """What DescribeEvents then shows of the stack."""
        operation = str(uuid.uuid4())
        return [
            self._modules.stacks._operation_event(
                stack_id,
                operation,
                "VALIDATION_ERROR",
                "CREATE_CHANGESET",
                LogicalResourceId=one["LogicalResourceId"],
                ResourceType=one["ResourceType"],
                ValidationFailureMode="FAIL",
                ValidationName="NAME_CONFLICT_VALIDATION",
                ValidationStatus="FAILED",
                ValidationStatusReason=(
                    f"Resource of type '{one['ResourceType']}' with identifier "
                    f"'{'|'.join(one['ResourceIdentifier'].values())}' already exists."
                ),
                ValidationPath=f"/Resources/{one['LogicalResourceId']}",
            )
            for one in found
        ]

    def _find_drift(self, change_set: Record, request: Record) -> None:
        mode = self._modules.helpers._p(request, "DeploymentMode")
        if mode != "REVERT_DRIFT" or change_set["ChangeSetType"] != "UPDATE":
            return
        resources = self._stack_of(change_set)["_resources"]
        drifted = [
            logical_id
            for logical_id in change_set["_template"]["Resources"]
            if self._has_drifted(resources.get(logical_id, {}))
        ]
        if not drifted:
            return
        change_set[_DRIFTED] = drifted
        changed = {one["ResourceChange"]["LogicalResourceId"] for one in change_set["Changes"]}
        change_set["Changes"] += [
            _modification(logical_id, resources[logical_id])
            for logical_id in drifted
            if logical_id not in changed
        ]
        change_set |= {
            "Status": "CREATE_COMPLETE",
            "ExecutionStatus": "AVAILABLE",
            "StatusReason": "",
        }

    def _has_drifted(self, resource: Record) -> bool:
        """Whether the resource is a bucket that notifies others than its stack says."""
        if resource.get("ResourceType") != _BUCKET:
            return False
        said = resource["Properties"].get(_NOTIFICATIONS) or {}
        expected = self._modules.provisioners._s3_notification_json_to_xml(said).decode()
        found = self._modules.s3._bucket_notifications.get(resource["PhysicalResourceId"]) or ""
        return self._notified(expected) != self._notified(found)

    def _notified(self, configuration: str) -> list[str]:
        """What a bucket's notifications say, whatever their ids and order."""
        rules = self._modules.s3._parse_notification_config_raw(configuration)
        texts = [str(sorted({**rule, "id": ""}.items())) for rule in rules]
        return sorted([*texts, str("EventBridgeConfiguration" in configuration)])

    def _named(self, request: Record) -> Record:
        """The change set that the request names, by its ARN or by its name and stack's."""
        name, stack = (
            self._modules.helpers._p(request, key) for key in ("ChangeSetName", "StackName")
        )
        found: Record = self._modules.changesets._find_change_set(name, stack)[1] or {}
        return found

    def _stack_of(self, change_set: Record) -> Record:
        stack: Record = self._modules.cloudformation._stacks[change_set["StackName"]]
        return stack


def _modification(logical_id: str, resource: Record) -> Record:
    change = {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": resource["PhysicalResourceId"],
        "ResourceType": resource["ResourceType"],
        "Replacement": "False",
        "Scope": ["Properties"],
        "Details": [],
    }
    return {"ResourceChange": change}
