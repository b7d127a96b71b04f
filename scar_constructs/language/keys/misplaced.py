"""Keys that users look for at another place than their own, and where they stand.

The places are in words that follow "write it". They are made from the tables of keys, so that a
new key is known here as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from scar_constructs.language.keys import batch as batch_keys
from scar_constructs.language.keys import blocks, buckets, container, function
from scar_constructs.language.keys.containers import Group

_BLOCKS = {
    "batch": batch_keys.BATCH,
    "iam": blocks.IAM,
    "cloudwatch": blocks.CLOUDWATCH,
    "api_gateway": blocks.API_GATEWAY,
}


def _inside(groups: Mapping[str, Group]) -> dict[str, str]:
    """The keys of some blocks, each with the words for its place in the first block that has it."""
    return {
        name: f"under `{block}`: `{block}: {{{name}: ...}}`"
        for block, group in reversed(list(groups.items()))
        for name, key in group.keys.items()
        if not key.ignored and not key.refused
    }


IN_FUNCTION = _inside({"lambda": function.LAMBDA, **_BLOCKS})
"""Beside `lambda`."""

IN_LAMBDA = {
    **_inside({**_BLOCKS, "container": container.CONTAINER}),
    **{block: f"beside `lambda`, as `{block}: ...`" for block in (*_BLOCKS, "ecr")},
}
"""Under `lambda`."""

IN_CLASSIC = {
    **_inside({**_BLOCKS, "s3": buckets.CLASSIC_S3}),
    "timeout": "as `time: ...`",
    "container": "without the block: its keys stand in the function itself",
    "input": "as `s3: {input_bucket: ..., input_folder: ...}`",
    "output": "as `s3: {output_bucket: ..., output_folder: ...}`",
}
"""In a function of the classic dialect."""
