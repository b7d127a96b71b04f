"""Files from outside of a workflow's folder: a warning, and with `--untrusted` an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scar_constructs.language import FdlError, load_application, render
from tests.support.command import main

SECRET = "root:hunter2"
WORKFLOW = "functions: {cow: {image: debian, init_script: run.sh, extra_payload: files}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workflow with a payload, and beside its folder a secret of the machine."""
    (tmp_path / "secret").write_text(f"#!/usr/bin/{SECRET}\n")
    folder = tmp_path / "workflow"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "own").write_text("own")
    (folder / "run.sh").write_text("#!/bin/sh\ntrue\n")
    (folder / "a.yaml").write_text(WORKFLOW)
    return folder


def rules(folder: Path, *, untrusted: bool = False) -> list[str]:
    try:
        found = load_application([folder], untrusted=untrusted).warnings
    except FdlError as error:
        found = error.problems
    assert not untrusted or SECRET not in render(found)
    return [problem.rule for problem in found]


def link_script(folder: Path) -> None:
    (folder / "run.sh").unlink()
    (folder / "run.sh").symlink_to("../secret")


def name_script(folder: Path) -> None:
    text = WORKFLOW.replace("run.sh", "../other.sh")
    (folder / "a.yaml").write_text(text)
    (folder.parent / "other.sh").write_text("#!/bin/sh\ntrue\n")


def name_absolutely(folder: Path) -> None:
    (folder.parent / "other.sh").write_text("#!/bin/sh\ntrue\n")
    (folder / "a.yaml").write_text(WORKFLOW.replace("run.sh", str(folder.parent / "other.sh")))


def link_in_payload(folder: Path) -> None:
    (folder / "files" / "link").symlink_to("../../secret")


def link_to_folder_in_payload(folder: Path) -> None:
    (folder.parent / "home").mkdir()
    (folder / "files" / "link").symlink_to("../../home")


def link_payload(folder: Path) -> None:
    (folder.parent / "home").mkdir()
    (folder / "a.yaml").write_text(WORKFLOW.replace("files", "home"))
    (folder / "home").symlink_to("../home")


@pytest.mark.parametrize(
    "reach",
    [name_script, name_absolutely, link_in_payload, link_to_folder_in_payload, link_payload],
)
def test_what_lies_outside_is_a_warning_and_untrusted_an_error(reach, folder: Path) -> None:  # type: ignore[no-untyped-def]
    reach(folder)

    assert rules(folder) == ["outside-file"]
    assert rules(folder, untrusted=True) == ["untrusted-file"]


def test_an_untrusted_script_from_outside_is_not_read(folder: Path) -> None:
    """The complaint about its first line would show it."""
    link_script(folder)

    assert rules(folder, untrusted=True) == ["untrusted-file"]


def test_an_untrusted_saved_image_from_outside_is_not_read(folder: Path) -> None:
    (folder / "a.yaml").write_text("functions: {cow: {image_file: ../secret, init_script: run.sh}}")

    assert rules(folder, untrusted=True) == ["untrusted-file"]
    assert rules(folder) == ["image-file", "outside-file"]


def test_an_untrusted_link_in_a_folder_of_yaml_files_is_not_read(folder: Path) -> None:
    (folder / "b.yaml").symlink_to("../secret")

    assert rules(folder, untrusted=True) == ["untrusted-file"]
    assert rules(folder) == ["file-empty", "outside-file"]


@pytest.mark.parametrize("untrusted", [False, True])
def test_links_inside_of_the_folder_are_fine(untrusted: bool, folder: Path) -> None:
    (folder / "files" / "link").symlink_to("own")
    (folder / "files" / "script").symlink_to("../run.sh")

    assert rules(folder, untrusted=untrusted) == []


def dangle(files: Path) -> None:
    (files / "odd").symlink_to("nothing")


def turn_back(files: Path) -> None:
    (files / "odd").symlink_to("..")


def loop(files: Path) -> None:
    (files / "odd").symlink_to("odd")


def pipe(files: Path) -> None:
    os.mkfifo(files / "odd")


@pytest.mark.parametrize("spoil", [dangle, turn_back, loop, pipe])
def test_a_payload_that_cannot_be_packed_is_an_error_with_its_place(spoil, folder: Path) -> None:  # type: ignore[no-untyped-def]
    spoil(folder / "files")

    with pytest.raises(FdlError) as caught:
        load_application([folder])

    (problem,) = caught.value.problems
    assert problem.rule == "payload-entry"
    assert problem.message.startswith('"odd" ')
    assert (problem.line, problem.path) == (1, "functions.cow.extra_payload")


def test_the_command_line_knows_the_switch(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link_in_payload(folder)

    assert main(["check", str(folder)]) == 0
    assert main(["check", "--untrusted", str(folder)]) == 1
    assert "[untrusted-file]" in capsys.readouterr().err
