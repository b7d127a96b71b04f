"""Names that people and commands look for in an account."""

from __future__ import annotations

PROGRAM_CONTAINER = "program"
"""Where the script of a job runs whose image is not built upon; with its own way to the log."""

EVENT_QUEUE_PREFIX = "scar-events-"


def lambda_log_group(function: str) -> str:
    """Log group of the function's Lambda; the name is Lambda's own convention."""
    return f"/aws/lambda/{function}"


def job_log_group(function: str) -> str:
    """Log group of the function's jobs; not under /aws/batch, where `job` is Batch's default."""
    return f"/scar/batch/{function}"


def event_queue(function: str) -> str:
    """Queue through which the function's files come. It has a name because a bucket of another
    stack may send to it, and so that a failed message tells of its function."""
    return f"{EVENT_QUEUE_PREFIX}{function}"


def network_log_group(stack: str) -> str:
    """Log group of the flow logs of a stack's network."""
    return f"/scar/network/{stack}"
