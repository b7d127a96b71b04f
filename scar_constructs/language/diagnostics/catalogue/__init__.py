"""Every rule of the language: its stable name, what it asks, why, and who says so.

The name may stand in users' tools and never changes. `docs/checks.md` is made from this table,
with the example of each rule from the corpus of faulty files.
"""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue.files import (
    NAMES,
    READING_A_FILE,
    SHAPES_OF_VALUES,
)
from scar_constructs.language.diagnostics.catalogue.functions import ONE_FUNCTION, SCRIPTS, SECRETS
from scar_constructs.language.diagnostics.catalogue.jobs import BATCH
from scar_constructs.language.diagnostics.catalogue.rule import Rule
from scar_constructs.language.diagnostics.catalogue.storage import STORAGE_PROVIDERS
from scar_constructs.language.diagnostics.catalogue.workflows import WORKFLOWS

__all__ = ["RULES", "SECTIONS", "Rule"]

SECTIONS: dict[str, dict[str, Rule]] = {
    "Reading a file": READING_A_FILE,
    "Shapes of values": SHAPES_OF_VALUES,
    "Names": NAMES,
    "One function": ONE_FUNCTION,
    "Scripts": SCRIPTS,
    "Secrets": SECRETS,
    "Storage providers": STORAGE_PROVIDERS,
    "Batch": BATCH,
    "Workflows": WORKFLOWS,
}
"""The rules by the section of the documents in which they stand."""

RULES: dict[str, Rule] = {name: rule for rules in SECTIONS.values() for name, rule in rules.items()}
