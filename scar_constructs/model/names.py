"""Names that people and commands look for in an account."""

from __future__ import annotations

PROGRAM_CONTAINER = "program"
"""Where the script of a job runs whose image is not built upon; with its own way to the log."""


def lambda_log_group(function: str) -> str:
    """Log group of the function's Lambda; the name is Lambda's own convention."""
    return f"/aws/lambda/{function}"


def job_log_group(function: str) -> str:
    """Log group of the function's jobs; not under /aws/batch, where `job` is Batch's default."""
    return f"/scar/batch/{function}"


def network_log_group(stack: str) -> str:
    """Log group of the flow logs of a stack's network."""
    return f"/scar/network/{stack}"
