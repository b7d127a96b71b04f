"""The keys of a bucket's settings, and the classic dialect's block of buckets and folders."""

from __future__ import annotations

from scar_constructs.language.keys import formats
from scar_constructs.language.keys.blocks import BLOCK_REGION, PROFILE
from scar_constructs.language.keys.containers import Group, Key, Origin
from scar_constructs.language.keys.scalars import END, Anything, Boolean, Integer, Text

OURS = Origin.OURS

BUCKET = Group(
    {
        "existing": Key(
            Boolean(),
            "The bucket is there already and is not made.",
            default="false",
            origin=OURS,
        ),
        "owner": Key(
            Boolean(),
            "This file's stack makes the bucket, whoever else uses it.",
            default="found from who uses it",
            origin=OURS,
        ),
        "versioned": Key(Boolean(), "Old versions are kept.", default="true", origin=OURS),
        "expire_days": Key(
            Integer(1, 36_500, "days"),
            "Objects expire after so many days; where versions are kept, the bytes are removed as "
            "many days later, 14 at most.",
            default="never",
            origin=OURS,
        ),
        "kms_key": Key(
            formats.KMS_KEY,
            "Encrypts the bucket with this key. Of a bucket that exists: the key that it has.",
            default="the stack's `kms_key`, or else S3's own key",
            origin=OURS,
        ),
        "access_logs": Key(
            formats.LOG_TARGET,
            "The bucket, and the folder in it, that takes the access logs of this one.",
            default="the stack's `access_logs`",
            origin=OURS,
        ),
        "replicate_to": Key(
            Text("a bucket's name"),
            "Each new object is copied to this bucket, which exists and is versioned.",
            default="nowhere",
            origin=OURS,
            example="my-bucket-copy",
        ),
        "replica_kms_key": Key(
            formats.KMS_KEY,
            "Encrypts the copies; needed where the bucket itself has a key.",
            origin=OURS,
        ),
        "event_bridge": Key(
            Boolean(),
            "Events go through EventBridge even where notifications would do.",
            default="only where filters overlap",
            origin=OURS,
        ),
    }
)

_BUCKET_ALONE = Text(
    "a bucket's name, without the address of S3",
    pattern=rf"^[^:]+{END}",
    rule="bucket-name",
    example="my-bucket",
)

CLASSIC_S3 = Group(
    {
        "input_bucket": Key(
            _BUCKET_ALONE,
            "Files that arrive under `input_folder` of this bucket start the function.",
            option="-ib",
            example="my-bucket",
        ),
        "input_folder": Key(
            Text("a folder", min_length=0), "The folder.", default="`<function>/input`"
        ),
        "output_bucket": Key(
            _BUCKET_ALONE,
            "Takes the files which the script left in its output folder.",
            default="the input bucket; with neither, nothing is uploaded",
            option="-ob",
        ),
        "output_folder": Key(
            Text("a folder", min_length=0),
            "The folder. Each request has a sub-folder of its own, named by the request's id.",
            default="`<function>/output`",
        ),
        "deployment_bucket": Key(
            Anything(),
            "Where SCAR put its package.",
            option="-db",
            ignored="the CDK uploads assets to its own bucket and repository",
        ),
        "boto_profile": PROFILE,
        "region": BLOCK_REGION,
    }
)
