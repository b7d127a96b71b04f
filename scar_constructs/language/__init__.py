"""The Functions Definition Language of SCAR: YAML files to checked, frozen models.

Nothing in this package imports the CDK, so that a file is checked in well under a second.
"""

from scar_constructs.language.diagnostics.exception import FdlError
from scar_constructs.language.diagnostics.problems import Problem, Severity
from scar_constructs.language.diagnostics.rendering import render
from scar_constructs.language.load import LoadedApplication, load_application

__all__ = [
    "FdlError",
    "LoadedApplication",
    "Problem",
    "Severity",
    "load_application",
    "render",
]
