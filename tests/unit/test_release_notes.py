"""The text of a release is the changelog's section of its version."""

from __future__ import annotations

import pytest

from scar_constructs import __version__
from scripts.release_notes import main, notes

CHANGELOG = "# Changelog\n\n## 1.10.0\n\nten\n\n## 1.1.0 - 2026-01-02\n\n### Added\n\n- one\n"


@pytest.mark.parametrize(
    ("version", "text"), [("1.10.0", "ten\n"), ("1.1.0", "### Added\n\n- one\n")]
)
def test_the_section_of_a_version(version: str, text: str) -> None:
    assert notes(CHANGELOG, version) == text


@pytest.mark.parametrize("version", ["1.1", "1x1.0", "2.0.0"])
def test_a_version_without_a_section_is_an_error(version: str) -> None:
    with pytest.raises(ValueError, match="no section"):
        notes(CHANGELOG, version)


def test_the_package_s_version_has_a_section() -> None:
    assert main(f"v{__version__}").startswith("### Added")


def test_a_tag_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=f"which is {__version__}"):
        main("v99.0.0")
