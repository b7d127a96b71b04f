"""`scar ls`: functions, or the files of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from scar_constructs.operate.session import Session


@click.command(epilog="Example: scar ls -b my-bucket/output")
@click.option("-b", "--bucket", metavar="BUCKET[/FOLDER]", help="list the files there instead")
@as_json
@with_session
def ls(bucket: str | None, as_json: bool, session: Session) -> None:
    """List the functions that are deployed in the region, with how each ended last; or files."""
    if bucket:
        _list_files(bucket, as_json, session)
    else:
        _list_functions(as_json, session)


def _list_functions(as_json: bool, session: Session) -> None:
    import json

    from scar_constructs.operate.listing import functions_of
    from scar_constructs.terminal import put, say

    found = functions_of(session)
    if as_json:
        put(f"{json.dumps([one.document() for one in found], indent=1)}\n")
        return
    if not found:
        say(f"no workflow is deployed in region {session.region} of this account")
        return
    from scar_constructs.cli.tables import print_table

    print_table(
        ("function", "stack", "mode", "image", "MiB #", "input", "output", "last"),
        [
            (
                one.function.name,
                one.function.stack,
                one.function.mode,
                one.function.image,
                one.function.memory,
                "\n".join(one.function.inputs),
                "\n".join(one.function.outputs),
                one.last.status if one.last else None,
            )
            for one in found
        ],
    )


def _list_files(bucket: str, as_json: bool, session: Session) -> None:
    import json

    from scar_constructs.operate.objects import listed, split_path
    from scar_constructs.terminal import put

    name, prefix = split_path(bucket)
    found = list(listed(session.client("s3"), name, prefix))
    if as_json:
        put(f"{json.dumps([vars(one) for one in found], indent=1)}\n")
        return
    from scar_constructs.cli.tables import moment_words, print_table, size_words

    rows = [(moment_words(one.written), size_words(one.size), one.path) for one in found]
    print_table(("written", "size #", "file"), rows)
