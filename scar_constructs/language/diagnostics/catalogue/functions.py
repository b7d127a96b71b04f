"""One function, with its script and its secrets."""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue.rule import AWS, WARNING, Rule

ONE_FUNCTION = {
    "two-images": Rule("a function has one image"),
    "image-not-in-ecr": Rule(
        "an image that Lambda uses as it is must be in ECR",
        why="Lambda starts images from ECR only. Jobs of mode `batch` start any.",
        source=f"{AWS}lambda/latest/dg/images-create.html",
    ),
    "image-file": Rule(
        "a saved image must be one that can be built upon",
        why=(
            "One image in a plain tar, as `docker save` and `podman save` write it, for the "
            "function's processor."
        ),
        source="https://docs.docker.com/reference/cli/docker/image/save/",
    ),
    "credentials-without-use": Rule(
        "a registry's secret is for images that jobs pull themselves",
        why=(
            "An image that is built upon is pulled by the machine that deploys, and AWS pulls "
            "the result from ECR."
        ),
        source=f"{AWS}batch/latest/userguide/private-registry.html",
    ),
    "credentials-stay": Rule(
        "only a script that the runtime starts can be without the role's credentials",
        why=(
            "Of an image that is used as it is each container gets them from AWS, before anything "
            "of ours runs."
        ),
        source=f"{AWS}AmazonECS/latest/developerguide/task-iam-roles.html",
    ),
    "no-build-mode": Rule(
        "an image that nothing is put into runs a script in jobs only",
        why="Lambda starts an image with the program that is in it, and has no helpers.",
    ),
    "no-build-conflict": Rule(
        "a job whose image nothing is put into has that image's ENTRYPOINT, and one host",
        why=(
            "Its helper containers bring the script. Batch cannot replace an ENTRYPOINT. The "
            "nodes of a job are all alike, and each would stage in and out."
        ),
        source=f"{AWS}batch/latest/APIReference/API_TaskContainerProperties.html",
    ),
    "payload-too-large": Rule(
        "what is not in an image must fit into a zip",
        why="With `build: false` the payload travels in the zip that Lambda runs as well.",
        source=f"{AWS}lambda/latest/dg/gettingstarted-limits.html",
    ),
    "entrypoint-stays": Rule(
        "an image that is not built upon keeps its ENTRYPOINT",
        why=(
            "Batch cannot replace it: the script is given to it as its command. One that does "
            "not run its command makes the job fail."
        ),
        source=f"{AWS}batch/latest/APIReference/API_TaskContainerProperties.html",
        severity=WARNING,
    ),
    "nothing-to-run": Rule(
        "a function has a script, or its image a command",
        why=(
            "A derived image has an ENTRYPOINT of its own, so the image's has to be known when "
            "it is built, and nothing asks a registry then: the lock file of images has it."
        ),
    ),
    "script-with-each-call": Rule(
        "what has neither a script nor a command runs only with a script in the event",
        why=(
            "Calls may bring one, as `scar run -s` does. A call without one fails, where in SCAR "
            "the image's own command ran: the lock file of images brings it back."
        ),
        severity=WARNING,
    ),
    "entrypoint-unknown": Rule(
        "`command` follows the image's ENTRYPOINT",
        why=(
            "As for Docker, they are one command line. Without its first half, another program "
            "would be started."
        ),
        source="https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",
        severity=WARNING,
    ),
    "variable-not-replaced": Rule(
        "the words of a command are taken as they are",
        why="As in the exec form of a Dockerfile, no shell stands between to replace variables.",
        source="https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
        severity=WARNING,
    ),
    "layers-refused": Rule(
        "a function that is made from an image takes no layers",
        source=f"{AWS}lambda/latest/dg/images-create.html",
    ),
    "outside-file": Rule(
        "what goes into an image should lie in the folder of the YAML file",
        why="A path or a link out of it takes what the workflow did not bring along.",
        severity=WARNING,
    ),
    "untrusted-file": Rule(
        "a file of somebody else takes nothing from outside of its folder",
        why=(
            "With `--untrusted` a link or a path out of the folder would read the machine that "
            "checks, and show it or put it into an image."
        ),
    ),
    "payload-entry": Rule(
        "`extra_payload` holds files, folders and links that lead somewhere",
        why="Nothing else can be packed; a link to a folder above it has no end.",
    ),
    "role-of-your-own": Rule(
        "a role that you name needs the rights that ours would have",
        why="It is used as it is, and what it may not do fails when the function runs.",
        severity=WARNING,
    ),
    "file-not-found": Rule("a file or folder that a key names must be there"),
    "file-system-without-vpc": Rule(
        "EFS needs a network",
        why="Lambda reaches a file system only from inside its network.",
        source=f"{AWS}lambda/latest/dg/configuration-filesystem.html",
    ),
    "larger-than-disk": Rule(
        "what begins on Lambda must fit into its disk",
        why="A file is put into /tmp before the script runs, and the script writes there.",
        source=f"{AWS}lambda/latest/dg/configuration-ephemeral-storage.html",
    ),
    "threshold-too-long": Rule(
        "`timeout_threshold` must leave time for the script",
        why="It is kept back from the time-out.",
    ),
    "environment-too-large": Rule(
        "variables must fit into what carries them",
        why="Lambda takes 4 KB of variables, and a job definition 24 KiB in all.",
        source=f"{AWS}lambda/latest/dg/gettingstarted-limits.html",
    ),
    "empty-variable": Rule(
        "a variable that is set to nothing hides what would be there",
        why=(
            "SCAR left such variables out. One of AWS's would take the role's credentials from "
            "the script, an empty PATH its programs. Other variables may be empty."
        ),
        source="https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html",
        severity=WARNING,
    ),
    "parameter-name": Rule(
        "a caller must not steer the programs of the script",
        why=(
            "Shells, loaders and languages take orders from variables: what to run, where to "
            "look for code, whom to trust."
        ),
        source="https://man7.org/linux/man-pages/man8/ld.so.8.html",
    ),
    "parameter-is-set": Rule(
        "a caller replaces no variable of the function",
        why="A parameter that the function sets itself would never reach the script.",
    ),
    "key-template": Rule("a key template must be one"),
    "fixed-output-name": Rule(
        "outputs of different files need different keys",
        why="With a fixed key each file's output overwrites the one before.",
    ),
    "filter-wildcard": Rule(
        "filters know no wildcards",
        why="S3 takes a star in a filter as a star in the file's name.",
        source=f"{AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html",
    ),
    "same-output-twice": Rule(
        "an output must not be given twice", why="Each file would be uploaded twice."
    ),
    "several-regions": Rule(
        "the functions of one file have one region",
        why="A file is one stack, and a stack has one region.",
    ),
}

