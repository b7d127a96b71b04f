"""Functions together: joined by buckets, in stacks, within quotas."""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue.rule import AWS, WARNING, Rule

WORKFLOWS = {
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
        source=f"{AWS}lambda/latest/dg/invocation-recursion.html",
    ),
    "alarm-address": Rule(
        "alarms go to one place",
        why="Either a topic is made that sends to a mail address, or a topic of your own is used.",
    ),
    "loop": Rule(
        "functions must not start each other in a ring",
        why=(
            "As for one function that starts itself. Prefixes, suffixes and key templates"
            " are taken into account."
        ),
        source=f"{AWS}lambda/latest/dg/invocation-recursion.html",
    ),
    "join-form": Rule(
        "a join is of one kind",
        why=(
            "Either by the execution that files come from, or by their names; each kind has keys "
            "of its own."
        ),
    ),
    "join-twice": Rule("one input of a function joins"),
    "join-elsewhere": Rule(
        "files are joined where S3 tells of them",
        why="Other providers keep no metadata, and no order of versions.",
    ),
    "join-never-whole": Rule(
        "a group can be whole",
        why="A group of which some file never passes the input's filters waits for ever.",
    ),
    "join-unknown": Rule("a join names a function that is there"),
    "join-not-upstream": Rule(
        "a join names a function upstream",
        why="Otherwise no file that arrives is from an execution of it.",
    ),
    "join-avoided": Rule(
        "all that comes to a join is from the function that it names",
        why="A file from elsewhere belongs to no execution, and would fail as an event.",
    ),
    "join-inside": Rule(
        "no join stands between a join and the function that it names",
        why="One run of it takes files of many places in the count.",
    ),
    "join-keys-meet": Rule(
        "files of different executions have different keys before a join",
        why="A file that is replaced before the next function read it never arrives at the join.",
        severity=WARNING,
    ),
    "existing-bucket-events": Rule(
        "a bucket that exists must tell EventBridge of its files",
        why="A stack cannot change the notifications of a bucket that it did not make.",
        source=f"{AWS}AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html",
        severity=WARNING,
    ),
    "overlap": Rule(
        "a file that starts two functions is told of",
        why=(
            "S3 refuses two notifications in one bucket if one prefix starts with the other "
            "and one suffix ends in the other. EventBridge does not, and takes over for the "
            "whole bucket; each event then costs."
        ),
        source=f"{AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html",
        severity=WARNING,
    ),
    "chain-does-not-meet": Rule(
        "an input that nothing feeds should not be almost an output that nothing reads",
        why="One letter apart, and the second function never starts.",
        severity=WARNING,
    ),
    "suffix-never-written": Rule(
        "an input's filter should let something through",
        why=(
            "A function of the workflow writes into this folder, but nothing that passes "
            "the filter."
        ),
        severity=WARNING,
    ),
    "unused-bucket-settings": Rule(
        "settings of a bucket should be of one that is used", severity=WARNING
    ),
    "setting-without-effect": Rule(
        "a setting should have something to act on",
        severity=WARNING,
    ),
    "copies-need-versions": Rule(
        "a bucket that is copied keeps versions",
        source=f"{AWS}AmazonS3/latest/userguide/replication-requirements.html",
    ),
    "copies-need-a-key": Rule(
        "copies of encrypted objects need a key of their own",
        why="S3 leaves objects under a KMS key out unless it is told the key of the copies.",
        source=(f"{AWS}AmazonS3/latest/userguide/replication-config-for-kms-objects.html"),
    ),
    "takes-logs-or-copies": Rule(
        "a bucket that takes logs or copies serves no function",
        why="Each line of a log would start functions, and each of their reads a line.",
        source=f"{AWS}AmazonS3/latest/userguide/ServerLogs.html",
    ),
    "spool-taken": Rule(
        "the spool is a bucket of its own",
        why="The runtime's documents would start functions, and expire with the spool's rule.",
    ),
    "bucket-settings-differ": Rule("a bucket has one set of settings"),
    "two-owners": Rule("a bucket has one owner"),
    "region-of-bucket": Rule(
        "a function and its buckets are in one region",
        why="S3 notifies functions of its own region only.",
        source=f"{AWS}AmazonS3/latest/userguide/EventNotifications.html",
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
        source=f"{AWS}IAM/latest/UserGuide/reference_iam-quotas.html",
    ),
    "too-many-buckets": Rule(
        "a function takes events of some forty buckets",
        why="Its policy names each of them, and Lambda takes 20 KB.",
        source=f"{AWS}lambda/latest/dg/gettingstarted-limits.html",
    ),
    "region-of-arn": Rule(
        "what a stack names by its ARN is in the stack's region",
        why="CloudFormation finds out while it deploys.",
        source=f"{AWS}IAM/latest/UserGuide/reference-arns.html",
    ),
    "many-filters": Rule(
        "an input has at most 1,000 pairs of a prefix and a suffix",
        why="S3 takes 100 notifications of a bucket; each pair is one.",
        source=f"{AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html",
    ),
    "many-notifications": Rule(
        "a bucket takes about 100 notifications",
        source=f"{AWS}general/latest/gr/s3.html",
        severity=WARNING,
    ),
    "many-rules": Rule(
        "an event bus takes 300 rules",
        why=(
            "Each function with jobs has one for those that fail, and each function one for each "
            "bucket whose events go through EventBridge (more, if its folders there are too many "
            "for one pattern of 2,048 characters). AWS may raise the quota."
        ),
        source=f"{AWS}eventbridge/latest/userguide/eb-quota.html",
        severity=WARNING,
    ),
    "many-flow-logs": Rule(
        "a network takes two flow logs",
        why="Workflows of a region share one network, and the quota cannot be raised.",
        source=f"{AWS}vpc/latest/userguide/amazon-vpc-limits.html",
        severity=WARNING,
    ),
    "many-compute-environments": Rule(
        "an account has 50 compute environments and 50 queues in a region",
        why="The quotas cannot be raised.",
        source=f"{AWS}batch/latest/userguide/service_limits.html",
        severity=WARNING,
    ),
    "many-shares": Rule(
        "a queue has 500 shares",
        why="Each function has one, and Batch refuses jobs of those beyond.",
        source=f"{AWS}batch/latest/APIReference/API_CreateJobQueue.html",
        severity=WARNING,
    ),
    "much-concurrency": Rule(
        "functions reserve 900 executions at once",
        why=(
            "An account has 1,000 in a region unless AWS raised the quota; Lambda keeps 100 for "
            "functions that reserve none."
        ),
        source=f"{AWS}lambda/latest/dg/configuration-concurrency.html",
        severity=WARNING,
    ),
    "many-usage-plans": Rule(
        "a region takes 300 usage plans",
        why="Each API with a key has one. AWS may raise the quota.",
        source=f"{AWS}apigateway/latest/developerguide/api-gateway-limits.html",
        severity=WARNING,
    ),
    "many-roles": Rule(
        "an account has 1,000 roles",
        why="A function has one, and two more if it has jobs. AWS may raise the quota.",
        source=f"{AWS}IAM/latest/UserGuide/reference_iam-quotas.html",
        severity=WARNING,
    ),
}
