"""Bucket names and `bucket/folder` paths."""

from __future__ import annotations

import re

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Scalar
from scar_constructs.model import limits
from scar_constructs.terminal import quote, shorten

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]\Z")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")
_S3_ADDRESS = re.compile(
    r"(?:s3a?://|arn:[a-z-]+:s3:::|https?://(?=[^/]+\.s3[.-][^/]*amazonaws\.com))(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_S3_HOST = re.compile(r"\.s3[.-][^/]*amazonaws\.com(?:\.cn)?(?=/|\Z)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def bucket_fault(name: str) -> str | None:
    """Which rule of S3 the name breaks, in words that follow "must", or None.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if not limits.BUCKET_NAME_MIN <= len(name) <= limits.BUCKET_NAME_MAX:
        return f"have {limits.BUCKET_NAME_MIN} to {limits.BUCKET_NAME_MAX} characters"
    if not _BUCKET.match(name):
        return "have only lower-case letters, digits, dots and hyphens, and end in none of the last"
    if ".." in name:
        return "not have two dots side by side"
    if _ADDRESS.match(name):
        return "not look like an IP address"
    if name.startswith(_RESERVED_PREFIXES):
        return f"not start with {', '.join(_RESERVED_PREFIXES)}: AWS keeps these"
    if name.endswith(_RESERVED_SUFFIXES):
        return f"not end in {', '.join(_RESERVED_SUFFIXES)}: AWS keeps these"
    return None


def _without_address(text: str) -> str | None:
    """`bucket/folder` of a URI, URL or ARN of S3; None for a text that is none of these."""
    found = _S3_ADDRESS.fullmatch(text)
    return _S3_HOST.sub("", found["rest"], count=1).strip("/") if found else None


def control_fault(text: str) -> str | None:
    """What follows "must" for a name that holds control characters or line ends, or None."""
    found = _CONTROL.search(text)
    return f"hold no control character or line end, such as {found[0]!r}" if found else None


def split(node: Scalar, report: Report) -> tuple[str, str] | None:
    """Bucket and folder of a path such as `bucket/a/b`, or None after a problem was added.

    The folder has no slash at either end, and is empty for the whole bucket.
    """
    plain = _without_address(node.text)
    if plain is not None:
        message = "must be bucket/folder alone, without the address of S3 before it"
        report.add(fault("bucket-name", node, message, f"write {shorten(plain)}"))
        return None
    bucket, _, folder = node.text.strip("/").partition("/")
    found = bucket_fault(bucket)
    if found is not None:
        report.add(
            problem(
                "bucket-name",
                node.path,
                node.position,
                f"the bucket's name must {found}",
                quote(bucket),
                "rename the bucket",
            )
        )
        return None
    return (bucket, folder) if _is_folder(folder, node, report) else None


def split_folder(node: Scalar, report: Report) -> tuple[str, str] | None:
    """The same where nothing is known of the rules for the first part, or it is a folder itself."""
    text = node.text.strip("/")
    if not text:
        report.add(
            problem(
                "bad-folder",
                node.path,
                node.position,
                "must name a bucket or a folder",
                quote(node.text),
                "write it as a/b/c",
            )
        )
        return None
    first, _, rest = text.partition("/")
    return (first, rest) if _is_folder(text, node, report) else None


def _is_folder(folder: str, node: Scalar, report: Report) -> bool:
    """Whether the folder is sound; else a problem is added."""
    control = control_fault(folder)
    if control is not None:
        report.add(fault("bad-folder", node, f"a folder must {control}", "remove it"))
        return False
    parts = folder.split("/") if folder else []
    if any(part in ("", ".", "..") for part in parts):
        report.add(
            problem(
                "bad-folder",
                node.path,
                node.position,
                "a folder must not have empty parts, `.` or `..`",
                quote(folder),
                "write it as a/b/c",
            )
        )
        return False
    return True
