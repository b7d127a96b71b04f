"""The resources of functions, and of the machines of their jobs."""

from __future__ import annotations

from scar_constructs.review.origins.origin import Origin, Owner

_F, _J = Owner.FUNCTION, Owner.JOBS
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

OF_FUNCTIONS = (
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
        "Functions/*/Queue/Queue",
        _F,
        "holds new files: so that many become one array job, or until the function has room",
        ("batch.burst", "lambda.queue", "lambda.timeout", "lambda.retries", "kms_key"),
    ),
    Origin(
        "Functions/*/Queue/Queue/Policy",
        _F,
        "lets the buckets, or their rules, send to the queue",
        ("batch.burst", "lambda.queue", "lambda.input"),
    ),
    Origin(
        "Functions/*/Queue/Mapping",
        _F,
        "has Lambda call the function with what is in the queue",
        ("batch.burst", "lambda.queue", "lambda.concurrency"),
    ),
    Origin(
        "Functions/*/Overdue/Rule",
        _F,
        "has the function look for groups of files that are not whole in time",
        ("lambda.input.join.after", "lambda.retired"),
    ),
    Origin(
        "Functions/*/Overdue/Invoke",
        _F,
        "lets the schedule start the function",
        ("lambda.input.join.after",),
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
)
