"""What the picture writes about functions and folders, in few words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from scar_constructs.model import (
    Api,
    ApiAuth,
    Batch,
    ComputeType,
    ExecutionMode,
    Function,
    Input,
    Join,
    Output,
)
from scar_constructs.model.filters import least
from scar_constructs.review.picture.graph import Row
from scar_constructs.terminal import visible

LONGEST = 34
"""Characters of a line of a box."""
LONGEST_LABEL = 28
MOST_FILTERS = 3
"""Lines of an edge; the rest is counted."""
_DEFAULT_KEYS = ("{name}", "{request_id}/{name}")
"""The templates of the two dialects where a file gives none."""
_AUTH = {ApiAuth.IAM: "signed by IAM", ApiAuth.API_KEY: "with an API key", ApiAuth.NONE: "open"}
_MACHINES = {
    ComputeType.EC2: "",
    ComputeType.SPOT: "Spot",
    ComputeType.FARGATE: "Fargate",
    ComputeType.FARGATE_SPOT: "Fargate Spot",
}

_BATCH_BADGES = {
    ExecutionMode.LAMBDA_BATCH: "THEN BATCH",
    ExecutionMode.AUTO: "OR BATCH",
    ExecutionMode.BATCH: "BATCH",
}


def start_of(text: str, limit: int = LONGEST) -> str:
    """The text with at most so many characters: its beginning."""
    shown = visible(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def end_of(text: str, limit: int = LONGEST) -> str:
    """The same with its end, where paths and images differ."""
    shown = visible(text)
    return shown if len(shown) <= limit else f"…{shown[1 - limit :]}"


def image(function: Function) -> str:
    """The image's name, or that of the file it is in."""
    if function.image_file is not None:
        return function.image_file.name
    name, at, digest = function.image.partition("@")
    return f"{name}{at}{digest[:14]}" if at else name


def rows(function: Function) -> tuple[Row, ...]:
    """Where it runs, and what it gets there."""
    mode, found = function.execution_mode, []
    if function.retired:
        found.append(Row(badge="RETIRED", text="new files start it no more"))
    if mode.runs_on_lambda:
        text = f"{memory(function.memory_mib)} · {duration(function.timeout_seconds)}"
        if function.lambda_up_to_bytes:
            text = f"up to {function.lambda_up_to_bytes / 1_000_000:,.6g} MB · {text}"
        found.append(Row(badge="LAMBDA", text=text))
    if mode.runs_on_batch:
        found.append(
            Row(
                badge=_BATCH_BADGES[mode],
                text=" · ".join(_job(function.batch)),
            )
        )
    return tuple(found)


def _job(batch: Batch) -> Iterator[str]:
    yield f"{batch.vcpus:g} vCPU"
    yield memory(batch.memory_mib)
    if batch.gpus:
        yield f"{batch.gpus} GPU"
    if batch.multi_node is not None:
        yield f"{batch.multi_node.nodes} hosts"
    machines = _MACHINES[batch.compute_resources.type] if batch.managed else "own hosts"
    if machines:
        yield machines
    yield duration(batch.timeout_seconds)


def memory(mib: int) -> str:
    """MiB or GiB, whichever is shorter and exact."""
    return f"{mib} MiB" if mib % 1024 else f"{mib // 1024} GiB"


def duration(seconds: int) -> str:
    """In the largest unit that is exact."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def endpoint(api: Api) -> tuple[str, str]:
    """What is asked for, and who may ask."""
    method = "HTTPS" if api.method == "ANY" else api.method
    return f"{method} /{api.stage}/launch", _AUTH[api.auth]


def filters(folders: Iterable[Input | Output]) -> tuple[str, ...]:
    """Names of files that pass; none where all do."""
    found = {
        f"{prefix}*{suffix}"
        for folder in folders
        for prefix, suffix in product(*least(folder.prefixes, folder.suffixes))
    }
    return _cut(sorted(found)) if found - {"*"} else ()


def read(folders: Iterable[Input]) -> tuple[str, ...]:
    """What an edge says of inputs: their filters, and how files are joined."""
    several = list(folders)
    joined = sorted({_joined(one.join) for one in several if one.join})
    return (*filters(several), *_cut(joined))


def _joined(join: Join) -> str:
    if join.of:
        return f"per run of {join.of}"
    names = join.by or join.suffixes
    return f"per {' and '.join(names)}" if join.by else f"together: {', '.join(names)}"


def written(folders: Iterable[Output]) -> tuple[str, ...]:
    """What an edge says of outputs: their filters, and their templates of keys."""
    several = list(folders)
    keys = sorted({one.key for one in several} - set(_DEFAULT_KEYS))
    return (*filters(several), *_cut([f"as {key}" for key in keys]))


def _cut(lines: list[str]) -> tuple[str, ...]:
    most = lines if len(lines) <= MOST_FILTERS else lines[: MOST_FILTERS - 1]
    rest = (f"and {len(lines) - len(most)} more",) if len(lines) > len(most) else ()
    return (*(start_of(line, LONGEST_LABEL) for line in most), *rest)
