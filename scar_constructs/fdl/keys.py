"""Every key of the language, in SCAR's words: its shape, meaning, default and SCAR's spelling.

This is the one table from which the shape checks, the JSON Schema, the reference in the documents
and `--explain` are made. The groups here are those that both dialects share; `dialects` puts them
together.
"""

from __future__ import annotations

from scar_constructs import defaults
from scar_constructs.fdl.shapes import (
    END,
    Anything,
    Boolean,
    Choice,
    Group,
    Integer,
    Key,
    ListOf,
    MapOf,
    Number,
    Origin,
    Text,
    Value,
)

OURS = Origin.OURS

_PATH_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
IMAGE = Text(
    "an image name such as grycap/mrbayes:latest, in lower case",
    pattern=(
        rf"^(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_PATH_PART}(?:/{_PATH_PART})*"
        rf"(?::[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?{END}"
    ),
    max_length=defaults.IMAGE_NAME_MAX,
    rule="image-name",
    fix="write it as for `docker pull`",
)
FUNCTION_NAME = Text(
    f"a name of 1 to {defaults.LAMBDA_NAME_MAX} letters, digits, - or _",
    pattern=rf"^[A-Za-z0-9_-]+{END}",
    max_length=defaults.LAMBDA_NAME_MAX,
    rule="function-name",
    fix="use only these characters",
)
STACK_NAME = Text(
    f"a letter and then up to {defaults.STACK_NAME_MAX - 1} letters, digits or -",
    pattern=rf"^[A-Za-z][A-Za-z0-9-]*{END}",
    max_length=defaults.STACK_NAME_MAX,
    rule="workflow-name",
    fix="use only these characters",
)
VARIABLE_NAME = Text(
    "a name of letters, digits and _ that does not start with a digit",
    pattern=rf"^[A-Za-z_][A-Za-z0-9_]*{END}",
    rule="variable-name",
    fix="rename the variable",
)
ANY_NAME = Text("a name", max_length=255)
REGION = Text(
    "a region such as us-east-1",
    pattern=rf"^[a-z]{{2}}(?:-[a-z]+)+-[0-9]+{END}",
    rule="region",
    example="us-east-1",
)
ROLE = Text(
    "the ARN of a role, such as arn:aws:iam::123456789012:role/name",
    pattern=rf"^(?:|arn:[a-z-]+:iam::[0-9]{{12}}:role/[\w+=,.@/-]+){END}",
    min_length=0,
    rule="role-arn",
    fix="write the whole ARN, or remove the key: a role with least privilege is made",
)
SUBNET = Text(
    "a subnet id",
    pattern=rf"^subnet-[0-9a-f]{{5,}}{END}",
    rule="subnet-id",
    example="subnet-0123456789abcdef0",
)
SECURITY_GROUP = Text(
    "a security group id",
    pattern=rf"^sg-[0-9a-f]{{5,}}{END}",
    rule="security-group-id",
    example="sg-0123456789abcdef0",
)
SECRET = Text(
    "the ARN of a secret or of a parameter",
    pattern=rf"^arn:[a-z-]+:(?:secretsmanager|ssm):[a-z0-9-]+:[0-9]{{12}}:\S+{END}",
    rule="secret-arn",
    example="arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
)
PATH = Text("bucket/folder")
FILTERS = ListOf(Text("text", max_length=defaults.FILTER_VALUE_MAX))
VARIABLES = MapOf(Value(), VARIABLE_NAME)
ENVIRONMENT = Group({"Variables": Key(VARIABLES, "Names and values.", example="{KEY: value}")})
SECRETS = MapOf(SECRET, VARIABLE_NAME)
TAGS = MapOf(
    Value(),
    Text(
        "a tag's name of 1 to 128 characters that does not start with aws:",
        max_length=128,
        pattern=r"^(?!aws:)",
        rule="tag",
        fix="rename the tag",
    ),
    maximum=defaults.TAGS_MAX,
)

_PROFILE = Key(
    Anything(),
    "The profile of the AWS credentials.",
    option="-pf",
    ignored="the CDK command line chooses the account: use `cdk deploy --profile NAME`",
)
_BLOCK_REGION = Key(
    Anything(),
    "The region of this service.",
    ignored="all services of a function stand in the function's region",
)

