"""What a stack names by its ARN is in the stack's own region, where the service asks for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.keys.ecr import ECR_IMAGE
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar
from scar_constructs.language.yaml.tree import Sequence as Items
from scar_constructs.terminal import quote

Named = tuple[Located, str, str]
"""Where an ARN stands, the region in it, and what it names."""


def check_arn_regions(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a problem for each ARN of another region than its file's, if the file says one."""
    for file in files:
        region = file.file.region
        if region is None:
            continue
        for at, found, what in _named(file):
            if found != region:
                message = f"{what} is in {found}, and this file's stack in {region}"
                fix = f"name one of {region}, or give the file `region: {found}`"
                report.add(
                    problem("region-of-arn", at.path, at.position, message, quote(found), fix)
                )


def _named(file: ParsedFile) -> Iterator[Named]:
    options = file.file.options
    if options.kms_key:
        yield file.options_at["kms_key"], _region(options.kms_key), "the key"
    for name, settings in file.file.buckets.items():
        if settings.kms_key and not settings.existing:
            yield file.buckets_at[name], _region(settings.kms_key), "the bucket's key"
    for parsed in file.functions:
        yield from _of_function(parsed)


def _of_function(parsed: ParsedFunction) -> Iterator[Named]:
    """EFS and web ACLs are of one region; Lambda takes images from ECR of its own."""
    mounts = parsed.section.find("lambda.file_system")
    for one in mounts.items if isinstance(mounts, Items) else ():
        node = one.find("Arn") if isinstance(one, Mapping) else None
        if isinstance(node, Scalar) and parsed.function.file_system is not None:
            yield _at(node), _region(node.text), "the access point"
    node = parsed.section.find("api_gateway.web_acl")
    if isinstance(node, Scalar):
        yield _at(node), _region(node.text), "the web ACL"
    function = parsed.function
    image = ECR_IMAGE.fullmatch(function.image)
    if image and not function.create_image and function.execution_mode.runs_on_lambda:
        yield parsed.name_at, image["region"], "the image"


def _at(node: Node) -> Located:
    return Located(node.path, node.position)


def _region(arn: str) -> str:
    return arn.split(":")[3]
