"""What several models hold."""

from __future__ import annotations

from collections.abc import Mapping

Variables = Mapping[str, str]
"""Names and values of environment variables, in the order of the file."""

Limits = Mapping[str, int]
"""Names and numbers, in the order of the file."""
