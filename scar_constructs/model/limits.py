"""Every default and every limit of the language, each with its source.

Sizes are in MiB or GiB and times in seconds, as the names say. Where SCAR had a default that still
exists, it is kept; where it is gone, the comment says what came instead and why.
"""

from __future__ import annotations

# --- the function, in all modes ---------------------------------------------------------------

EXECUTION_MODE = "lambda"  # SCAR's default
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_LEVEL = "INFO"  # SCAR's default
DESCRIPTION = ""  # SCAR wrote "Automatically generated lambda function", which says nothing
REGION_EXAMPLE = "us-east-1"

TEMPLATE_MAX_BYTES = 1_000_000
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
BOOTSTRAP_STACK = "CDKToolkit"
"""https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"""
NETWORK_STACK = "scar-network"
"""The stack of the network that the jobs of all workflows of a region share."""
VPCS_MAX = 5
"""Of a region; AWS may raise it.

https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""
VPC_FLOW_LOGS_MAX = 2
"""Of one network; the quota is fixed.

https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

FAILURES_OUTPUT = "queue of the events that failed for good"
SERVICE_FAILURES_OUTPUT = "queue of the jobs that failed and of events that were not delivered"
"""Descriptions of the outputs by which `scar_constructs.operate.redrive` finds the queues."""

DOCUMENT_OUTPUT = "what is deployed, for `scar review --deployed`"
"""Description of the output by which the review finds a stack's document."""

ADDRESS_OUTPUT = "calls {}"
KEY_OUTPUT = "shows the key for the header x-api-key of {}"
"""What the outputs of a stack say of themselves, by which commands find them; `{}`: a function."""
FUNCTION_METADATA = "SCAR"
"""Where the template says of a Lambda function which function of a file it is: see
`aws.function.metadata`."""
SPOOL_ID = "SharedSpoolBucket"
API_LOGS_ROLE_ID = "SharedApiLogsRole"
"""How the logical ids of what a stack leaves without a name begin, for `operate.prune`."""

FAILURE_RETENTION_DAYS = 14  # SQS's maximum: a failure is worth a holiday's wait
SPOOL_EXPIRE_DAYS = 30  # long after the last duplicate delivery, and longer than a job may wait

TIMEOUT_THRESHOLD_SECONDS = 10  # SCAR's default: kept back from the time-out to upload outputs
TIMEOUT_THRESHOLD = f"{TIMEOUT_THRESHOLD_SECONDS}, or half of the time-out where that is less"


