"""The keys of the `batch` block.

This is part of the one table from which the shape checks, the JSON Schema, the reference in the
documents and `--explain` are made; `dialects` puts the parts together.
"""

from __future__ import annotations

from scar_constructs.language.keys.blocks import BLOCK_REGION, PROFILE
from scar_constructs.language.keys.containers import Group, Key, ListOf, MapOf, Origin
from scar_constructs.language.keys.formats import ENVIRONMENT, ROLE, SECRETS, SECURITY_GROUP, SUBNET
from scar_constructs.language.keys.scalars import (
    END,
    Anything,
    Boolean,
    Choice,
    Integer,
    Number,
    Text,
)
from scar_constructs.model import limits

OURS = Origin.OURS
ULIMIT = Text(
    f"one of {', '.join(limits.BATCH_ULIMITS)}",
    pattern=rf"^(?:{'|'.join(limits.BATCH_ULIMITS)}){END}",
    example="`nofile: 65536`",
)

COMPUTE_RESOURCES = Group(
    {
        "type": Key(
            Choice(("EC2", "SPOT", "FARGATE", "FARGATE_SPOT")),
            "What the jobs run on.",
            default=limits.BATCH_COMPUTE_TYPE,
        ),
        "min_v_cpus": Key(
            Integer(0, 100_000, "vCPUs"),
            "vCPUs that are always there.",
            default=str(limits.BATCH_MIN_VCPUS),
        ),
        "desired_v_cpus": Key(
            Integer(0, 100_000, "vCPUs"),
            "vCPUs at the start. Updates fail while the jobs use more than are said here.",
            default="what the jobs need, which Batch finds out itself",
            changed="0, which SCAR always gave, is now no number at all",
        ),
        "max_v_cpus": Key(
            Integer(1, 100_000, "vCPUs"),
            "vCPUs at most, all jobs together.",
            default=(
                f"{limits.BATCH_MAX_VCPUS}, or what one job needs, `min_v_cpus` or "
                "`desired_v_cpus` where that is more; added up for those "
                "that say nothing of their machines"
            ),
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
            default=(
                f"[{', '.join(limits.BATCH_INSTANCE_TYPES)}], and for `arm64` "
                f"[{', '.join(limits.BATCH_ARM_INSTANCE_TYPES)}]"
            ),
            changed="SCAR's m3.medium is retired; the default is now `default_x86_64`",
        ),
        "subnets": Key(
            ListOf(SUBNET, maximum=limits.BATCH_SUBNETS_MAX, distinct=True),
            "Existing subnets.",
            default="those of the network that is made for jobs, one for all workflows of a region",
            changed="SCAR required them; now a network is made unless they are named",
        ),
        "security_group_ids": Key(
            ListOf(SECURITY_GROUP, maximum=limits.BATCH_SECURITY_GROUPS_MAX, distinct=True),
            "Existing security groups.",
            default="one without ingress, of the network that is made for jobs",
            changed="SCAR required them; now one is made unless they are named",
        ),
        "instance_role": Key(
            Text(
                "an instance profile's ARN or name",
                pattern=(
                    r"^(?:arn:[a-z-]+:iam::(?:[0-9]{12}|\{account_id\}):instance-profile/)?"
                    rf"[A-Za-z0-9_+=,.@/-]+{END}"
                ),
                max_length=2_048,
                example="my-instance-profile",
            ),
            "An existing instance profile for the EC2 hosts.",
            default="one is made",
        ),
        "launch_template_name": Key(
            Text(
                "a launch template's name",
                pattern=rf"^[A-Za-z0-9().\/_-]{{3,128}}{END}",
                example="my-launch-template",
            ),
            "An existing launch template for the EC2 hosts.",
            default="one is made: encrypted disk, IMDSv2",
        ),
    },
    elsewhere={"state": "under `batch`: `batch: {state: ENABLED}`"},
)

MULTI_NODE = Group(
    {
        "enabled": Key(
            Boolean(),
            "Run each job on several hosts. Without `subnets` they reach each other and S3 of the "
            "region, and nothing else.",
            default="false",
        ),
        "number_nodes": Key(
            Integer(1, limits.BATCH_NODES_MAX, "nodes"),
            "How many hosts.",
            default=str(limits.BATCH_NODES),
        ),
        "main_node_index": Key(
            Integer(0, limits.BATCH_NODES_MAX - 1),
            "Which of them leads.",
            default=str(limits.BATCH_MAIN_NODE),
        ),
    }
)

BURST = Group(
    {
        "window": Key(
            Text(
                f"a time from 1s to {limits.BURST_WINDOW_MAX_SECONDS}s, such as 60s or 5m",
                pattern=rf"^(?:(?:[1-9]|[1-9][0-9]|[12][0-9]{{2}}|300)s|[1-5]m){END}",
                example="60s",
            ),
            "How long files are gathered, from the first one.",
            default=limits.BURST_WINDOW,
            origin=OURS,
            example="60s",
        ),
        "max": Key(
            Integer(limits.BURST_FILES_MIN, limits.BURST_FILES_MAX, "files"),
            "How many files end a window before its time.",
            default=str(limits.BURST_FILES_MAX),
            origin=OURS,
        ),
        "retired": Key(
            Boolean(),
            "New files start a job each again, and the queue is emptied. Deploy that before the "
            "block is removed.",
            default="false",
            origin=OURS,
        ),
    }
)