INPUT = Group(
    {
        "storage_provider": Key(
            Text("the name of a storage provider, such as s3"),
            "Where the folder is: `s3`.",
            default="s3",
            example="s3",
        ),
        "path": Key(
            PATH,
            "Bucket and folder. Files that arrive under the folder start the function.",
            option="-ib",
            required=True,
            example="my-bucket/input",
        ),
        "prefix": Key(
            FILTERS,
            "The file's path under the folder must start with one of these.",
            default="any",
            origin=OURS,
            example="[video-]",
        ),
        "suffix": Key(
            FILTERS,
            "The file's path must end in one of these.",
            default="any",
            origin=OURS,
            example="[.mp4]",
        ),
    }
)

OUTPUT = Group(
    {
        "storage_provider": INPUT.keys["storage_provider"],
        "path": Key(
            PATH,
            "Bucket and folder that take the files which the script left in its output folder.",
            option="-ob",
            required=True,
            example="my-bucket/output",
        ),
        "prefix": Key(
            FILTERS,
            "Only files whose path in the output folder starts with one of these are taken.",
            default="any",
            example="[result-]",
        ),
        "suffix": Key(
            FILTERS,
            "Only files whose path ends in one of these are taken.",
            default="any",
            example="[jpg]",
        ),
        "key": Key(
            Text("a key template such as {stem}/{name}", max_length=1_024),
            "The key under the folder: `{name}` is the file's path in the output folder, `{stem}` "
            "the input file's name without its last suffix, `{request_id}` the id of the request.",
            default="`{name}`; in the classic dialect `{request_id}/{name}`",
            origin=OURS,
            example='"{stem}/{name}"',
        ),
    }
)

CONTAINER = Group(
    {
        "image": Key(IMAGE, "The user's image.", option="-i", example="grycap/mrbayes"),
        "image_file": Key(
            Text("a path"),
            "An image as a file of `docker save`, relative to the YAML file.",
            option="-if",
        ),
        "create_image": Key(
            Boolean(), "False: `image` is ready for Lambda and is used as it is.", default="true"
        ),
        "alpine": Key(
            Anything(),
            "The image is built on musl.",
            ignored="images of any C library work as they are",
        ),
        "timeout_threshold": Key(
            Integer(0, 600, "seconds"),
            "Seconds kept back from the time-out to upload the outputs.",
            default=str(defaults.TIMEOUT_THRESHOLD_SECONDS),
            option="-tt",
        ),
        "environment": Key(
            ENVIRONMENT,
            "Variables that the script sees.",
            option="-e",
            example="{Variables: {KEY: value}}",
        ),
    }
)

VPC = Group(
    {
        "SubnetIds": Key(ListOf(SUBNET, minimum=1, maximum=16), "Existing subnets.", required=True),
        "SecurityGroupIds": Key(
            ListOf(SECURITY_GROUP, minimum=1, maximum=5),
            "Existing security groups.",
            required=True,
        ),
    }
)

FILE_SYSTEM = Group(
    {
        "Arn": Key(
            Text(
                "the ARN of an EFS access point",
                pattern=(
                    r"^arn:[a-z-]+:elasticfilesystem:[a-z0-9-]+:[0-9]{12}"
                    rf":access-point/fsap-[0-9a-f]{{17}}{END}"
                ),
                rule="access-point-arn",
                example="arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0",
            ),
            "The access point.",
            required=True,
        ),
        "LocalMountPath": Key(
            Text(
                "a path such as /mnt/data",
                pattern=rf"^/mnt/[A-Za-z0-9_.-]+{END}",
                example="/mnt/data",
            ),
            "Where the function sees it.",
            required=True,
        ),
    }
)

IAM = Group(
    {
        "boto_profile": _PROFILE,
        "role": Key(
            ROLE,
            "An existing role, used as it is.",
            default="a role with least privilege is made for each function",
            option="-r",
            changed="SCAR required it; now a role is made unless one is named",
        ),
    }
)

CLOUDWATCH = Group(
    {
        "boto_profile": _PROFILE,
        "region": _BLOCK_REGION,
        "log_retention_policy_in_days": Key(
            Choice(defaults.LOG_RETENTION_CHOICES_DAYS),
            "How many days the logs are kept.",
            default=str(defaults.LOG_RETENTION_DAYS),
        ),
    }
)

