"""Files, the shapes of values, and names: what can be said before a word is understood."""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue.rule import AWS, WARNING, Rule

READING_A_FILE = {
    "file-missing": Rule("the file must be there", why="A misspelt path is the commonest fault."),
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
            "The limit keeps the check fast for everybody and stops files that were made to hurt."
        ),
    ),
    "too-many-problems": Rule(
        "problems are told up to a thousand",
        why="Nobody reads more, and a file made to hurt could have millions.",
    ),
    "folder-empty": Rule(
        "a folder must hold YAML files",
        why=(
            "A folder stands for all its *.yaml and *.yml files, not for those of its sub-folders."
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
        why=("YAML readers take the last one in silence, so a copied block loses its first half."),
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
}

SHAPES_OF_VALUES = {
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
    "item-twice": Rule("an item must stand once in a list of ids"),
    "out-of-range": Rule(
        "a number must be within the service's limits",
        why="AWS says so too, but only at deployment, or when the job is submitted.",
        source=f"{AWS}lambda/latest/dg/gettingstarted-limits.html",
    ),
    "not-a-choice": Rule("a word must be one of those that the key knows"),
    "bad-text": Rule("a text must have the form that its key asks for"),
    "dynamic-reference": Rule(
        "no text may hold a dynamic reference of CloudFormation",
        why=(
            "It is resolved with the rights of the deployment, wherever it stands in a template, "
            "and the value ends in the clear in what the text was for. No text can escape it."
        ),
        source=f"{AWS}AWSCloudFormation/latest/UserGuide/dynamic-references.html",
    ),
    "cdk-token": Rule(
        "no text may hold a mark of the CDK",
        why="The CDK would look for the value that the mark stands for, and there is none.",
        source=f"{AWS}cdk/v2/guide/tokens.html",
    ),
    "pseudo-parameter": Rule(
        "no text may hold a pseudo parameter such as `${AWS::Region}`",
        why="Texts stay as they are written, so that AWS would get the letters, and the CDK "
        "refuses a template with such a text outside of `Fn::Sub`.",
        source=f"{AWS}AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html",
    ),
    "nul-character": Rule(
        "no text may hold the character NUL",
        why="No variable, argument or path can hold one: each run would fail.",
        source="https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap03.html",
    ),
    "refused-key": Rule("a key of SCAR that cannot be kept"),
    "ignored-key": Rule(
        "a key of SCAR that has no meaning any more",
        why="The key does no harm; it is told once, so that nobody relies on it.",
        severity=WARNING,
    ),
    "changed-key": Rule(
        "a value of SCAR that was replaced",
        why="What SCAR asked for does not exist any more.",
        severity=WARNING,
    ),
}

NAMES = {
    "function-name": Rule(
        "a function's name must suit Lambda",
        why="The Lambda function has this name.",
        source=f"{AWS}lambda/latest/api/API_CreateFunction.html",
    ),
    "function-name-taken": Rule(
        "each function needs a name of its own",
        why=(
            "Also over several files: the names are those of the Lambda functions of one account."
        ),
    ),
    "workflow-name": Rule(
        "a workflow's name must suit CloudFormation",
        why="The stack has this name.",
        source=f"{AWS}AWSCloudFormation/latest/APIReference/API_CreateStack.html",
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
        source=f"{AWS}AmazonS3/latest/userguide/bucketnamingrules.html",
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
        source=f"{AWS}AmazonS3/latest/userguide/object-keys.html",
    ),
    "variable-name": Rule(
        "a variable's name must suit the shell and the service",
        source=f"{AWS}lambda/latest/dg/configuration-envvars.html",
    ),
    "reserved-variable": Rule(
        "some variables belong to the service or to the runtime",
        why="Lambda refuses its own; those of the runtime would be overwritten.",
        source=f"{AWS}lambda/latest/dg/configuration-envvars.html",
    ),
    "variable-twice": Rule(
        "a variable is a value or a secret",
        why="Which of the two the script would see differs from Lambda to Batch.",
        source=f"{AWS}batch/latest/APIReference/API_ContainerProperties.html",
    ),
    "tag": Rule(
        "a tag's name must suit AWS",
        why="Names that start with `aws:` belong to AWS.",
        source=f"{AWS}tag-editor/latest/userguide/best-practices-and-strats.html",
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
}
