"""What a request may end with."""

from __future__ import annotations


class AwsError(Exception):
    """A request to AWS failed. `code` is the service's word for it, or the exception's name."""

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.status = status


class CredentialsError(AwsError):
    """There are no credentials to sign requests with."""
