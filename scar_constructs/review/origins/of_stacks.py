"""The buckets of a stack, and what its functions share."""

from __future__ import annotations

from scar_constructs.review.origins.origin import Origin, Owner

_F, _B, _S = Owner.FUNCTION, Owner.BUCKET, Owner.STACK

OF_STACKS = (
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

NETWORK = Origin(
    "*",
    _S,
    "the network of jobs, which all workflows of the region share; nothing in a file changes it",
    ("lambda.execution_mode", "batch.compute_resources.subnets"),
)
"""Of the stack of the network, all resources."""
