"""The options of every command that acts on an account, and what such a command ends with.

Neither boto3 nor rich is imported before a command runs: `--help` has to be there at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from scar_constructs.operate.session import Session

as_json = click.option("--json", "-j", "as_json", is_flag=True, help="print the result as JSON")


def with_account(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an account, and in their place `account`, which opens a
    session: for commands that need one only sometimes."""

    @click.option("--profile", "-pf", metavar="NAME", help="profile of the AWS CLI")
    @click.option("--region", metavar="REGION", help="default: AWS_REGION, or that of the profile")
    @click.option("--endpoint-url", metavar="URL", help="where AWS answers, such as a local cloud")
    @functools.wraps(command)
    def wrapped(
        *args: Any, profile: str | None, region: str | None, endpoint_url: str | None, **kwargs: Any
    ) -> Any:
        def account(of_file: str | None = None) -> Session:
            """A session in the region of a file, if the file names one."""
            from scar_constructs.operate.session import Session

            return Session(profile, of_file or region, endpoint_url)

        return command(*args, account=account, **kwargs)

    return wrapped


def with_session(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an account, and `session` in their place."""

    @with_account
    @functools.wraps(command)
    def wrapped(*args: Any, account: Callable[[], Session], **kwargs: Any) -> Any:
        with faults_told():
            return command(*args, session=account(), **kwargs)

    return wrapped


@contextmanager
def faults_told() -> Iterator[None]:
    """Raise as `UserError`, in one line with its fix, what AWS or its SDK refuses in the block, and
    files of this machine that cannot be read or written."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    from scar_constructs.errors import UserError, file_faults_told
    from scar_constructs.operate.faults import explained

    try:
        with file_faults_told():
            yield
    except (Boto3Error, BotoCoreError, ClientError) as fault:
        raise UserError(explained(fault)) from fault