def timeout_threshold(timeout: int) -> int:
    """What `TIMEOUT_THRESHOLD` says of a time-out in seconds: a short one is not all kept back."""
    return min(TIMEOUT_THRESHOLD_SECONDS, timeout // 2)


LOG_RETENTION_DAYS = 30  # SCAR's default
LOG_RETENTION_CHOICES_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)
"""What CloudWatch accepts.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

# --- Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html -----------

LAMBDA_MEMORY_MIB = 512  # SCAR's default
LAMBDA_MEMORY_MIN_MIB = 128
LAMBDA_MEMORY_MAX_MIB = 10_240  # SCAR's documents still say 3,008
LAMBDA_TIMEOUT_SECONDS = 300  # SCAR's default
LAMBDA_TIMEOUT_MAX_SECONDS = 900
LAMBDA_UP_TO = "200MB"  # leaves more than half of /tmp to what the script writes
LAMBDA_STORAGE_MIB = 512  # /tmp as Lambda gives it
LAMBDA_STORAGE_MAX_MIB = 10_240
LAMBDA_RETRIES = 2  # Lambda's own default for asynchronous events
LAMBDA_RETRIES_MAX = 2
LAMBDA_NAME_MAX = 64
LAMBDA_DESCRIPTION_MAX = 256
LAMBDA_ENVIRONMENT_MAX_BYTES = 4_096
LAMBDA_PAYLOAD_MAX_BYTES = 250_000_000  # a zip unpacked: 250 MB; the runtime has what MiB leave
LAMBDA_CONCURRENCY_MAX = 1_000  # an account's own quota, unless AWS raised it
LAMBDA_UNRESERVED_MIN = 100  # of it; Lambda refuses to reserve these
LAMBDA_RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""

# --- Batch: https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html -------------

BATCH_VCPUS = 1  # SCAR's default
BATCH_VCPUS_MAX = 192  # the largest instance types in Batch's default families
BATCH_MEMORY_MIB = 1_024  # SCAR's default
BATCH_MEMORY_MIN_MIB = 4  # RegisterJobDefinition: "at least 4 MiB"
BATCH_MEMORY_MAX_MIB = 3_145_728  # 3 TiB: no type in Batch's default families has more
BATCH_ATTEMPTS = 3  # only faults of the platform (Spot, image pulls) are tried again
BATCH_ATTEMPTS_MAX = 10
BATCH_TIMEOUT_SECONDS = 1_209_600  # SCAR had none; AWS guarantees Fargate jobs to 14 days only
BATCH_TIMEOUT = f"{BATCH_TIMEOUT_SECONDS} ({BATCH_TIMEOUT_SECONDS // 86_400} days)"
BATCH_TIMEOUT_MIN_SECONDS = 60
BATCH_TIMEOUT_MAX_SECONDS = 31_536_000  # a year: longer is a slip of the pen
BATCH_DISK_GIB = 30  # what the ECS-optimised AMI has; ours is encrypted and sized by `disk_gib`
BATCH_DISK_MIN_GIB = 30
BATCH_DISK_MAX_GIB = 16_384  # one gp3 volume
BATCH_COMPUTE_TYPE = "EC2"  # SCAR's default
BATCH_MIN_VCPUS = 0  # SCAR's default
BATCH_MAX_VCPUS = 2  # SCAR's default; raised to hold one job when `vcpus` is larger
BATCH_INSTANCE_TYPES = ("default_x86_64",)  # SCAR's m3.medium is retired
BATCH_ARM_INSTANCE_TYPES = ("default_arm64",)  # for `architectures: [arm64]`
BATCH_NODES = 10  # SCAR's default of `multi_node_parallel`
BATCH_MAIN_NODE = 0  # SCAR's default
BATCH_NODES_MAX = 1_000
BATCH_COMPUTE_ENVIRONMENTS_MAX = 50  # in a region, and as many queues; the quotas are fixed
BATCH_SHARES_MAX = 500  # of one queue
BURST_WINDOW = "60s"
BURST_WINDOW_MAX_SECONDS = 300  # of a mapping of SQS to Lambda
BURST_FILES_MIN = 2  # jobs of an array
BURST_FILES_MAX = 10_000  # the same, and messages that Lambda takes at once
BURST_RECEIVES_MAX = 5  # AWS advises no fewer, since a throttled call counts as one
QUEUE_CONCURRENCY_MIN = 2  # the fewest readers that Lambda has; of a burst each gathers a window
BURST_VISIBILITY = 6
"""How many time-outs of the function a message is hidden, beside the window. From
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
QUEUE_VISIBILITY = 2
"""The same where calls are no more than the function has room for; one time-out is for waiting."""
QUEUE_SPARE_RECEIVES = 2  # a call for which there was no room counts as one
QUEUE_LATE_SECONDS = 86_400  # files may wait for room, but a day of it is worth a look
QUEUE_RETENTION_DAYS = 14  # the longest
JOB_DEFINITION_MAX_BYTES = 24_576
BATCH_SUBNETS_MAX = 16
BATCH_SECURITY_GROUPS_MAX = 5
BATCH_GPUS_MAX = 16  # the largest GPU instance types
BATCH_ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc"),
    *("rss", "rtprio", "rttime", "sigpending", "stack"),
)
"""https://docs.aws.amazon.com/batch/latest/APIReference/API_Ulimit.html"""
BATCH_ULIMIT_MAX = 2_147_483_647  # an integer of the API
BATCH_RESERVED_MIB = 32  # of each host, for the ECS agent
BATCH_MEMORY_SHARE = 0.96
"""What kernel and agent leave of a host's memory: of an m4.large 7,953 of 8,192 MiB
(https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html), of an r5d.xlarge 31,672
of 32,768 (https://github.com/ASFHyP3/hyp3/pull/582)."""

