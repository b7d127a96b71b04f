"""The corpus of faulty files: one seeded fault each, and the whole text that the user sees.

`python tests/unit/test_fdl_golden_errors.py` writes the texts anew; read what changed before it is
committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scar_constructs.language import FdlError, load_application, render
from scar_constructs.language.diagnostics.catalogue import RULES
from scar_constructs.language.lock import LOCK_FILE, read_lock

CORPUS = Path(__file__).parent.parent / "golden" / "errors"
CASES = sorted(
    path.name
    for path in CORPUS.iterdir()
    if (path.suffix == ".yaml" and path.name != LOCK_FILE.name)
    or (path.is_dir() and path.name != "__pycache__")
)

MADE_BY_TESTS = {
    "file-missing": "no file can be in the corpus and be missing",
    "file-unreadable": "needs a file without permissions, which version control does not keep",
    "file-too-large": "needs a file of megabytes",
    "script-too-large": "needs a file of megabytes",
    "payload-too-large": "needs a file of megabytes",
    "too-many-problems": "needs a thousand faults",
    "many-filters": "needs a thousand pairs",
    "many-notifications": "needs a hundred functions",
    "many-compute-environments": "needs fifty functions",
    "many-shares": "needs five hundred functions",
    "many-usage-plans": "needs three hundred functions",
    "many-roles": "needs hundreds of functions",
    "many-rules": "needs three hundred functions",
    "too-many-buckets": "needs fifty buckets",
    "untrusted-file": "needs a call with --untrusted",
    "payload-entry": "needs entries that version control does not keep",
    "role-too-large": "needs a hundred folders",
}
"""Rules that have their test elsewhere, and why they cannot stand in the corpus."""


def text_of(case: str) -> str:
    """What the user sees for a case, from inside the corpus."""
    try:
        loaded = load_application([Path(case)], lock=read_lock(LOCK_FILE))
    except FdlError as error:
        return f"{error}\n"
    return render(loaded.warnings) + "\n"


def rule_of(case: str) -> str:
    return case.partition(".")[0]


@pytest.mark.parametrize("case", CASES)
def test_error_text(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)

    assert text_of(case) == (CORPUS / f"{case.removesuffix('.yaml')}.txt").read_text()


@pytest.mark.parametrize("case", CASES)
def test_case_breaks_its_rule_and_no_other(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)

    found = {line.rsplit("[", 1)[-1].rstrip("]") for line in text_of(case).splitlines()}

    assert found == {rule_of(case)}


def test_every_rule_has_a_case() -> None:
    assert {rule_of(case) for case in CASES} | set(MADE_BY_TESTS) == set(RULES)


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 60


if __name__ == "__main__":
    os.chdir(CORPUS)
    for case in CASES:
        Path(f"{case.removesuffix('.yaml')}.txt").write_text(text_of(case))
