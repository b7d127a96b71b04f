"""The CDK app: context -> functions -> stacks -> cloud assembly.

Run by the CDK CLI, which passes the context (`-c functions=PATH`):

    functions      YAML files or folders of them, between commas, relative to the folder of the call
    defaults       SCAR's own configuration file (scar.cfg, JSON), merged under every function
    compliance     `all`, or cdk-nag packs between commas, to judge this synth
    runtime_image  what the first stage of every derived image starts from
    helper_image   a Python image for the helpers of jobs with `build: false`
    untrusted      `true` for files of somebody else: nothing from outside of their folders is read
    without        names of functions between commas that are left out
    images_lock    digests of images, and what they run; without it, images.lock.yaml in the folder
                   of the call, if any

Beside the templates, `workflow.mmd` and `workflow.svg` are pictures for review, and
`workflow.json` is what `scar review` compares.

A fault in what the user wrote is printed without a trace, and the exit code is 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import App
from aws_cdk.cx_api import CloudAssembly

from scar_constructs.aws.flags import new_app
from scar_constructs.aws.policy.compliance import add_packs
from scar_constructs.aws.settings import SettingsError, read_settings
from scar_constructs.aws.stack import WorkflowStack
from scar_constructs.images.lock_file import pin, pin_all
from scar_constructs.language import FdlError, load_application, render
from scar_constructs.language.archive import ImageFileError
from scar_constructs.language.workflow.join import Application
from scar_constructs.model.limits import HELPER_IMAGE, TEMPLATE_MAX_BYTES
from scar_constructs.review.picture.write import write_pictures
from scar_constructs.review.snapshot import write_snapshot
from scar_constructs.terminal import put, say

_DIVIDE = "divide the YAML file: functions in several files are joined by their buckets as well"
USER_FAULTS = {
    "ValidationFailed": (
        "mend the findings above, or leave `-c compliance` out; where a stack has too much of "
        f"something, {_DIVIDE}"
    ),
    "TooManyResourcesInStack": _DIVIDE,
}


def main() -> int:
    """Synthesise what the context asks for; the exit code."""
    app = new_app()
    try:
        settings = read_settings(app.node)
        loaded = load_application(
            settings.functions,
            settings.defaults,
            lock=settings.image_lock,
            untrusted=settings.untrusted,
            without=settings.without,
        )
    except (FdlError, SettingsError) as fault:
        say(fault)
        return 1
    if loaded.warnings:
        put(f"{render(loaded.warnings)}\n", sys.stderr)
    try:
        add_stacks(
            app,
            pin_all(loaded.application, settings.image_lock),
            runtime_image=pin(settings.runtime_image, settings.image_lock),
            helper_image=pin(settings.helper_image, settings.image_lock),
        )
    except ImageFileError as fault:
        say(f"{fault}; {fault.fix}")
        return 1
    add_packs(app, settings.compliance)
    code = synthesise(app)
    if code == 0:
        write_pictures(loaded.application, Path(app.outdir), untrusted=settings.untrusted)
        write_snapshot(loaded, settings.image_lock, Path(app.outdir))
    return code


def synthesise(app: App) -> int:
    """Write the assembly; 1 when CDK refused what the user asked for, with the reason printed."""
    try:
        assembly = app.synth()
    except RuntimeError as error:
        # jsii hands over errors of any kind as RuntimeErrors whose text begins with the kind. All
        # kinds but these are bugs of ours.
        kind, _, text = str(error).partition(":")
        if kind not in USER_FAULTS:
            raise
        say(f"{text.strip()}\n{USER_FAULTS[kind]}")
        return 1
    too_large = list(_too_large(assembly))
    for text in too_large:
        say(text)
    return 1 if too_large else 0


def _too_large(assembly: CloudAssembly) -> Iterator[str]:
    """The stacks whose templates CloudFormation does not take."""
    for stack in assembly.stacks:
        size = Path(stack.template_full_path).stat().st_size
        if size > TEMPLATE_MAX_BYTES:
            yield (
                f"the template of {stack.stack_name} has {size:,} bytes, and CloudFormation takes "
                f"{TEMPLATE_MAX_BYTES:,}; {_DIVIDE}"
            )


def add_stacks(
    app: App, application: Application, *, runtime_image: str, helper_image: str = HELPER_IMAGE
) -> None:
    """Make one stack per file, each after the stacks whose functions its buckets notify."""
    made: dict[str, WorkflowStack] = {}
    for workflow in application.stacks:
        stack = WorkflowStack(
            app,
            workflow.name,
            workflow=workflow,
            runtime_image=runtime_image,
            helper_image=helper_image,
        )
        for earlier in workflow.depends_on:
            stack.add_stack_dependency(made[earlier])
        made[workflow.name] = stack


if __name__ == "__main__":
    sys.exit(main())
