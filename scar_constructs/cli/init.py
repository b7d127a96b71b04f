"""`scar init`: SCAR's command that makes functions, of a file or of options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scar_constructs.cli.session import as_json, with_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from scar_constructs.operate.session import Session

_PATH = click.Path(path_type=Path)
_IGNORED = {
    "supervisor_version": "-sv: the runtime is built into the image",
    "runtime": "-rt: every image runs as a Lambda container image",
    "deployment_bucket": "-db: the CDK uploads to a bucket of its own",
    "preheat": "-ph: images need no preparation; the first call is as any other",
    "verbose": "-v: the deployment shows every resource as it is made",
}

_OPTIONS = (
    click.option("-n", "--name", metavar="NAME", help="the function's name"),
    click.option("-i", "--image", metavar="IMAGE", help="container image"),
    click.option("-if", "--image-file", metavar="FILE", type=_PATH, help="of `docker save`"),
    click.option("-s", "--init-script", metavar="FILE", type=_PATH, help="the script"),
    click.option("-ib", "--input-bucket", metavar="BUCKET/FOLDER", help="starts it"),
    click.option("-ob", "--output-bucket", metavar="BUCKET/FOLDER", help="takes its outputs"),
    click.option(
        "-em", "--execution-mode", metavar="MODE", help="lambda, lambda-batch, auto or batch"
    ),
    click.option("-m", "--memory", type=int, metavar="MIB", help="of the Lambda function"),
    click.option("-t", "--timeout", type=int, metavar="SECONDS", help="of the Lambda function"),
    click.option(
        "-tt", "--timeout-threshold", type=int, metavar="SECONDS", help="kept for the end"
    ),
    click.option("-e", "--environment", multiple=True, metavar="VAR=VALUE", help="for the script"),
    click.option(
        "-le", "--lambda-environment", multiple=True, metavar="VAR=VALUE", help="of Lambda"
    ),
    click.option("-d", "--description", metavar="TEXT", help="shown in the console"),
    click.option("-ll", "--log-level", metavar="LEVEL", help="of the runtime"),
    click.option("-l", "--layers", multiple=True, metavar="ARN", help="images take none"),
    click.option("-r", "--iam-role", metavar="ARN", help="a role of your own"),
    click.option("-ep", "--extra-payload", metavar="DIR", type=_PATH, help="files for the script"),
    click.option("-api", "--api-gateway-name", metavar="NAME", help="gives it an HTTP address"),
    click.option("-bm", "--batch-memory", type=int, metavar="MIB", help="of a job"),
    click.option("-bc", "--batch-vcpus", type=float, metavar="N", help="of a job"),
    click.option("-g", "--enable-gpu", is_flag=True, help="one GPU for a job"),
    click.option("-sv", "--supervisor-version", metavar="VERSION", help="ignored"),
    click.option("-rt", "--runtime", metavar="NAME", help="ignored"),
    click.option("-db", "--deployment-bucket", metavar="BUCKET", help="ignored"),
    click.option("-ph", "--preheat", is_flag=True, help="ignored"),
    click.option("-v", "--verbose", is_flag=True, help="ignored"),
)
"""Every option of SCAR 4 that describes a function."""


def _described(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command the options, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command(epilog="Example: scar init -f scar-mrbayes-batch.yaml")
@click.option(
    "-f", "--conf-file", metavar="FILE", type=_PATH, help="deploy the functions of a file"
)
@_described
@as_json
@with_session
def init(conf_file: Path | None, as_json: bool, session: Session, **given: Any) -> int:
    """Deploy the functions of a file, without asking; or write a file of the options first.

    The file is NAME.yaml in this folder. It is the truth from then on: change it, review the
    change with `scar diff`, and deploy it again.
    """
    from scar_constructs.cli.deployment import deploy_now
    from scar_constructs.terminal import say

    described = {name: value for name, value in given.items() if value not in (None, (), False)}
    for name in described.keys() & _IGNORED.keys():
        say(f"ignored: {_IGNORED[name]}")
        del described[name]
    if conf_file is not None and described:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(described))
        raise click.UsageError(f"write {options} into {conf_file}: -f takes no other description")
    if conf_file is None:
        from scar_constructs.operate.function_file import write_file

        conf_file = write_file(described)
        say(f"wrote {conf_file}: change it, and deploy it again with `scar init -f {conf_file}`")
    return deploy_now([conf_file], session, as_json=as_json)
