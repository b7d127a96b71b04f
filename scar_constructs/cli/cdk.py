"""`scar synth|diff|deploy|destroy`: the CDK CLI with our app on the files of the call."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from scar_constructs import cdk_cli
from scar_constructs.language import load_application
from scar_constructs.language.lock import find_lock

_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
_USAGE = "PATH... [OPTIONS OF THE CDK CLI]"


def _command(name: str, text: str, example: str) -> Callable[..., click.Command]:
    return click.command(
        name,
        help=text,
        epilog=f"Example: {example}",
        context_settings=_SETTINGS,
        options_metavar="",
    )


_words = click.argument("words", nargs=-1, required=True, metavar=_USAGE, type=click.UNPROCESSED)


@_command(
    "synth",
    "Make the templates of the files at PATH in cdk.out, for review.\n\nOptions after the paths "
    "are those of `cdk synth`.",
    "scar synth examples/hello --output reviewed",
)
@_words
def synth(words: Sequence[str]) -> int:
    paths, options = _split(words)
    return _run("synth", paths, ["--quiet", *options])


@_command(
    "diff",
    "Say what a deployment of the files at PATH would change.\n\nOptions after the paths are those "
    "of `cdk diff`.",
    "scar diff examples/hello",
)
@_words
def diff(words: Sequence[str]) -> int:
    paths, options = _split(words)
    return _run("diff", paths, options)


@_command(
    "deploy",
    "Deploy the files at PATH, after asking where rights are added.\n\nOptions after the paths are "
    "those of `cdk deploy`; where nobody can answer, add `--require-approval never`.",
    "scar deploy examples/hello",
)
@_words
def deploy(words: Sequence[str]) -> int:
    paths, options = _split(words)
    return _run("deploy", paths, options, named=True)


@_command(
    "destroy",
    "Remove what the files at PATH deployed, after asking. Buckets with your files stay, and so "
    "does the network that workflows share.\n\nOptions after the paths are those of `cdk destroy`.",
    "scar destroy examples/hello --force",
)
@_words
def destroy(words: Sequence[str]) -> int:
    paths, options = _split(words)
    return _run("destroy", paths, options, named=True)


def _split(words: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The paths, and from the first word with a dash on what is the CDK CLI's."""
    count = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    if count == 0:
        raise click.UsageError("name YAML files, or folders of them, before the options")
    options = list(words[count:])
    return [Path(word) for word in words[:count]], options[options[:1] == ["--"] :]


def _run(name: str, paths: Sequence[Path], options: Sequence[str], *, named: bool = False) -> int:
    """Check the files, and run the CDK CLI; its exit code. `named`: on the stacks of the files,
    which brings what they depend on, and not on all that the app has."""
    stacks = load_application(paths, lock=find_lock(None)).application.stacks
    names = [stack.name for stack in stacks] if named else []
    program = [*cdk_cli.command(), name, *names, *cdk_cli.app(paths), *cdk_cli.QUIET, *options]
    return subprocess.run(program, env=cdk_cli.environment(os.environ)).returncode