FORMER = Group(
    {
        "boto_profile": PROFILE,
        "region": BLOCK_REGION,
        "vcpus": Key(
            Number(0.25, limits.BATCH_VCPUS_MAX),
            "vCPUs of one job. Fractions only on Fargate.",
            default=str(limits.BATCH_VCPUS),
            option="-bc",
        ),
        "memory": Key(
            Integer(limits.BATCH_MEMORY_MIN_MIB, limits.BATCH_MEMORY_MAX_MIB, "MiB"),
            "Memory of one job.",
            default=str(limits.BATCH_MEMORY_MIB),
            option="-bm",
        ),
        "enable_gpu": Key(
            Boolean(), "One GPU for the job; `gpus` asks for more.", default="false", option="-g"
        ),
        "gpus": Key(
            Integer(0, limits.BATCH_GPUS_MAX, "GPUs"),
            "GPUs of one job.",
            default="0, or 1 with `enable_gpu`",
            origin=OURS,
        ),
        "retries": Key(
            Integer(0, limits.BATCH_ATTEMPTS_MAX - 1),
            "How often a job is tried again after a fault of the platform. A script that fails is "
            "not tried again.",
            default=str(limits.BATCH_ATTEMPTS - 1),
            origin=OURS,
        ),
        "timeout": Key(
            Integer(limits.BATCH_TIMEOUT_MIN_SECONDS, limits.BATCH_TIMEOUT_MAX_SECONDS, "seconds"),
            "Seconds after which one attempt is stopped.",
            default=limits.BATCH_TIMEOUT,
            origin=OURS,
        ),
        "disk_gib": Key(
            Integer(limits.BATCH_DISK_MIN_GIB, limits.BATCH_DISK_MAX_GIB, "GiB"),
            "The disk of an EC2 host, which its jobs share.",
            default=str(limits.BATCH_DISK_GIB),
            origin=OURS,
        ),
        "ephemeral_storage": Key(
            Integer(limits.FARGATE_STORAGE_MIN_GIB, limits.FARGATE_STORAGE_MAX_GIB, "GiB"),
            "The disk of a Fargate job.",
            default=limits.FARGATE_STORAGE,
            origin=OURS,
        ),
        "shared_memory_mib": Key(
            Integer(1, limits.BATCH_MEMORY_MAX_MIB, "MiB"),
            "The size of /dev/shm of a job on EC2, part of its memory. PyTorch's workers, MPI and "
            "in-memory databases need more than the default.",
            default="Docker's own, which are 64",
            origin=OURS,
        ),
        "ulimits": Key(
            MapOf(Integer(-1, limits.BATCH_ULIMIT_MAX), ULIMIT),
            "Limits of the kernel for a job on EC2, soft and hard alike; -1 is none.",
            default="those of the host's Docker",
            example="{nofile: 65536, memlock: -1}",
            origin=OURS,
        ),
        "privileged": Key(
            Boolean(),
            "A job that is root on its host.",
            origin=OURS,
            refused="it would be root on the host, and so over the jobs beside it and the host's "
            "own role; mount EFS with `file_system`, and raise `shared_memory_mib` or `ulimits`",
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
                "a name of letters, digits, - or _, the first a letter or digit",
                example="shared",
                pattern=rf"^[A-Za-z0-9][A-Za-z0-9_-]*{END}",
                max_length=100,
            ),
            "Functions that name the same compute environment share it and its queue.",
            default="one for all functions of the file that say nothing of their machines, else "
            "one of its own",
            origin=OURS,
        ),
        "compute_resources": Key(
            COMPUTE_RESOURCES,
            "The machines. A function with this block has a compute environment of its own.",
        ),
        "multi_node_parallel": Key(MULTI_NODE, "Jobs over several hosts."),
        "state": Key(
            Choice(("ENABLED", "DISABLED")),
            "Whether the compute environment takes jobs.",
            default="ENABLED",
        ),
        "type": Key(
            Choice(("MANAGED", "UNMANAGED")),
            "Who starts and stops the hosts: Batch, or you in the cluster of the environment.",
            default="MANAGED",
        ),
        "service_role": Key(
            Anything(),
            "The role with which Batch works.",
            ignored="AWS Batch uses its service-linked role, which it makes itself",
        ),
    }
)

BATCH = Group(
    {
        **FORMER.keys,
        "burst": Key(
            BURST,
            "Files that come within a window become one array job, with a job for each file. Only "
            "with `execution_mode: batch`.",
            default="a job is submitted for each file at once",
            origin=OURS,
            example="{window: 60s}",
        ),
        "former": Key(
            FORMER,
            "The block as it was, for a function that has moved to another compute environment: "
            "the former one stays, with its queue, for the jobs that wait there.",
            origin=OURS,
            example="{compute_resources: {type: SPOT}}",
        ),
    }
)
