"""What one YAML file says, whatever dialect it was written in: frozen and free of CDK.

The parser makes these models from either dialect; everything after it (the workflow, the
constructs, the runtime's configuration) reads only them. A value here has passed every check, so
nobody downstream checks again.
"""

from __future__ import annotations

from scar_constructs.model.batch import (
    Batch,
    Burst,
    ComputeResources,
    ComputeType,
    MultiNode,
    Sharing,
)
from scar_constructs.model.command import NO_COMMAND, Command
from scar_constructs.model.file import Alarms, BucketSettings, LogTarget, StackOptions, WorkflowFile
from scar_constructs.model.function import (
    Api,
    ApiAuth,
    Architecture,
    ExecutionMode,
    FileSystem,
    Function,
    Queue,
    Script,
    ScriptCredentials,
    Vpc,
)
from scar_constructs.model.joins import EmptyPlace, JoinStep, Taker
from scar_constructs.model.record import Variables
from scar_constructs.model.storage import OWN, Input, Join, Output, StorageProvider

__all__ = [
    "NO_COMMAND",
    "OWN",
    "Alarms",
    "Api",
    "ApiAuth",
    "Architecture",
    "Batch",
    "BucketSettings",
    "Burst",
    "Command",
    "ComputeResources",
    "ComputeType",
    "EmptyPlace",
    "ExecutionMode",
    "FileSystem",
    "Function",
    "Input",
    "Join",
    "JoinStep",
    "LogTarget",
    "MultiNode",
    "Output",
    "Queue",
    "Script",
    "ScriptCredentials",
    "Sharing",
    "StackOptions",
    "StorageProvider",
    "Taker",
    "Variables",
    "Vpc",
    "WorkflowFile",
]
