"""Every rule of the language: its stable name, what it asks, why, and who says so.

The name may stand in users' tools and never changes. `docs/checks.md` is made from this table,
with the example of each rule from the corpus of faulty files.
"""

from __future__ import annotations

from dataclasses import dataclass

from scar_constructs.fdl.errors import Severity


@dataclass(frozen=True)
class Rule:
    """One rule: `title` says what must hold, `why` the reason, `source` the page of who says so.

    With `hides_source` the line of the file is not shown: it holds what nobody should see.
    """

    title: str
    why: str = ""
    source: str = ""
    severity: Severity = Severity.ERROR
    hides_source: bool = False


_AWS = "https://docs.aws.amazon.com/"
_WARNING = Severity.WARNING

SECTIONS: dict[str, dict[str, Rule]] = {
    "Reading a file": {
        "file-missing": Rule(
            "the file must be there", why="A misspelt path is the commonest fault."
        ),
        "file-unreadable": Rule(
            "the file must be a readable file",
            why="Its owner, or whoever runs the command, must be allowed to read it.",
        ),
        "file-empty": Rule(
            "the file must say something",
            why=(
                "An empty file names no function, and removing all functions of a deployed "
                "stack should never be an accident."
            ),
        ),
        "file-too-large": Rule(
            "the file must be of a size that a person wrote",
            why=(
                "The limit keeps the check fast for everybody and stops files that were made "
                "to hurt."
            ),
        ),
        "too-many-problems": Rule(
            "problems are told up to a thousand",
            why="Nobody reads more, and a file made to hurt could have millions.",
        ),
        "folder-empty": Rule(
            "a folder must hold YAML files",
            why=(
                "A folder stands for all its *.yaml and *.yml files, not for those of its "
                "sub-folders."
            ),
        ),
        "not-utf8": Rule(
            "the file must be UTF-8",
            why="YAML of another encoding would be read wrongly, not refused, by many tools.",
            source="https://yaml.org/spec/1.2.2/#52-character-encodings",
        ),
        "not-yaml": Rule("the file must be YAML", source="https://yaml.org/spec/1.2.2/"),
        "not-a-mapping": Rule("the file must be a mapping with the key `functions`"),
        "several-documents": Rule(
            "the file must hold one document", why="The second document would be ignored."
        ),
        "duplicate-key": Rule(
            "a key must be given once",
            why=(
                "YAML readers take the last one in silence, so a copied block loses its first half."
            ),
            source="https://yaml.org/spec/1.2.2/#3213-node-comparison",
        ),
        "key-not-text": Rule("a key must be text"),
        "merge-not-a-mapping": Rule(
            "`<<` takes a mapping, or a list of them", source="https://yaml.org/type/merge.html"
        ),
        "alias-unknown": Rule("an alias must name a value that ended before it"),
        "aliases-too-large": Rule(
            "aliases must not expand without bound",
            why="A few lines of aliases can stand for millions of values.",
        ),
        "tag-unknown": Rule(
            "a tag must be one of YAML's own",
            why="Other tags make a reader build objects, which no configuration needs.",
        ),
        "too-deep": Rule("the file must not be nested deeper than the language"),
    },
    "Shapes of values": {
        "unknown-key": Rule(
            "a key must be one of the language",
            why="A misspelt key would be ignored, and its default used in its place.",
        ),
        "missing-key": Rule("required keys must be given"),
        "no-value": Rule(
            "a key must have a value",
            why="`key:` alone is nothing in YAML, and says neither yes nor no.",
        ),
        "wrong-type": Rule("a value must be of its key's kind"),
        "wrong-count": Rule("a list must have as many items as its key allows"),
        "out-of-range": Rule(
            "a number must be within the service's limits",
            why="AWS says so too, but only at deployment, or when the job is submitted.",
            source=f"{_AWS}lambda/latest/dg/gettingstarted-limits.html",
        ),
        "not-a-choice": Rule("a word must be one of those that the key knows"),
        "bad-text": Rule("a text must have the form that its key asks for"),
        "refused-key": Rule("a key of SCAR that cannot be kept"),
        "ignored-key": Rule(
            "a key of SCAR that has no meaning any more",
            why="The key does no harm; it is told once, so that nobody relies on it.",
            severity=_WARNING,
        ),
        "changed-key": Rule(
            "a value of SCAR that was replaced",
            why="What SCAR asked for does not exist any more.",
            severity=_WARNING,
        ),
    },
    "Names": {
        "function-name": Rule(
            "a function's name must suit Lambda",
            why="The Lambda function has this name.",
            source=f"{_AWS}lambda/latest/api/API_CreateFunction.html",
        ),
        "function-name-taken": Rule(
            "each function needs a name of its own",
            why=(
                "Also over several files: the names are those of the Lambda functions of one "
                "account."
            ),
        ),
        "workflow-name": Rule(
            "a workflow's name must suit CloudFormation",
            why="The stack has this name.",
            source=f"{_AWS}AWSCloudFormation/latest/APIReference/API_CreateStack.html",
        ),
        "workflow-name-taken": Rule(
            "each file needs a workflow name of its own",
            why=(
                "Without `workflow`, the file's name is taken, and two folders may hold files"
                " of one name."
            ),
        ),
        "image-name": Rule(
            "an image must be named as for `docker pull`",
            source="https://github.com/distribution/reference",
        ),
        "bucket-name": Rule(
            "a bucket's name must keep S3's rules",
            source=f"{_AWS}AmazonS3/latest/userguide/bucketnamingrules.html",
        ),
        "bad-folder": Rule(
            "a folder must be plain",
            why=(
                "An empty part, `.` or `..` is part of the key for S3 and something else for "
                "every other tool."
            ),
        ),
        "folder-too-long": Rule(
            "a folder must leave room for the file's name",
            why="A key has at most 1,024 bytes.",
            source=f"{_AWS}AmazonS3/latest/userguide/object-keys.html",
        ),
        "variable-name": Rule(
            "a variable's name must suit the shell and the service",
            source=f"{_AWS}lambda/latest/dg/configuration-envvars.html",
        ),
        "reserved-variable": Rule(
            "some variables belong to the service or to the runtime",
            why="Lambda refuses its own; those of the runtime would be overwritten.",
            source=f"{_AWS}lambda/latest/dg/configuration-envvars.html",
        ),
        "tag": Rule(
            "a tag's name must suit AWS",
            why="Names that start with `aws:` belong to AWS.",
            source=f"{_AWS}tag-editor/latest/userguide/best-practices-and-strats.html",
        ),
        "region": Rule("a region must look like one"),
        "role-arn": Rule("a role must be named by its ARN"),
        "secret-arn": Rule(
            "a secret must be named by its ARN",
            why="The value itself must not stand in the file.",
            hides_source=True,
        ),
        "subnet-id": Rule("a subnet must be named by its id"),
        "security-group-id": Rule("a security group must be named by its id"),
        "access-point-arn": Rule("an EFS access point must be named by its ARN"),
        "file-system-id": Rule("an EFS file system must be named by its id"),
        "web-acl-arn": Rule("a firewall must be named by the ARN of its regional web ACL"),
        "kms-key-arn": Rule("a KMS key must be named by its ARN"),
        "instance-type": Rule("an instance type must look like one"),
    },
    "One function": {
        "two-images": Rule("a function has one image"),
        "image-not-in-ecr": Rule(
            "an image that Lambda uses as it is must be in ECR",
            why="Lambda starts images from ECR only. Jobs of mode `batch` start any.",
            source=f"{_AWS}lambda/latest/dg/images-create.html",
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
            source=f"{_AWS}batch/latest/userguide/private-registry.html",
        ),
        "no-build-mode": Rule(
            "an image that nothing is put into runs a script in jobs only",
            why="Lambda starts an image with the program that is in it, and has no helpers.",
        ),
        "no-build-conflict": Rule(
            "a job whose image nothing is put into has a script and one host",
            why=(
                "Its helper containers bring the script. The nodes of a job are all alike, and "
                "each would stage in and out."
            ),
        ),
        "payload-too-large": Rule(
            "what is not in an image must fit into a zip",
            why="With `build: false` the payload travels in the zip that Lambda runs as well.",
            source=f"{_AWS}lambda/latest/dg/gettingstarted-limits.html",
        ),
        "entrypoint-stays": Rule(
            "an image that is not built upon keeps its ENTRYPOINT",
            why=(
                "Batch cannot replace it: the script is given to it as its command. One that does "
                "not run its command makes the job fail."
            ),
            source=f"{_AWS}batch/latest/APIReference/API_TaskContainerProperties.html",
            severity=_WARNING,
        ),
        "layers-refused": Rule(
            "a function that is made from an image takes no layers",
            source=f"{_AWS}lambda/latest/dg/images-create.html",
        ),
        "file-not-found": Rule("a file or folder that a key names must be there"),
        "file-system-without-vpc": Rule(
            "EFS needs a network",
            why="Lambda reaches a file system only from inside its network.",
            source=f"{_AWS}lambda/latest/dg/configuration-filesystem.html",
        ),
        "threshold-too-long": Rule(
            "`timeout_threshold` must leave time for the script",
            why="It is kept back from the time-out.",
        ),
        "environment-too-large": Rule(
            "variables must fit into what carries them",
            why="Lambda takes 4 KB of variables, and a job definition 24 KiB in all.",
            source=f"{_AWS}lambda/latest/dg/gettingstarted-limits.html",
        ),
        "key-template": Rule("a key template must be one"),
        "fixed-output-name": Rule(
            "outputs of different files need different keys",
            why="With a fixed key each file's output overwrites the one before.",
        ),
        "filter-wildcard": Rule(
            "filters know no wildcards",
            why="S3 takes a star in a filter as a star in the file's name.",
            source=f"{_AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html",
        ),
        "same-output-twice": Rule(
            "an output must not be given twice", why="Each file would be uploaded twice."
        ),
        "several-regions": Rule(
            "the functions of one file have one region",
            why="A file is one stack, and a stack has one region.",
        ),
    },
    "Scripts": {
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
            severity=_WARNING,
        ),
        "script-shebang-ignored": Rule(
            "a script runs as /bin/sh",
            why="As in SCAR; what only bash knows fails.",
            severity=_WARNING,
        ),
    },
    "Secrets": {
        "secret-in-clear": Rule(
            "no secret may stand in a variable",
            why="It would be in the template, in the console and in version control.",
            hides_source=True,
            source=f"{_AWS}lambda/latest/dg/configuration-envvars-encryption.html",
        ),
        "credentials-in-clear": Rule(
            "no credential may stand in `storage_providers`",
            why=("SCAR carried it in clear into the function's variables and the job definition."),
            hides_source=True,
        ),
    },
    "Storage providers": {
        "storage-kind": Rule("a storage provider must be of a known kind"),
        "storage-unknown": Rule(
            "a storage provider must be defined",
            why=(
                "`s3` alone needs no definition. Another kind alone stands for its provider "
                "`default`, as in SCAR, or for the only one."
            ),
        ),
        "storage-address": Rule("a server must be named by its address"),
        "plain-http": Rule(
            "a server should be asked over https",
            why="Within a private network it may be right; the requests are signed in any case.",
            severity=_WARNING,
        ),
        "credentials-over-http": Rule(
            "credentials must not travel in clear",
            why="WebDAV's Basic authentication and Onedata's token are in every request.",
            source="https://datatracker.ietf.org/doc/html/rfc7617#section-4",
        ),
        "unverified-server": Rule(
            "a server's certificate should be checked",
            why="Who answers in the server's place gets the credentials and the files.",
            severity=_WARNING,
        ),
        "two-servers": Rule(
            "an event must tell of which server it is",
            why="Servers know nothing of the names that they have in a file.",
            severity=_WARNING,
        ),
        "no-events": Rule(
            "something must start a function whose files are not in a bucket of its own account",
            why=(
                "S3 notifications exist within AWS only. The provider's own events do it, where "
                "they reach the function, or whoever invokes it."
            ),
            severity=_WARNING,
        ),
    },
    "Batch": {
        "fractional-vcpus": Rule(
            "an EC2 job has whole vCPUs",
            source=f"{_AWS}batch/latest/APIReference/API_ResourceRequirement.html",
        ),
        "max-vcpus-too-small": Rule(
            "a compute environment must be able to hold a job",
            why="Otherwise the job waits for ever in the state RUNNABLE, and nothing fails.",
            source=f"{_AWS}batch/latest/userguide/job_stuck_in_runnable.html",
        ),
        "vcpus-out-of-order": Rule(
            "min, desired and max must be in order",
            source=f"{_AWS}batch/latest/APIReference/API_ComputeResource.html",
        ),
        "fargate-size": Rule(
            "Fargate has certain pairs of vCPUs and memory",
            source=f"{_AWS}batch/latest/APIReference/API_ResourceRequirement.html",
        ),
        "not-on-this-compute-type": Rule(
            "a key must mean something on the compute type",
            source=f"{_AWS}batch/latest/APIReference/API_ComputeResource.html",
        ),
        "gpu-on-fargate": Rule(
            "Fargate has no GPUs", source=f"{_AWS}batch/latest/userguide/fargate.html"
        ),
        "gpu-without-type": Rule(
            "GPUs need instance types that have some",
            why="The job would wait for ever.",
            source=f"{_AWS}batch/latest/userguide/gpu-jobs.html",
        ),
        "own-hosts": Rule(
            "hosts of your own are EC2 machines, one for each job",
            source=f"{_AWS}batch/latest/userguide/compute_environments.html",
        ),
        "gpu-too-old": Rule(
            "the GPUs of p3 and g3 machines have no driver any more",
            why="Batch makes GPU hosts of Amazon Linux 2023, whose drivers know newer GPUs only.",
            source=f"{_AWS}batch/latest/APIReference/API_Ec2Configuration.html",
        ),
        "multi-node-on-this-type": Rule(
            "jobs over several hosts need EC2 on demand",
            source=f"{_AWS}batch/latest/userguide/multi-node-parallel-jobs.html",
        ),
        "main-node": Rule("the main node must be one of the nodes"),
        "file-system-of-jobs": Rule(
            "a job needs the id of its file system, and a way to it",
            why="Lambda finds the file system by the access point, Batch does not.",
            source=f"{_AWS}batch/latest/userguide/efs-volumes.html",
        ),
        "compute-environment-differs": Rule(
            "functions that share a compute environment agree on it",
            why="It is one environment, with one set of machines.",
        ),
        "mixed-processors": Rule(
            "a compute environment has one kind of processor",
            source=f"{_AWS}batch/latest/APIReference/API_ComputeResource.html",
        ),
        "wrong-processor": Rule(
            "the hosts' processor must be the image's",
            why="An image of the other kind fails only when the job starts.",
        ),
    },
    "Workflows": {
        "no-functions": Rule("a file must name at least one function"),
        "oscar-refused": Rule(
            "OSCAR services run on OSCAR",
            why=(
                "They need a Kubernetes cluster. The functions under `aws` of the same file "
                "work as they are."
            ),
            source="https://docs.oscar.grycap.net",
        ),
        "writes-own-input": Rule(
            "a function must not start itself",
            why=(
                "Each run would start the next, and each costs money. AWS stops such loops "
                "late on Lambda, and never through Batch."
            ),
            source=f"{_AWS}lambda/latest/dg/invocation-recursion.html",
        ),
        "loop": Rule(
            "functions must not start each other in a ring",
            why=(
                "As for one function that starts itself. Prefixes, suffixes and key templates"
                " are taken into account."
            ),
            source=f"{_AWS}lambda/latest/dg/invocation-recursion.html",
        ),
        "existing-bucket-events": Rule(
            "a bucket that exists must tell EventBridge of its files",
            why="A stack cannot change the notifications of a bucket that it did not make.",
            source=f"{_AWS}AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html",
            severity=_WARNING,
        ),
        "overlap": Rule(
            "a file that starts two functions is told of",
            why=(
                "S3 refuses two notifications in one bucket if one prefix starts with the other "
                "and one suffix ends in the other. EventBridge does not, and takes over for the "
                "whole bucket; each event then costs."
            ),
            source=f"{_AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html",
            severity=_WARNING,
        ),
        "suffix-never-written": Rule(
            "an input's filter should let something through",
            why=(
                "A function of the workflow writes into this folder, but nothing that passes "
                "the filter."
            ),
            severity=_WARNING,
        ),
        "unused-bucket-settings": Rule(
            "settings of a bucket should be of one that is used", severity=_WARNING
        ),
        "setting-without-effect": Rule(
            "a setting should have something to act on",
            severity=_WARNING,
        ),
        "copies-need-versions": Rule(
            "a bucket that is copied keeps versions",
            source=f"{_AWS}AmazonS3/latest/userguide/replication-requirements.html",
        ),
        "copies-need-a-key": Rule(
            "copies of encrypted objects need a key of their own",
            why="S3 leaves objects under a KMS key out unless it is told the key of the copies.",
            source=(f"{_AWS}AmazonS3/latest/userguide/replication-config-for-kms-objects.html"),
        ),
        "takes-logs-or-copies": Rule(
            "a bucket that takes logs or copies serves no function",
            why="Each line of a log would start functions, and each of their reads a line.",
            source=f"{_AWS}AmazonS3/latest/userguide/ServerLogs.html",
        ),
        "bucket-settings-differ": Rule("a bucket has one set of settings"),
        "two-owners": Rule("a bucket has one owner"),
        "region-of-bucket": Rule(
            "a function and its buckets are in one region",
            why="S3 notifies functions of its own region only.",
            source=f"{_AWS}AmazonS3/latest/userguide/EventNotifications.html",
        ),
        "stack-ring": Rule(
            "stacks must have an order of deployment",
            why="A bucket can notify only functions that are there before it.",
        ),
        "role-too-large": Rule(
            "a function's role must not outgrow IAM's limit",
            why=(
                "The role names each input and output folder, and IAM takes 10,240 characters for "
                "all policies inside of a role."
            ),
            source=f"{_AWS}IAM/latest/UserGuide/reference_iam-quotas.html",
        ),
        "too-many-buckets": Rule(
            "a function takes events of some forty buckets",
            why="Its policy names each of them, and Lambda takes 20 KB.",
            source=f"{_AWS}lambda/latest/dg/gettingstarted-limits.html",
        ),
        "many-notifications": Rule(
            "a bucket takes about 100 notifications",
            source=f"{_AWS}general/latest/gr/s3.html",
            severity=_WARNING,
        ),
        "many-compute-environments": Rule(
            "an account has 50 compute environments in a region",
            why="The quota cannot be raised.",
            source=f"{_AWS}batch/latest/userguide/service_limits.html",
            severity=_WARNING,
        ),
    },
}
"""The rules by the section of the documents in which they stand."""

RULES: dict[str, Rule] = {name: rule for rules in SECTIONS.values() for name, rule in rules.items()}