_API_INSIDE = "the API is made from `name`, `auth`, `http_method` and `stage_name`"
API_GATEWAY = Group(
    {
        "boto_profile": _PROFILE,
        "region": _BLOCK_REGION,
        "name": Key(
            Text(
                "a name of letters, digits, dots, - or _",
                pattern=rf"^[A-Za-z0-9_.-]+{END}",
                max_length=128,
                example="my-api",
            ),
            "Makes an HTTPS endpoint of this name; without it there is none.",
            option="-api",
            example="my-api",
        ),
        "auth": Key(
            Choice(("iam", "api_key", "none")),
            "Who may call it.",
            default=defaults.API_AUTH,
            origin=OURS,
        ),
        "stage_name": Key(
            Text(
                "a stage's name of letters, digits or _",
                pattern=rf"^[A-Za-z0-9_]+{END}",
                max_length=128,
                example="scar",
            ),
            "The stage in the address.",
            default=defaults.API_STAGE,
        ),
        "http_method": Key(
            Choice(("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")),
            "The method that is let through.",
            default="ANY",
        ),
        **{
            name: Key(Anything(), "Inside of SCAR.", ignored=_API_INSIDE)
            for name in (
                "endpoint",
                "request_parameters",
                "method",
                "integration",
                "path_part",
                "service_id",
                "source_arn_testing",
                "source_arn_invocation",
            )
        },
    }
)

COMPUTE_RESOURCES = Group(
    {
        "type": Key(
            Choice(("EC2", "SPOT", "FARGATE", "FARGATE_SPOT")),
            "What the jobs run on.",
            default=defaults.BATCH_COMPUTE_TYPE,
        ),
        "min_v_cpus": Key(
            Integer(0, 100_000, "vCPUs"), "vCPUs that are always there.", default="0"
        ),
        "desired_v_cpus": Key(Integer(0, 100_000, "vCPUs"), "vCPUs at the start.", default="0"),
        "max_v_cpus": Key(
            Integer(1, 100_000, "vCPUs"),
            "vCPUs at most, all jobs together.",
            default=f"{defaults.BATCH_MAX_VCPUS}, or `vcpus` where that is more",
        ),
        "instance_types": Key(
            ListOf(
                Text(
                    "an instance type or family such as c6i or g4dn.xlarge",
                    pattern=rf"^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)?{END}|^default_(?:x86_64|arm64){END}",
                    rule="instance-type",
                    example="[c6i]",
                ),
                minimum=1,
            ),
            "EC2 types, families, `optimal`, `default_x86_64` or `default_arm64`.",
            default="[default_x86_64]",
            changed="SCAR's m3.medium is retired; the default is now `default_x86_64`",
        ),
        "subnets": Key(
            ListOf(SUBNET, maximum=defaults.BATCH_SUBNETS_MAX),
            "Existing subnets.",
            default="a network is made",
            changed="SCAR required them; now a network is made unless they are named",
        ),
        "security_group_ids": Key(
            ListOf(SECURITY_GROUP, maximum=defaults.BATCH_SECURITY_GROUPS_MAX),
            "Existing security groups.",
            default="one without ingress is made",
            changed="SCAR required them; now one is made unless they are named",
        ),
        "instance_role": Key(
            Text("an instance profile's ARN or name"),
            "An existing instance profile for the EC2 hosts.",
            default="one is made",
        ),
        "launch_template_name": Key(
            Text("a launch template's name", max_length=128),
            "An existing launch template for the EC2 hosts.",
            default="one is made: encrypted disk, IMDSv2",
        ),
    }
)

MULTI_NODE = Group(
    {
        "enabled": Key(Boolean(), "Run each job on several hosts.", default="false"),
        "number_nodes": Key(
            Integer(1, defaults.BATCH_NODES_MAX, "nodes"),
            "How many hosts.",
            default=str(defaults.BATCH_NODES),
        ),
        "main_node_index": Key(
            Integer(0, defaults.BATCH_NODES_MAX - 1),
            "Which of them leads.",
            default=str(defaults.BATCH_MAIN_NODE),
        ),
    }
)

