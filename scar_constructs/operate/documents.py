"""The documents of deployed stacks: what each was made of."""

from __future__ import annotations

from botocore.exceptions import ClientError

from scar_constructs.errors import UserError
from scar_constructs.model.limits import DOCUMENT_OUTPUT
from scar_constructs.operate.session import Session

_LARGEST_BYTES = 64 * 1024**2
_S3 = "s3://"


def document(session: Session, stack: str) -> str | None:
    """The document of a stack; None where no such stack is deployed. Raises UserError where the
    stack has none, and botocore's errors where it may not be read."""
    cloudformation = session.client("cloudformation")
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if found["StackStatus"] == "REVIEW_IN_PROGRESS":  # a change set of a stack that never was
        return None
    outputs = {one.get("Description"): one["OutputValue"] for one in found.get("Outputs", ())}
    place = str(outputs.get(DOCUMENT_OUTPUT, ""))
    if not place.startswith(_S3):
        message = f"the stack {stack} was deployed by an earlier version, which left no document"
        raise UserError(f"{message}; compare with the revision that was deployed")
    bucket, _, key = place.removeprefix(_S3).partition("/")
    body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    content: bytes = body.read(_LARGEST_BYTES)
    return content.decode(errors="replace")