SCRIPTS = {
    "script-missing": Rule(
        "the script must be there", why="Its path is relative to the YAML file."
    ),
    "script-unreadable": Rule("the script must be a readable file"),
    "script-empty": Rule("the script must say something"),
    "script-too-large": Rule(
        "the script must have at most 16 MiB",
        why="Every cold start reads it. Data and programs belong into the image.",
    ),
    "script-not-shell": Rule(
        "the script must be a shell script",
        why="It runs as `/bin/sh SCRIPT`, so that an image needs nothing else.",
    ),
    "script-line-ends": Rule(
        "the script must have line ends of Unix",
        why="The shell reads the carriage return as part of the last word of each line.",
    ),
    "script-no-shebang": Rule(
        "a script should have a first line",
        why="It is not needed to run, but editors and readers go by it.",
        severity=WARNING,
    ),
    "script-shebang-ignored": Rule(
        "a script runs as /bin/sh",
        why="As in SCAR; what only bash knows fails.",
        severity=WARNING,
    ),
}

SECRETS = {
    "secret-in-clear": Rule(
        "no secret may stand in a variable",
        why="It would be in the template, in the console and in version control.",
        hides_source=True,
        source=f"{AWS}lambda/latest/dg/configuration-envvars-encryption.html",
    ),
    "credentials-in-clear": Rule(
        "no credential may stand in `storage_providers`, nor before an image's name",
        why=("SCAR carried it in clear into the function's variables and the job definition."),
        hides_source=True,
    ),
}