BATCH = Group(
    {
        "boto_profile": _PROFILE,
        "region": _BLOCK_REGION,
        "vcpus": Key(
            Number(0.25, defaults.BATCH_VCPUS_MAX),
            "vCPUs of one job. Fractions only on Fargate.",
            default=str(defaults.BATCH_VCPUS),
            option="-bc",
        ),
        "memory": Key(
            Integer(defaults.BATCH_MEMORY_MIN_MIB, defaults.BATCH_MEMORY_MAX_MIB, "MiB"),
            "Memory of one job.",
            default=str(defaults.BATCH_MEMORY_MIB),
            option="-bm",
        ),
        "enable_gpu": Key(
            Boolean(), "One GPU for the job; `gpus` asks for more.", default="false", option="-g"
        ),
        "gpus": Key(
            Integer(0, defaults.BATCH_GPUS_MAX, "GPUs"),
            "GPUs of one job.",
            default="0",
            origin=OURS,
        ),
        "retries": Key(
            Integer(0, defaults.BATCH_ATTEMPTS_MAX - 1),
            "How often a job is tried again after a fault of the platform. A script that fails is "
            "not tried again.",
            default=str(defaults.BATCH_ATTEMPTS - 1),
            origin=OURS,
        ),
        "timeout": Key(
            Integer(
                defaults.BATCH_TIMEOUT_MIN_SECONDS, defaults.BATCH_TIMEOUT_MAX_SECONDS, "seconds"
            ),
            "Seconds after which one attempt is stopped.",
            default=f"{defaults.BATCH_TIMEOUT_SECONDS} (14 days)",
            origin=OURS,
        ),
        "disk_gib": Key(
            Integer(defaults.BATCH_DISK_MIN_GIB, defaults.BATCH_DISK_MAX_GIB, "GiB"),
            "The disk of an EC2 host, which its jobs share.",
            default=str(defaults.BATCH_DISK_GIB),
            origin=OURS,
        ),
        "ephemeral_storage": Key(
            Integer(defaults.FARGATE_STORAGE_MIN_GIB, defaults.FARGATE_STORAGE_MAX_GIB, "GiB"),
            "The disk of a Fargate job.",
            default="20, which AWS does not take as an explicit value",
            origin=OURS,
        ),
        "job_role": Key(
            ROLE,
            "An existing role for the script, used as it is.",
            default="a role with least privilege is made",
            origin=OURS,
        ),
        "secrets": Key(SECRETS, "Variables whose values are secrets.", origin=OURS),
        "environment": Key(ENVIRONMENT, "Variables of the job definition."),
        "compute_environment": Key(
            Text(
                "a name of letters, digits, - or _",
                example="shared",
                pattern=rf"^[A-Za-z0-9_-]+{END}",
                max_length=100,
            ),
            "Functions that name the same compute environment share it and its queue.",
            default="one for each function",
            origin=OURS,
        ),
        "compute_resources": Key(COMPUTE_RESOURCES, "The machines."),
        "multi_node_parallel": Key(MULTI_NODE, "Jobs over several hosts."),
        "state": Key(
            Choice(("ENABLED", "DISABLED")),
            "Whether the compute environment takes jobs.",
            default="ENABLED",
        ),
        "type": Key(
            Choice(("MANAGED", "UNMANAGED")),
            "Who manages the hosts. Only MANAGED is made.",
            default="MANAGED",
        ),
        "service_role": Key(
            Anything(),
            "The role with which Batch works.",
            ignored="AWS Batch uses its service-linked role, which it makes itself",
        ),
    }
)

