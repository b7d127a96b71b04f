"""Checks of one file, with its functions."""

from __future__ import annotations

from scar_constructs.language.checks.commands import check_commands
from scar_constructs.language.checks.functions import check_function
from scar_constructs.language.checks.storage import check_providers
from scar_constructs.language.checks.tags import check_merged_tags, check_tags
from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.tree import Mapping


def check_file(parsed: ParsedFile, root: Mapping, report: Report, *, knows_images: bool) -> None:
    """Everything that can be said of the file alone. `knows_images`: whether it can be known what
    images run, which is not so before the lock file is written."""
    top = Section(root, report)
    for function in parsed.functions:
        check_function(function)
        tags = function.section.find("lambda.tags")
        for found in check_merged_tags(tags, top.find("tags")):
            report.add(found)
        if knows_images:
            check_commands(function)
    check_providers(top)
    for found in check_tags(top.find("tags")):
        report.add(found)
