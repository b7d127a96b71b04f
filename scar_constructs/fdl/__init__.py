"""The Functions Definition Language of SCAR: YAML files to checked, frozen models.

Nothing in this package imports the CDK, so that a file is checked in well under a second.
"""

from scar_constructs.fdl.errors import Problem, Severity
from scar_constructs.fdl.loader import LoadedApplication, load_application
from scar_constructs.fdl.refusal import FdlError
from scar_constructs.fdl.rendering import render

__all__ = [
    "FdlError",
    "LoadedApplication",
    "Problem",
    "Severity",
    "load_application",
    "render",
]
