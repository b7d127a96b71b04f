"""The keys of the `lambda` block: the function itself.

This is part of the one table from which the shape checks, the JSON Schema, the reference in the
documents and `--explain` are made; `dialects` puts the parts together.
"""

from __future__ import annotations

from scar_constructs.language.keys.blocks import PROFILE
from scar_constructs.language.keys.container import CONTAINER
from scar_constructs.language.keys.containers import Group, Key, ListOf, Origin
from scar_constructs.language.keys.formats import (
    ENVIRONMENT,
    FILTERS,
    FUNCTION_NAME,
    IMAGE,
    PATH,
    REGION,
    SECRETS,
    TAGS,
)
from scar_constructs.language.keys.join import JOIN
from scar_constructs.language.keys.network import FILE_SYSTEM, VPC
from scar_constructs.language.keys.scalars import Anything, Boolean, Choice, Integer, Switch, Text
from scar_constructs.language.keys.size import SIZE
from scar_constructs.model import Queue, limits

OURS = Origin.OURS

INPUT = Group(
    {
        "storage_provider": Key(
            Text("the name of a storage provider, such as s3"),
            "Where the folder is: `s3`, or a name of `storage_providers`, such as `minio.mine`.",
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
        "join": Key(
            JOIN,
            "Starts the function once for many files.",
            default="once for each file",
            origin=OURS,
            example="{of: split}",
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
            "the input file's name without its last suffix, `{request_id}` the id of the request, "
            "`{group}` what the files of a join are called together.",
            default="`{name}`; in the classic dialect `{request_id}/{name}`",
            origin=OURS,
            example='"{stem}/{name}"',
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
        "container": Key(CONTAINER, "The container, and what runs in it."),
        "init_script": Key(
            Text("a path"),
            "The script, relative to the YAML file. It runs as `/bin/sh SCRIPT`. Without one, what "
            "the image itself runs.",
            option="-s",
            example="run.sh",
        ),
        "run_script": Key(
            Anything(),
            "The script of one call.",
            option="scar run -s",
            ignored="a call brings its script in the event, as `script` in base64; one that brings "
            "none runs `init_script`, or else what the image itself runs",
        ),
        "execution_mode": Key(
            Choice(("lambda", "lambda-batch", "auto", "batch")),
            "`lambda`: on Lambda; `batch`: as a Batch job; `lambda-batch`: on Lambda, and as a "
            "Batch job where the time-out is too short; `auto`: the same, but files above "
            "`lambda_up_to` are jobs from the start.",
            default=limits.EXECUTION_MODE,
            option="-em",
        ),
        "lambda_up_to": Key(
            SIZE,
            "With `execution_mode: auto`, the largest file, or sum of the files of a join, that is "
            "worked on in Lambda. Files whose size the event does not tell begin there.",
            default=limits.LAMBDA_UP_TO,
            origin=OURS,
            example="1GB",
        ),
        "memory": Key(
            Integer(
                limits.LAMBDA_MEMORY_MIN_MIB,
                limits.LAMBDA_MEMORY_MAX_MIB,
                "MiB",
                beyond="`execution_mode: batch` with `batch: {memory: ...}`",
            ),
            "Memory of the Lambda function; CPU grows with it.",
            default=str(limits.LAMBDA_MEMORY_MIB),
            option="-m",
        ),
        "timeout": Key(
            Integer(
                1,
                limits.LAMBDA_TIMEOUT_MAX_SECONDS,
                "seconds",
                beyond="`execution_mode: batch` or `lambda-batch` for what takes longer",
            ),
            "Seconds after which Lambda stops the function.",
            default=str(limits.LAMBDA_TIMEOUT_SECONDS),
            option="-t",
        ),
        "ephemeral_storage": Key(
            Integer(limits.LAMBDA_STORAGE_MIB, limits.LAMBDA_STORAGE_MAX_MIB, "MiB"),
            "The size of /tmp.",
            default=str(limits.LAMBDA_STORAGE_MIB),
            origin=OURS,
        ),
        "description": Key(
            Text("text", min_length=0, max_length=limits.LAMBDA_DESCRIPTION_MAX),
            "Shown in the Lambda console.",
            default="none",
            option="-d",
        ),
        "log_level": Key(
            Choice(limits.LOG_LEVELS),
            "How much the runtime logs. What the script writes is always logged.",
            default=limits.LOG_LEVEL,
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
            ListOf(Anything()),
            "Lambda layers.",
            changed="a function made from an image takes none: put their files into the image",
            option="-l",
        ),
        "vpc": Key(VPC, "Existing subnets and security groups for the Lambda function."),
        "file_system": Key(ListOf(FILE_SYSTEM, maximum=1), "EFS for the function and its jobs."),
        "architectures": Key(
            ListOf(Choice(("x86_64", "arm64")), minimum=1, maximum=1),
            "The processor.",
            default="[x86_64]",
        ),
        "extra_payload": Key(
            Text("a path"), "A folder whose files the script finds in EXTRA_PAYLOAD.", option="-ep"
        ),
        "concurrency": Key(
            Integer(0, limits.LAMBDA_CONCURRENCY_MAX),
            "How many copies run at most at a time; they are reserved for this function.",
            default="the account's limit",
            origin=OURS,
        ),
        "queue": Key(
            Switch(Queue.RETIRED.value),
            "New files wait in a queue until one of the `concurrency` executions has ended, "
            "however long that takes. `retired`: new files start the function as without it, and "
            "the queue is emptied; deploy that before the key is removed.",
            default="false",
            origin=OURS,
            example="true",
        ),
        "retries": Key(
            Integer(0, limits.LAMBDA_RETRIES_MAX),
            "How often Lambda tries a failed event again.",
            default=str(limits.LAMBDA_RETRIES),
            origin=OURS,
        ),
        "tracing": Key(Boolean(), "AWS X-Ray.", default="false", origin=OURS),
        "retired": Key(
            Boolean(),
            "New files start the function no more; it finishes what it has accepted.",
            default="false",
            origin=OURS,
        ),
        "secrets": Key(SECRETS, "Variables whose values are secrets.", origin=OURS),
        "tags": Key(TAGS, "Tags of the function's resources."),
        "boto_profile": PROFILE,
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
