"""Which resources there are, why, and of which keys they come.

Paths are those of constructs below the stack; `*` is one name. Keys are places in the FDL dialect:
of a function (`lambda.memory`), of a file (`buckets`), and a block stands for all that is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Owner(StrEnum):
    """Whose keys are meant, and whom the resource serves."""

    FUNCTION = "function"
    """The function whose name is in the path."""
    JOBS = "jobs"
    """The functions whose jobs use these machines."""
    BUCKET = "bucket"
    """The functions that use the bucket whose name is in the path."""
    STACK = "stack"
    """All functions of the stack."""


@dataclass(frozen=True)
class Origin:
    """One kind of resource. `keys`: those that make it, or make it what it is."""

    path: str
    owner: Owner
    reason: str
    keys: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """With one group for each `*`."""
        return re.compile(re.escape(self.path).replace(r"\*", "([^/]*)"))


_F, _J, _B, _S = Owner.FUNCTION, Owner.JOBS, Owner.BUCKET, Owner.STACK
_JOB_KEYS = (
    *("batch.vcpus", "batch.memory", "batch.gpus", "batch.enable_gpu", "batch.retries"),
    *("batch.timeout", "batch.environment", "batch.secrets", "batch.ephemeral_storage"),
    *("batch.shared_memory_mib", "batch.ulimits", "batch.multi_node_parallel"),
)
_MACHINES = ("batch.compute_resources", "batch.compute_environment", "batch.type", "batch.state")
_PROGRAM = ("lambda.container", "lambda.image", "lambda.init_script", "lambda.extra_payload")
_CAPACITY = (
    ("ComputeEnvironment", "the machines that Batch starts for jobs", _MACHINES),
    ("FairQueue", "where jobs wait for machines", ("lambda.execution_mode", *_MACHINES)),
    ("SchedulingPolicy", "the shares that functions have of the queue", ("lambda.execution_mode",)),
    (
        "LaunchTemplate",
        "the disk and the settings of the machines",
        ("batch.disk_gib", "batch.compute_resources.launch_template_name"),
    ),
)

TABLE = (
    Origin(
        "Functions/*/Lambda",
        _F,
        "the Lambda function: it runs the script, or submits the job that does",
        (
            *("lambda.name", "lambda.execution_mode", *_PROGRAM, "lambda.memory"),
            *("lambda.timeout", "lambda.ephemeral_storage", "lambda.environment"),
            *("lambda.description", "lambda.architectures", "lambda.vpc", "lambda.file_system"),
            *("lambda.concurrency", "lambda.tracing", "lambda.secrets", "lambda.log_level"),
            *("lambda.tags", "lambda.input", "lambda.output"),
        ),
    ),
    Origin(
        "Functions/*/LogGroup",
        _F,
        "the log of the Lambda function",
        ("cloudwatch.log_retention_policy_in_days", "kms_key"),
    ),
    Origin(
        "Functions/*/Role",
        _F,
        "what the Lambda function may do, which follows from its folders and secrets",
        ("iam.role", "lambda.input", "lambda.output", "lambda.secrets", "lambda.vpc"),
    ),
    Origin(
        "Functions/*/AsyncInvocation",
        _F,
        "how often Lambda tries an event again, and where it goes when it has failed for good",
        ("lambda.retries",),
    ),
    Origin(
        "Functions/*/InvokeFrom-*",
        _F,
        "lets the bucket start the function",
        ("lambda.input",),
    ),
    Origin(
        "Functions/*/Follow-*/Rule*",
        _F,
        "starts the function on new files, where events come through EventBridge",
        ("lambda.input", "lambda.retired", "buckets"),
    ),
    Origin(
        "Functions/*/Follow-*/Invoke*",
        _F,
        "lets the rule start the function",
        ("lambda.input", "buckets"),
    ),
    Origin(
        "Functions/*/Api/Invoke",
        _F,
        "lets the function's own API start it",
        ("api_gateway.name",),
    ),
    Origin(
        "Functions/*/Api/Firewall",
        _F,
        "the firewall that looks at each request first",
        ("api_gateway.web_acl",),
    ),
    Origin(
        "Functions/*/Api/Rest",
        _F,
        "the HTTPS address of the function",
        ("api_gateway",),
    ),
    Origin(
        "Functions/*/Api/Rest/Deployment",
        _F,
        "the API as it stands; it is made anew with each change of it",
        ("api_gateway",),
    ),
    Origin(
        "Functions/*/Api/Rest/DeploymentStage.*",
        _F,
        "the first part of the address's path, with its throttling and its log",
        ("api_gateway.stage_name",),
    ),
    Origin(
        "Functions/*/Api/Key",
        _F,
        "the key that callers send",
        ("api_gateway.auth",),
    ),
    Origin(
        "Functions/*/Api/Plan",
        _F,
        "what lets the key use the API",
        ("api_gateway.auth",),
    ),
    Origin(
        "Functions/*/Api/Plan/UsagePlanKeyResource*",
        _F,
        "joins the key and the plan",
        ("api_gateway.auth",),
    ),
    Origin(
        "Functions/*/Job/Definition",
        _F,
        "what a job of the function runs, with how much of a machine",
        ("lambda.execution_mode", *_PROGRAM, *_JOB_KEYS),
    ),
    Origin(
        "Functions/*/Job/Role",
        _F,
        "what the script of a job may do, which follows from its folders",
        ("batch.job_role", "lambda.input", "lambda.output", "lambda.file_system"),
    ),
    Origin(
        "Functions/*/Job/ExecutionRole",
        _F,
        "what Batch needs before a job's script runs: its image, its log, its secrets",
        ("lambda.execution_mode", "lambda.container", "lambda.secrets", "batch.secrets"),
    ),
    Origin(
        "Functions/*/Job/LogGroup",
        _F,
        "the log of the function's jobs",
        ("lambda.execution_mode", "cloudwatch.log_retention_policy_in_days", "kms_key"),
    ),
    Origin(
        "Functions/*/Job/FailedJobs",
        _F,
        "tells the failure queue of jobs that failed for good",
        ("lambda.execution_mode",),
    ),
    *(
        Origin(f"{start}/{name}", owner, f"{reason}{whose}", keys)
        for start, owner, whose in (
            ("Functions/*/Capacity", _F, "; of this function alone"),
            ("Capacities/*", _J, "; of the functions that name the environment"),
            ("CommonCapacities/*", _J, "; of the functions that say nothing of machines"),
        )
        for name, reason, keys in _CAPACITY
    ),
    Origin(
        "Buckets/*/Bucket",
        _B,
        "a bucket of the workflow, with whom it notifies",
        ("lambda.input", "lambda.output", "buckets"),
    ),
    Origin(
        "Buckets/*/Bucket/Policy",
        _B,
        "refuses requests without TLS",
        ("lambda.input", "lambda.output"),
    ),
    Origin(
        "Buckets/*/Replication",
        _B,
        "what S3 needs to copy new objects to another bucket",
        ("buckets",),
    ),
    Origin(
        "Shared/Failures/Queue",
        _S,
        "keeps the events that failed for good, for 14 days",
        ("functions", "kms_key"),
    ),
    Origin("Shared/Failures/Queue/Policy", _S, "refuses requests without TLS", ("functions",)),
    Origin(
        "Shared/Failures/ServiceQueue",
        _S,
        "keeps failed jobs, and events that EventBridge could not deliver, for 14 days",
        ("lambda.execution_mode", "lambda.input", "kms_key"),
    ),
    Origin(
        "Shared/Failures/ServiceQueue/Policy",
        _S,
        "lets the rules of this account send, and refuses requests without TLS",
        ("lambda.execution_mode", "lambda.input"),
    ),
    Origin(
        "Shared/Spool/Bucket",
        _S,
        "the runtime's own: claims that stop a second run of an event, events of jobs",
        ("functions", "spool", "kms_key", "access_logs"),
    ),
    Origin("Shared/Spool/Bucket/Policy", _S, "refuses requests without TLS", ("functions",)),
    Origin(
        "Shared/HostRole",
        _S,
        "what the agent of ECS on the machines of jobs needs",
        ("lambda.execution_mode", "batch.compute_resources"),
    ),
    Origin(
        "Shared/HostProfile",
        _S,
        "gives the machines of jobs their role",
        ("lambda.execution_mode", "batch.compute_resources"),
    ),
    Origin(
        "Shared/ApiLogsRole",
        _S,
        "lets API Gateway write logs; the account's, for all APIs of the region",
        ("api_gateway.name",),
    ),
    Origin(
        "Shared/ApiAccount",
        _S,
        "the account's setting that names the role of API Gateway's logs",
        ("api_gateway.name",),
    ),
    Origin(
        "Shared/Network/Nodes",
        _S,
        "the group of the hosts of one job, which reach each other",
        ("batch.multi_node_parallel",),
    ),
    Origin(
        "Shared/Network/AmongNodes",
        _S,
        "lets the hosts of one job reach each other",
        ("batch.multi_node_parallel",),
    ),
    *(
        Origin(f"Shared/Network/FlowLogs/{name}", _S, reason, ("flow_logs",))
        for name, reason in (
            ("FlowLog", "logs the traffic of the network of jobs"),
            ("LogGroup", "where the traffic is logged"),
            ("Role", "lets the network write its log"),
        )
    ),
    Origin("Monitoring/Alarms/*", _S, "watches the stack, or tells of what is wrong", ("alarms",)),
    Origin("Monitoring/Alarms/Topic/Policy", _S, "lets alarms tell the topic", ("alarms",)),
    Origin("Monitoring/Dashboard/Dashboard", _S, "shows the stack's figures", ("dashboard",)),
    Origin("Monitoring/Metrics/*/*", _F, "counts executions and seconds from logs", ("metrics",)),
)
"""The first that fits a path holds."""

NETWORK = Origin(
    "*",
    _S,
    "the network of jobs, which all workflows of the region share; nothing in a file changes it",
    ("lambda.execution_mode", "batch.compute_resources.subnets"),
)
"""Of the stack of the network, all resources."""


def origin_of(path: str) -> tuple[Origin, str] | None:
    """The entry of a construct path below the stack, and the first name in it; None if there is no
    such entry."""
    for origin in TABLE:
        fits = origin.pattern.fullmatch(path)
        if fits:
            return origin, fits[1] if fits.groups() else ""
    return None