_PER_CALL = "the caller of the function decides for each call"
LAMBDA = Group(
    {
        "name": Key(
            FUNCTION_NAME,
            "The name of the function, and of the Lambda function that is made.",
            option="-n",
            required=True,
            example="my-function",
        ),
        "image": Key(
            IMAGE, "The user's image; the same as `container.image`.", example="grycap/mrbayes"
        ),
        "container": Key(CONTAINER, "The container in which the script runs."),
        "init_script": Key(
            Text("a path"),
            "The script, relative to the YAML file. It runs as `/bin/sh SCRIPT`.",
            option="-s",
            example="run.sh",
        ),
        "run_script": Key(
            Anything(),
            "The script of one call.",
            option="scar run -s",
            ignored="a call brings its script in the event, as `script` in base64",
        ),
        "execution_mode": Key(
            Choice(("lambda", "lambda-batch", "batch")),
            "`lambda`: on Lambda; `batch`: as a Batch job; `lambda-batch`: on Lambda, and as a "
            "Batch job where the time-out is too short.",
            default=defaults.EXECUTION_MODE,
            option="-em",
        ),
        "memory": Key(
            Integer(defaults.LAMBDA_MEMORY_MIN_MIB, defaults.LAMBDA_MEMORY_MAX_MIB, "MiB"),
            "Memory of the Lambda function; CPU grows with it.",
            default=str(defaults.LAMBDA_MEMORY_MIB),
            option="-m",
        ),
        "timeout": Key(
            Integer(1, defaults.LAMBDA_TIMEOUT_MAX_SECONDS, "seconds"),
            "Seconds after which Lambda stops the function.",
            default=str(defaults.LAMBDA_TIMEOUT_SECONDS),
            option="-t",
        ),
        "ephemeral_storage": Key(
            Integer(defaults.LAMBDA_STORAGE_MIB, defaults.LAMBDA_STORAGE_MAX_MIB, "MiB"),
            "The size of /tmp.",
            default=str(defaults.LAMBDA_STORAGE_MIB),
            origin=OURS,
        ),
        "description": Key(
            Text("text", min_length=0, max_length=defaults.LAMBDA_DESCRIPTION_MAX),
            "Shown in the Lambda console.",
            default="none",
            option="-d",
        ),
        "log_level": Key(
            Choice(defaults.LOG_LEVELS),
            "How much the runtime logs. What the script writes is always logged.",
            default=defaults.LOG_LEVEL,
            option="-ll",
        ),
        "environment": Key(
            ENVIRONMENT,
            "Variables of the Lambda function itself. For the script: `container.environment`.",
            option="-le",
        ),
        "input": Key(ListOf(INPUT), "Folders whose new files start the function."),
        "output": Key(ListOf(OUTPUT), "Folders that take the files which the script wrote."),
        "region": Key(
            REGION,
            "The region of the stack. All functions of one file must name the same one.",
            default="the region of the CDK command line",
        ),
        "layers": Key(
            ListOf(
                Text("the ARN of a layer version", pattern=r"^arn:[a-z-]+:lambda:"),
                maximum=defaults.LAMBDA_LAYERS_MAX,
            ),
            "Lambda layers.",
            changed="a function made from an image takes none: put their files into the image",
            option="-l",
        ),
        "vpc": Key(VPC, "Existing subnets and security groups for the Lambda function."),
        "file_system": Key(ListOf(FILE_SYSTEM, maximum=1), "EFS for the Lambda function."),
        "architectures": Key(
            ListOf(Choice(("x86_64", "arm64")), minimum=1, maximum=1),
            "The processor.",
            default="[x86_64]",
        ),
        "extra_payload": Key(
            Text("a path"), "A folder whose files the script finds in EXTRA_PAYLOAD.", option="-ep"
        ),
        "concurrency": Key(
            Integer(0, defaults.LAMBDA_CONCURRENCY_MAX),
            "How many copies run at most at a time; they are reserved for this function.",
            default="the account's limit",
            origin=OURS,
        ),
        "retries": Key(
            Integer(0, defaults.LAMBDA_RETRIES_MAX),
            "How often Lambda tries a failed event again.",
            default=str(defaults.LAMBDA_RETRIES),
            origin=OURS,
        ),
        "tracing": Key(Boolean(), "AWS X-Ray.", default="false", origin=OURS),
        "secrets": Key(SECRETS, "Variables whose values are secrets.", origin=OURS),
        "tags": Key(TAGS, "Tags of the function's resources."),
        "boto_profile": _PROFILE,
        "runtime": Key(
            Anything(),
            "SCAR's way to run the image.",
            option="-rt",
            ignored="every image runs as a Lambda container image, without udocker",
        ),
        "supervisor": Key(
            Anything(),
            "The version of SCAR's supervisor.",
            option="-sv",
            ignored="the runtime is part of this project and is built into the image",
        ),
        "deployment": Key(
            Anything(),
            "Where SCAR put its package.",
            option="-db",
            ignored="the CDK uploads assets to its own bucket and repository",
        ),
        "invocation_type": Key(Anything(), "How SCAR called the function.", ignored=_PER_CALL),
        "asynchronous": Key(
            Anything(), "How SCAR called the function.", option="-a", ignored=_PER_CALL
        ),
        "log_type": Key(Anything(), "How SCAR called the function.", ignored=_PER_CALL),
        **{
            name: Key(
                Anything(),
                "OSCAR's buckets of single users.",
                refused="only OSCAR has buckets of single users; give each user their own file",
            )
            for name in ("isolation_level", "bucket_list")
        },
        "file_stage_in": Key(
            Anything(),
            "The supervisor's switch that left the input where it was.",
            refused="the input is always staged in; send an event of your own for a script "
            "without input",
        ),
    }
)
