"""Faults of a caller of Batch."""

from __future__ import annotations


class ClientError(ValueError):
    """A request that AWS Batch refuses with a ClientException; the text is AWS's."""