HELPER_CONTAINERS = 2  # of a job with `build: false`: one before the script, one after it
HELPER_MEMORY_MIB = 128  # each; the runtime has moved 1 GiB in and out in a quarter of that
HELPER_VCPUS = 1  # each, on EC2, where vCPUs are whole
HELPER_VCPUS_FARGATE = 0.05  # each

FARGATE_STORAGE_MIN_GIB = 21  # 20 is what a task has; AWS refuses it as an explicit value
FARGATE_STORAGE = f"{FARGATE_STORAGE_MIN_GIB - 1}, which AWS does not take as an explicit value"
FARGATE_STORAGE_MAX_GIB = 200
FARGATE_MEMORY_MIB: dict[float, tuple[int, ...]] = {
    0.25: (512, 1_024, 2_048),
    0.5: (1_024, 2_048, 3_072, 4_096),
    1: tuple(range(2_048, 8_192 + 1, 1_024)),
    2: tuple(range(4_096, 16_384 + 1, 1_024)),
    4: tuple(range(8_192, 30_720 + 1, 1_024)),
    8: tuple(range(16_384, 61_440 + 1, 4_096)),
    16: tuple(range(32_768, 122_880 + 1, 8_192)),
}
"""vCPUs of a Fargate job and the memory, in MiB, that each goes with.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
"""

# --- API Gateway --------------------------------------------------------------------------------

API_STAGE = "scar"  # SCAR's default
API_PATH = "launch"  # SCAR's default
API_METHOD = "ANY"  # SCAR's default
API_RATE = 50  # requests a second; an account has 10,000 for all its APIs in a region
API_BURST = 100
API_USAGE_PLANS_MAX = 300  # of an account in a region
API_AUTH = "iam"  # SCAR had NONE: anybody who knew the address could spend the owner's money

# --- EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html --------

EVENT_PATTERN_MAX_CHARACTERS = 2_048
EVENT_RULES_MAX = 300  # of the default bus, in a region; AWS may raise it

# --- images, names, S3 --------------------------------------------------------------------------

HELPER_IMAGE = "public.ecr.aws/docker/library/python:3.13-slim"  # of jobs with `build: false`
RUNTIME_IMAGE = "public.ecr.aws/docker/library/debian:trixie-slim"  # where Python is taken from
IMAGE_NAME_MAX = 255  # RegisterJobDefinition
MINIO_REGION = "us-east-1"  # what MinIO itself calls its region
BUCKET_NAME_MIN = 3
BUCKET_NAME_MAX = 63
ROLE_POLICY_MAX_CHARACTERS = 10_240  # all inline policies of an IAM role together, without spaces
IAM_ROLES_MAX = 1_000  # of an account
FUNCTION_POLICY_MAX_BYTES = 20_480  # of a Lambda's own policy: who may invoke it
OBJECT_KEY_MAX_BYTES = 1_024
LOG_FOLDER_MAX_BYTES = 900  # of a key; S3 adds account, region, bucket and time
MOUNT_PATH_MAX = 160  # Lambda FileSystemConfig
FILTER_VALUE_MAX = 1_024  # S3 FilterRule
INPUT_FILTERS_MAX = 1_000  # ours: S3 takes 100 of a bucket, and EventBridge not much more
BUCKET_NOTIFICATIONS_MAX = 100
STACK_NAME_MAX = 128  # CloudFormation
TAGS_MAX = 50
TAG_VALUE_MAX = 256

SCRIPT_MAX_BYTES = 16_777_216
"""Ours. SCAR's limit was 24 KB, because the script travelled in the job definition; now it is part
of a file of the image. Room enough for a script that unpacks itself; every cold start reads it."""

# --- what the reader accepts --------------------------------------------------------------------

FILE_MAX_BYTES = 4_194_304
FILE_MAX_NODES = 150_000
FILE_MAX_DEPTH = 40

JOIN_PATTERN_MAX = 256
JOIN_FIELDS_MAX = 8
JOIN_COUNT_MAX = 1_000
"""Files that belong together by their names: each one that arrives lists those before it."""
JOIN_SUFFIXES_MAX = 50
