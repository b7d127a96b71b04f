"""`scar`: the group of all commands, how each ends, and what it exits with.

| exit code | meaning |
|---|---|
| 0 | all is well |
| 1 | a fault of the user's, in words; or an execution failed |
| 2 | the command was called in a wrong way |
| 3 | `review` found what its `--fail-on` names |
| 130 | interrupted |
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from scar_constructs import __version__
from scar_constructs.cli.completion import install_completion
from scar_constructs.cli.lazy import LazyGroup
from scar_constructs.errors import UserError
from scar_constructs.terminal import put, say

PROGRAM = "scar"
INTERRUPTED = 130

COMMANDS = {
    "new": ("new", "make a project folder with a workflow that runs"),
    "check": ("check", "find every mistake in files, without Node.js or CDK"),
    "explain": ("explain", "say what becomes of every key of files"),
    "draw": ("draw", "draw the workflow of files"),
    "review": ("review", "say what a change of workflows means, before it is deployed"),
    "schema": ("schema", "print the JSON Schema of the files, for editors"),
    "estimate": ("estimate", "say what workflows cost in a month, and what it is made of"),
    "config": ("config", "print what is packaged with a function"),
    "lock": ("lock", "write down the digests of images, and what they run"),
    "rights": ("rights", "print what the roles of a function have to be allowed"),
    "app": ("app", "be the CDK app, for `cdk.json`"),
    "synth": ("cdk", "make the templates, for review"),
    "diff": ("cdk", "say what a deployment would change"),
    "deploy": ("cdk", "deploy workflows"),
    "destroy": ("cdk", "remove workflows, and keep their buckets"),
    "local": ("local", "run workflows on this machine, in an emulated AWS"),
    "init": ("init", "deploy a file, or a function of options (SCAR's command)"),
    "rm": ("rm", "remove functions or workflows (SCAR's command)"),
    "invoke": ("invoke", "call a function at its HTTP address"),
    "run": ("run", "call a function directly, or once for each file of a folder"),
    "put": ("transfer", "upload a file or a folder"),
    "get": ("transfer", "download a file or a folder"),
    "ls": ("ls", "list functions, or files of a bucket"),
    "logs": ("logs", "show what scripts printed, of functions, a request, a job or a file"),
    "log": ("logs", "show the logs of a function (SCAR's command)"),
    "trace": ("trace", "show where a file came from, and what came of it"),
    "status": ("status", "show what waits, runs, is done and has failed"),
    "failures": ("redrive", "show the failed events that wait, and why"),
    "redrive": ("redrive", "give failed events to their functions again"),
    "policy": ("policy", "print the least policy of somebody who deploys, operates or reads"),
    "prune": ("prune", "remove what destroyed stacks left of their own"),
}
"""Name -> module of `scar_constructs.cli` with the command under its own name, and one line."""


@click.group(
    cls=LazyGroup,
    package="scar_constructs.cli",
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: scar new demo && cd demo && scar local run . --put sample.txt --get out",
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.option(
    "--install-completion",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=install_completion,
    help="Have the shell complete this command, and exit.",
)
def scar() -> None:
    """A Docker image and a shell script, run on every uploaded file."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command, and exit as the table above says."""
    try:
        result = scar.main(arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        sys.exit(result if isinstance(result, int) else 0)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except UserError as fault:
        put(f"{fault.shown_on(sys.stderr)}\n", sys.stderr)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        # At once: a call in another thread may take minutes, and what it does is done anyway.
        sys.stderr.flush()
        os._exit(INTERRUPTED)
    except OSError as fault:
        if fault.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        # Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # A reader that closed the pipe (`| head`) is no fault.
        if fault.errno == errno.ENOSPC:
            say(f"{fault.strerror}: make room, and call the command again")
        sys.exit(1)
