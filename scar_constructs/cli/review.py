"""`scar review`: what a change of workflows means."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scar_constructs.cli import options
from scar_constructs.cli.amounts import MANY
from scar_constructs.cli.draw import FORMS as PICTURES
from scar_constructs.cli.session import with_account

if TYPE_CHECKING:
    from scar_constructs.cli.review_versions import Account
    from scar_constructs.review.compare import Review
    from scar_constructs.review.sides import Side

FOUND = 3
"""Exit code where the change has what `--fail-on` names."""

_CONDITIONS = {
    "rights": "a role or caller may do more",
    "loss": "something is lost, or the deployment is refused",
    "cost": "the cost rises",
}
"""What `--fail-on` names -> what then is so; the names are those of `Review.verdict`."""


class Form(StrEnum):
    """How a review is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


@click.command(epilog="Example: scar review main..HEAD workflows/ --fail-on loss")
@click.argument(
    "versions", nargs=-1, required=True, metavar="OLD NEW | OLD..NEW [PATH]... | PATH..."
)
@click.option(
    "--deployed",
    is_flag=True,
    help="compare PATH... with what runs: reads from the account, and changes nothing",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Form]),
    help="markdown for a comment of a pull request, json for programs; default: text",
)
@click.option("--json", "-j", "as_json", is_flag=True, help="the same as --format json")
@click.option(
    "--picture",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"draw both versions in one picture, its changes marked: {', '.join(PICTURES)}",
)
@click.option(
    "--comment",
    is_flag=True,
    help="in GitHub Actions or GitLab CI: make the comment of the pull or merge request, or update "
    "it",
)
@click.option(
    "--fail-on",
    "fail_on",
    type=click.Choice([*_CONDITIONS]),
    multiple=True,
    help=f"exit with {FOUND} if "
    + "; ".join(f"{name}: {what}" for name, what in _CONDITIONS.items())
    + "; may be given several times",
)
@click.option(
    "--files", multiple=True, default=("1000",), metavar=MANY, help="files a month; default: 1000"
)
@click.option("--size", default="1MB", show_default=True, metavar="SIZE", help="of a file")
@click.option("--seconds", multiple=True, metavar=MANY, help="for one file; default: 30")
@options.untrusted
@options.defaults
@options.images_lock
@with_account
def review(
    versions: tuple[str, ...],
    deployed: bool,
    form: str | None,
    as_json: bool,
    picture: Path | None,
    comment: bool,
    fail_on: tuple[str, ...],
    files: tuple[str, ...],
    size: str,
    seconds: tuple[str, ...],
    untrusted: bool,
    defaults: Path | None,
    images_lock: Path | None,
    account: Account,
) -> int:
    """Say what a change means: functions, flow of files, rights, losses, quotas, cost, warnings.

    OLD and NEW are YAML files or folders of them, REVISION:PATH of the git repository, or cloud
    assemblies. OLD..NEW are two revisions, OLD.. a revision and the files as they are now, and
    OLD...NEW the change since the two parted. Without --deployed, it needs neither an account nor a
    network.
    """
    from scar_constructs.cli.amounts import amounts, require_functions, size_in_bytes
    from scar_constructs.cli.review_versions import Reader, versions_deployed
    from scar_constructs.cli.review_versions import versions as versions_of
    from scar_constructs.estimate import Assumptions
    from scar_constructs.review.compare import review as compare

    if picture is not None and picture.suffix not in PICTURES:
        raise click.UsageError(f"--picture: the name has to end in {', '.join(PICTURES)}")
    if as_json and form not in (None, Form.JSON):
        raise click.UsageError(f"--json and --format {form}: give one of them")
    assumptions = Assumptions(
        files=amounts("--files", files, "1000"),
        size=size_in_bytes(size),
        seconds=amounts("--seconds", seconds, "30"),
    )
    reader = Reader(defaults, images_lock, untrusted)
    with ExitStack() as stack:
        if deployed:
            before, after = versions_deployed(versions, reader, account)
        else:
            before, after = stack.enter_context(versions_of(versions, reader))
        require_functions([*{**before.functions, **after.functions}], assumptions)
        found = compare(before, after, assumptions)
        if picture is not None:
            _draw(found, before, after, picture, untrusted=untrusted)
        _print(found, before, after, Form.JSON if as_json else Form(form or Form.TEXT))
        if comment:
            _comment(found, before, after)
    return _judged(found, fail_on)


def _judged(found: Review, fail_on: tuple[str, ...]) -> int:
    """The exit code; what it is for is said."""
    from scar_constructs.terminal import say

    told = [name for name, is_so in found.verdict.items() if is_so and name in fail_on]
    for name in told:
        say(f"--fail-on {name}: {_CONDITIONS[name]}")
    return FOUND if told else 0


def _print(found: Review, before: Side, after: Side, form: Form) -> None:
    import json

    from scar_constructs.review.document import document
    from scar_constructs.review.text import text
    from scar_constructs.terminal import put

    if form is Form.JSON:
        put(f"{json.dumps(document(found), indent=1)}\n")
    elif form is Form.MARKDOWN:
        put(_page(found, before, after))
    else:
        put(text(found, is_coloured=sys.stdout.isatty()))


def _comment(found: Review, before: Side, after: Side) -> None:
    import os

    from scar_constructs.review.forge import publish
    from scar_constructs.review.page import MARKER
    from scar_constructs.terminal import say

    text = _page(found, before, after)
    say(publish(text, MARKER, os.environ, is_empty=found.is_empty))


def _page(found: Review, before: Side, after: Side) -> str:
    from scar_constructs.review.drawn import drawn
    from scar_constructs.review.page import page
    from scar_constructs.review.picture import mermaid

    return page(found, "" if found.is_empty else mermaid(drawn(found, before, after)))


def _draw(found: Review, before: Side, after: Side, target: Path, *, untrusted: bool) -> None:
    from scar_constructs.cli.draw import write
    from scar_constructs.review.drawn import drawn

    write(drawn(found, before, after), target, untrusted=untrusted)
