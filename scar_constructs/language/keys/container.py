"""The keys of `lambda.container`: the image, and what runs in it."""

from __future__ import annotations

from scar_constructs.language.keys.command_line import CommandLine
from scar_constructs.language.keys.containers import Group, Key, Origin
from scar_constructs.language.keys.formats import ENVIRONMENT, IMAGE, REGISTRY_SECRET
from scar_constructs.language.keys.scalars import Anything, Boolean, Choice, Integer, Text
from scar_constructs.model import limits

OURS = Origin.OURS

CONTAINER = Group(
    {
        "image": Key(IMAGE, "The user's image.", option="-i", example="grycap/mrbayes"),
        "image_file": Key(
            Text("a path"),
            "An image as a file of `docker save`, relative to the YAML file; in place of `image`.",
            option="-if",
            example="cowsay.tar",
        ),
        "create_image": Key(
            Boolean(), "False: `image` is ready for Lambda and is used as it is.", default="true"
        ),
        "build": Key(
            Boolean(),
            "False, in mode `batch`: nothing is built. Jobs run the script, or what the image "
            "itself runs, in the image as it is, between two helper containers.",
            default="true",
            origin=OURS,
        ),
        "entrypoint": Key(
            CommandLine(),
            "The words that run in place of the image's ENTRYPOINT, where there is no script or "
            "the event has `cmd_args`. The image's CMD is left out then.",
            default="the image's own, if it is known",
            origin=OURS,
            example="[aws, --region, eu-west-1]",
        ),
        "command": Key(
            CommandLine(minimum=1),
            "The words that run in place of the image's CMD, where there is no script.",
            default="the image's own, if it is known",
            origin=OURS,
            example='[/bin/sh, -c, "wc -l <$INPUT_FILE_PATH"]',
        ),
        "credentials": Key(
            Choice(("role", "none")),
            "Whether the script finds the credentials of the function's role. With `none` it has "
            "its input and output folder and no access to AWS.",
            default="role",
            origin=OURS,
        ),
        "repository_credentials": Key(
            REGISTRY_SECRET,
            "The secret with `username` and `password` for the private registry from which jobs "
            "pull an image that is used as it is.",
            default="none: the registry is public, or is ECR",
            origin=OURS,
        ),
        "alpine": Key(
            Anything(),
            "The image is built on musl.",
            ignored="images of any C library work as they are",
        ),
        "timeout_threshold": Key(
            Integer(0, 600, "seconds"),
            "Seconds kept back from the time-out to upload the outputs.",
            default=limits.TIMEOUT_THRESHOLD,
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
