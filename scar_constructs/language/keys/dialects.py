"""The two dialects and the top level of a file, put together from the groups in `keys`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scar_constructs.language.diagnostics.problems import Position, Problem, Report
from scar_constructs.language.keys import batch as batch_keys
from scar_constructs.language.keys import blocks, formats, function, misplaced
from scar_constructs.language.keys import storage as storage_keys
from scar_constructs.language.keys.buckets import BUCKET, CLASSIC_S3
from scar_constructs.language.keys.container import CONTAINER
from scar_constructs.language.keys.containers import Group, Key, ListOf, MapOf, Origin
from scar_constructs.language.keys.scalars import Anything, Boolean, Schema, Text, wrong_type
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar

OURS = Origin.OURS

_BLOCKS = {
    "iam": Key(blocks.IAM, "The function's role."),
    "cloudwatch": Key(blocks.CLOUDWATCH, "Logs."),
    "api_gateway": Key(blocks.API_GATEWAY, "An HTTPS endpoint for the function."),
    "batch": Key(
        batch_keys.BATCH, "The Batch job of `batch`, `lambda-batch` and `auto` functions."
    ),
}

ECR = Group(
    {
        "boto_profile": blocks.IAM.keys["boto_profile"],
        "region": blocks.CLOUDWATCH.keys["region"],
        "delete_image": Key(
            Anything(),
            "Whether SCAR removed the image with the function.",
            ignored="images are assets of the CDK; `cdk gc` removes those that nobody uses",
        ),
    }
)

_FDL_BLOCKS = {
    **_BLOCKS,
    "s3": Key(Anything(), "SCAR's client.", ignored="the paths stand in `input` and `output`"),
    "ecr": Key(ECR, "The image's repository."),
}


LAMBDA = replace(function.LAMBDA, elsewhere=misplaced.IN_LAMBDA)

FDL_FUNCTION = Group(
    {"lambda": Key(LAMBDA, "The function.", required=True), **_FDL_BLOCKS},
    elsewhere=misplaced.IN_FUNCTION,
)


def _without_required(group: Group) -> Group:
    """The same keys, none of them required."""
    return replace(
        group, keys={name: replace(key, required=False) for name, key in group.keys.items()}
    )


DEFAULT_LAMBDA = _without_required(
    Group(
        {name: key for name, key in function.LAMBDA.keys.items() if name != "name"},
        elsewhere=misplaced.IN_LAMBDA,
    )
)

DEFAULTS = replace(
    FDL_FUNCTION, keys={**FDL_FUNCTION.keys, "lambda": Key(DEFAULT_LAMBDA, "The function.")}
)
"""Values under `defaults`: those of a function in the FDL dialect, without its name."""

_LAMBDA = function.LAMBDA.keys
_OF_CONTAINER = (
    *("image_file", "create_image", "build", "entrypoint", "command", "credentials"),
    "repository_credentials",
    "timeout_threshold",
)
"""Keys of `container` that the classic dialect has in the function itself."""

CLASSIC_FUNCTION = Group(
    {
        "image": Key(formats.IMAGE, "The user's image.", option="-i", example="grycap/mrbayes"),
        **{name: CONTAINER.keys[name] for name in _OF_CONTAINER},
        "memory": _LAMBDA["memory"],
        "time": _LAMBDA["timeout"],
        "description": _LAMBDA["description"],
        "log_level": _LAMBDA["log_level"],
        "init_script": _LAMBDA["init_script"],
        "run_script": _LAMBDA["run_script"],
        "extra_payload": _LAMBDA["extra_payload"],
        "asynchronous": _LAMBDA["asynchronous"],
        "lambda_role": blocks.IAM.keys["role"],
        "environment": Key(
            formats.VARIABLES,
            "Variables that the script sees. Numbers travel as text.",
            option="-e",
            example="{KEY: value}",
        ),
        "execution_mode": _LAMBDA["execution_mode"],
        "region": _LAMBDA["region"],
        "profile": _LAMBDA["boto_profile"],
        "s3": Key(
            CLASSIC_S3, "Where files come from and go to.", example="{input_bucket: my-bucket}"
        ),
        **_BLOCKS,
        **{
            name: _LAMBDA[name]
            for name in (
                "lambda_up_to",
                "ephemeral_storage",
                "concurrency",
                "queue",
                "retries",
                "tracing",
                "retired",
                "secrets",
                "tags",
                "layers",
                "vpc",
                "file_system",
                "architectures",
            )
        },
    },
    elsewhere=misplaced.IN_CLASSIC,
)


@dataclass(frozen=True)
class Functions:
    """The mapping under `functions`: classic functions by name, and FDL functions under `aws`."""

    words: str = "a mapping of names to functions, or of `aws` to a list of functions"

    def check(self, node: Node, report: Report) -> None:
        if not isinstance(node, Mapping):
            report.add(wrong_type(node, self.words, "write `NAME:` and the function under it"))
            return
        if not node.entries:
            fix = "add a function under it"
            message = "must name at least one function"
            report.add(problem("no-functions", node.path, node.position, message, "", fix))
        for name, entry in node.items():
            at = node.position_of(name)
            if name == FDL_KEY and not (
                isinstance(entry, Mapping) and "lambda" not in entry.entries
            ):
                _FDL_LIST.check(entry, report)
            elif name == OSCAR_KEY:
                report.add(_oscar_problem(entry.path, at))
            else:
                formats.FUNCTION_NAME.check(Scalar(entry.path, at, name, name), report)
                CLASSIC_FUNCTION.check(entry, report)

    def schema(self) -> Schema:
        classic = CLASSIC_FUNCTION.schema()
        return {
            "type": "object",
            "minProperties": 1,
            "propertyNames": formats.FUNCTION_NAME.schema(),
            "properties": {
                FDL_KEY: {"anyOf": [_FDL_LIST.schema(), classic]},
                OSCAR_KEY: False,
            },
            "additionalProperties": classic,
        }


FDL_KEY = "aws"
OSCAR_KEY = "oscar"
FUNCTIONS = Functions()
_FDL_LIST = ListOf(FDL_FUNCTION, minimum=1)


def _oscar_problem(path: str, at: Position) -> Problem:
    return problem(
        "oscar-refused",
        path,
        at,
        "OSCAR services run on an OSCAR cluster, not on AWS; the functions under `aws` would work",
        "",
        "move `oscar` into a file of its own",
    )


TOP = Group(
    {
        "functions": Key(
            FUNCTIONS,
            "The functions: by name (classic), or as lists under `aws`.",
            required=True,
        ),
        "workflow": Key(
            formats.STACK_NAME,
            "The name of the stack.",
            default="the file's name without its suffix",
            origin=OURS,
            example="video-process",
        ),
        "tags": Key(formats.TAGS, "Tags of all resources of the stack.", origin=OURS),
        "defaults": Key(
            DEFAULTS, "Values that hold for every function which has none.", origin=OURS
        ),
        "buckets": Key(MapOf(BUCKET, Text("a bucket's name")), "Settings of buckets.", origin=OURS),
        "kms_key": Key(
            formats.KMS_KEY,
            "Encrypts buckets, the spool, the failure queue and the logs with this key.",
            default="keys that the services manage",
            origin=OURS,
        ),
        "access_logs": Key(
            formats.LOG_TARGET,
            "The bucket, and the folder in it, that takes the access logs of all buckets.",
            default="none",
            origin=OURS,
            example="my-logs/s3",
        ),
        "spool": Key(
            Text("a bucket's name"),
            "Names the runtime's own bucket, so that it comes back as yours do.",
            default="a name that CloudFormation makes up",
            origin=OURS,
            example="my-workflow-spool",
        ),
        "flow_logs": Key(
            Boolean(),
            "Flow logs of the network for jobs, which all workflows of a region share.",
            default="false",
            origin=OURS,
        ),
        "alarms": Key(
            blocks.ALARMS,
            "Where alarms are sent about failed events, throttled functions, blocked queues and "
            "loops.",
            default="none",
            origin=OURS,
            example="{email: me@example.org}",
        ),
        "metrics": Key(
            Boolean(),
            "Executions and seconds of each function, counted by CloudWatch from the logs.",
            default="false",
            origin=OURS,
        ),
        "dashboard": Key(
            Boolean(),
            "A dashboard of CloudWatch, with the functions in the order of the flow.",
            default="false",
            origin=OURS,
        ),
        "storage_providers": Key(storage_keys.STORAGE, "Other places that hold files."),
    }
)

CLASSIC_TO_FDL = {
    "image": "lambda.container.image",
    **{name: f"lambda.container.{name}" for name in _OF_CONTAINER},
    "memory": "lambda.memory",
    "time": "lambda.timeout",
    "lambda_role": "iam.role",
    "environment": "lambda.container.environment.Variables",
    **{block: block for block in _BLOCKS},
    **{
        name: f"lambda.{name}"
        for name in CLASSIC_FUNCTION.keys
        if name in _LAMBDA and name not in ("image", "memory", "environment")
    },
}
"""Where a classic key stands in the other dialect. `s3` has no counterpart: see `classic`."""
