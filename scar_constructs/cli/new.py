"""`scar new`: a project folder with a workflow that runs as it is."""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

import click

from scar_constructs import __version__, cdk_cli
from scar_constructs.errors import UserError, file_faults_told
from scar_constructs.language.reference.schema import render_schema
from scar_constructs.review.picture import layout
from scar_constructs.terminal import quote, say

_TEMPLATES = Path(__file__).with_name("project")
_PLACES = {
    "functions.yaml": "functions.yaml",
    "count.sh": "count.sh",
    "sample.txt": "sample.txt",
    "cdk.json": "cdk.json",
    "package.json": "package.json",
    "gitignore": ".gitignore",
    "pull-request.yml": ".github/workflows/pull-request.yml",
    "deploy.yml": ".github/workflows/deploy.yml",
}
"""Name under `project` -> place in the folder that is made."""

_SCHEMA = "functions.schema.json"
_BUCKET_LETTERS = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_SCRIPT_BITS = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class NewProjectError(UserError):
    """The folder or a name does not do; nothing was written."""


@click.command(epilog="Example: scar new demo && cd demo && scar check .")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="of the workflow, and with it of its stack; default: the folder's")
@click.option("--bucket", help="for the files; default: the name, and letters that nobody else has")
def new(folder: Path, name: str | None, bucket: str | None) -> None:
    """Make a project folder: a workflow, its script, a sample, and what the CDK CLI, editors and
    pull requests need. It runs as it is; change what the script does and where files come from.
    """
    named = name or _name_of(folder.resolve().name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NewProjectError(
            f"{quote(str(folder))} exists and is not an empty folder: name a new one"
        )
    for option, value in (("--name", name), ("--bucket", bucket)):
        if value is not None and not _WORD.fullmatch(value):
            raise NewProjectError(f"{option}: {quote(value)} has more than letters, digits and -")
    # Names of buckets are one space for all accounts of a partition.
    with file_faults_told():
        _write(folder, _files(named, bucket or f"{named.lower()}-{secrets.token_hex(4)}"))
    say(
        f"made {folder}: try it with\n"
        f"  cd {folder}\n  scar check .\n  scar local run . --put sample.txt --get out"
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the text of each place into the folder."""
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if place.endswith(".sh"):
            path.chmod(path.stat().st_mode | _SCRIPT_BITS)


def _name_of(folder: str) -> str:
    """A name that a stack and a bucket may have, like the folder's."""
    name = _BUCKET_LETTERS.sub("-", folder.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return name if name[:1].isalpha() else f"scar-{name}".strip("-")


def _files(name: str, bucket: str) -> dict[str, str]:
    """Place -> text of every file of the folder."""
    values = {
        "NAME": name,
        "BUCKET": bucket,
        "CDK_VERSION": cdk_cli.VERSION,
        "ELK_VERSION": layout.VERSION,
        "VERSION": __version__,
    }
    # The longer words first: one is the end of another.
    words = re.compile(r"\b(?:" + "|".join(sorted(values, key=len, reverse=True)) + r")\b")
    files = {
        place: words.sub(lambda found: values[found[0]], (_TEMPLATES / source).read_text("utf-8"))
        for source, place in _PLACES.items()
    }
    return files | {_SCHEMA: render_schema()}
