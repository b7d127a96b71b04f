"""What a request may end with."""

from __future__ import annotations


class AwsError(Exception):
    """A request to AWS failed. `code` is the service's word for it, or the exception's name.

    - `status`: of the service's answer; 0 if there was none
    - `passing`: whether the same request may succeed later
    - `applied`: whether the service may have carried it out all the same
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 0,
        *,
        passing: bool = False,
        applied: bool = False,
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status
        self.passing = passing
        self.applied = applied


class UnreadableError(AwsError):
    """An answer of success lacks what it should hold: it is cut, empty, or holds an error."""

    def __init__(self, message: str, code: str = "BadAnswer") -> None:
        super().__init__(code, message, 500, passing=True, applied=True)


class UnknownOutcomeError(AwsError):
    """A request that must not be carried out twice may have been carried out, or not."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.code, error.message, error.status, passing=True, applied=True)


class CredentialsError(AwsError):
    """There are no credentials to sign requests with."""
