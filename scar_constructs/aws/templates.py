"""The templates of an application, in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scar_constructs.aws.app import add_stacks
from scar_constructs.aws.assembly import read_templates
from scar_constructs.aws.flags import new_app
from scar_constructs.language.workflow.join import Application
from scar_constructs.model.limits import RUNTIME_IMAGE


def templates_of(application: Application) -> Mapping[str, Mapping[str, Any]]:
    """Stack -> template, with that of the network if one is needed."""
    with tempfile.TemporaryDirectory() as folder:
        app = new_app(outdir=folder)
        add_stacks(app, application, runtime_image=RUNTIME_IMAGE)
        app.synth()
        return read_templates(Path(folder))
