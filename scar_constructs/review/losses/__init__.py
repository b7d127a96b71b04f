"""What a deployment would lose, or would be refused for, and the way that loses nothing.

The rules are those of docs/updates.md: CloudFormation replaces and removes what it has to, and
some of that holds events, jobs, files or history.
"""

from scar_constructs.review.losses.find import find_losses
from scar_constructs.review.losses.loss import Loss, Severity

__all__ = ["Loss", "Severity", "find_losses"]
