"""What a rule of the language is made of."""

from __future__ import annotations

from dataclasses import dataclass

from scar_constructs.language.diagnostics.problems import Severity


@dataclass(frozen=True)
class Rule:
    """One rule: `title` says what must hold, `why` the reason, `source` the page of who says so.

    With `hides_source` the line of the file is not shown: it holds what nobody should see.
    """

    title: str
    why: str = ""
    source: str = ""
    severity: Severity = Severity.ERROR
    hides_source: bool = False


AWS = "https://docs.aws.amazon.com/"
WARNING = Severity.WARNING
