"""Reviews of revisions: a real repository, which is left as it is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scar_constructs.cli.main import scar
from scar_constructs.errors import UserError
from scar_constructs.review import revisions

Git = Callable[..., str]
FLOW = (
    "functions:\n  aws:\n  - lambda:\n      name: one\n      memory: {memory}\n"
    "      init_script: run.sh\n      container: {{image: debian}}\n"
)


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository of two commits on `main`, as the current folder."""
    top = tmp_path / "repository"
    top.mkdir()
    monkeypatch.chdir(top)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)

    def call(*arguments: str, given: bytes = b"") -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        command = ["git", *identity, *arguments]
        done = subprocess.run(command, cwd=top, input=given, capture_output=True, check=True)
        return done.stdout.decode().strip()

    call("init", "--quiet", "--initial-branch=main")
    (top / "flows").mkdir()
    (top / "flows" / "run.sh").write_text("#!/bin/sh\necho one\n")
    (top / "flows" / "flow.yaml").write_text(FLOW.format(memory=512))
    call("add", ".")
    call("commit", "--quiet", "-m", "first")
    (top / "flows" / "flow.yaml").write_text(FLOW.format(memory=1024))
    (top / "flows" / "run.sh").write_text("#!/bin/sh\necho two\n")
    call("commit", "--quiet", "-a", "-m", "second")
    return call


def reviewed(*arguments: str) -> dict[str, Any]:
    command = ["review", *arguments, "--json"]
    result = CliRunner().invoke(scar, command, catch_exceptions=False, standalone_mode=False)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def changed(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (key["key"], key["before"], key["after"])
        for one in found["functions"]
        for key in one["keys"]
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("HEAD~1..HEAD", "flows"),
        ("HEAD~1..", "flows"),
        ("HEAD~1...main", "flows/flow.yaml"),
        ("HEAD~1:flows", "HEAD:flows"),
        ("HEAD~1:flows/flow.yaml", "flows"),
    ],
    ids=" ".join,
)
def test_revisions_are_compared(arguments: tuple[str, ...], git: Git) -> None:
    found = reviewed(*arguments)
    assert changed(found) == [("lambda.memory", "512", "1024")]
    (function,) = found["functions"]
    assert "-echo one" in function["script"]
    assert "+echo two" in function["script"]
    assert git("status", "--porcelain") == ""


def test_places_are_those_of_the_revision(git: Git) -> None:
    (function,) = reviewed("HEAD~1..HEAD", "flows")["functions"]
    assert function["at"]["file"] == "HEAD:flows/flow.yaml"
    git("rm", "--quiet", "-r", "--cached", "flows")
    (function,) = reviewed("HEAD..HEAD~1", "flows")["functions"]
    assert function["at"]["file"] == "HEAD~1:flows/flow.yaml"


def test_faults_of_a_revision_are_told_at_its_places(git: Git) -> None:
    Path("flows/flow.yaml").write_text(FLOW.format(memory=1))
    git("commit", "--quiet", "-a", "-m", "bad")
    result = CliRunner().invoke(scar, ["review", "HEAD~1..HEAD", "flows"])
    assert "HEAD:flows/flow.yaml:5" in str(result.exception)
    assert "/tmp" not in str(result.exception)


def test_it_works_from_a_folder_inside(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("flows")
    assert changed(reviewed("HEAD~1..HEAD")) == [("lambda.memory", "512", "1024")]
    assert git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere..HEAD",), "git knows no revision nowhere"),
        (("--", "--output=x..HEAD"), "git knows no revision --output=x"),
        (("flows",), "two versions are compared"),
        (("HEAD..", ".."), ".. is outside of the repository"),
        (("HEAD:/etc", "flows"), "/etc is outside of the repository"),
        (("flows", "HEAD:../.."), "../.. is outside of the repository"),
        (("flows", "not-there"), "not-there is no file, no folder and no revision"),
    ],
    ids=str,
)
def test_what_git_does_not_know(arguments: tuple[str, ...], said: str, git: Git) -> None:
    result = CliRunner().invoke(scar, ["review", *arguments])
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)
    assert git("status", "--porcelain") == ""


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = CliRunner().invoke(scar, ["review", "main..HEAD"])
    assert "in none" in str(result.exception)


def test_nothing_of_the_repository_runs_or_rewrites(git: Git, tmp_path: Path) -> None:
    """Neither filters nor attributes: what is read is what was committed."""
    seen = tmp_path / "seen"
    git("config", "filter.evil.smudge", f"touch {seen}")
    git("config", "filter.evil.clean", "cat")
    Path(".gitattributes").write_text("*.sh filter=evil export-subst\n*.yaml export-ignore\n")
    Path("flows/run.sh").write_text("#!/bin/sh\necho $Format:%H$\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "attributes")
    (function,) = reviewed("HEAD~1..HEAD", "flows")["functions"]
    assert "+echo $Format:%H$" in function["script"]
    assert not seen.exists()


def test_links_that_lead_out_are_not_followed(git: Git, tmp_path: Path) -> None:
    secret = tmp_path / "secret.sh"
    secret.write_text("#!/bin/sh\nSECRET\n")
    Path("flows/run.sh").unlink()
    Path("flows/run.sh").symlink_to(secret)
    git("commit", "--quiet", "-a", "-m", "link")
    result = CliRunner().invoke(scar, ["review", "HEAD~1:flows", "HEAD:flows"])
    assert "init_script" in str(result.exception)
    assert "SECRET" not in f"{result.exception}{result.output}"


def test_links_within_the_revision_are_followed(git: Git) -> None:
    Path("flows/run.sh").rename("flows/real.sh")
    Path("flows/run.sh").symlink_to("real.sh")
    git("add", ".")
    git("commit", "--quiet", "-m", "link")
    assert reviewed("HEAD~1..HEAD", "flows")["functions"] == []


@pytest.mark.parametrize("name", ["../out", "..", ".git/hooks/post-checkout", "a/../../out"])
def test_trees_made_by_hand_write_nothing_outside(name: str, git: Git, tmp_path: Path) -> None:
    """Git itself refuses to make most of them; the rule is the same for all."""
    assert not revisions._is_inside(name)
    blob = git("hash-object", "-w", "--stdin", given=b"x")
    entry = b"100644 ..\0" + bytes.fromhex(blob)
    tree = git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", given=entry)
    commit = git("commit-tree", tree, "-m", "by hand")
    target = tmp_path / "target"
    target.mkdir()
    revisions.export(commit, [Path()], target)
    assert list(target.iterdir()) == []


def test_of_a_large_repository_only_the_folders_that_are_named_are_read(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "_LARGEST_TREE_FILES", 2)
    Path("elsewhere").mkdir()
    Path("elsewhere/other.txt").write_text("x")
    git("add", ".")
    git("commit", "--quiet", "-m", "more")
    target = tmp_path / "target"
    target.mkdir()
    here = revisions.export("HEAD", [Path("flows/flow.yaml")], target)
    found = {str(one.relative_to(here)) for one in here.rglob("*") if one.is_file()}
    assert found == {"flows/flow.yaml", "flows/run.sh"}


def test_odd_names_of_files_come_through(git: Git) -> None:
    Path("flows/run.sh").rename('flows/a "b"\té.sh')
    text = FLOW.format(memory=1024).replace("run.sh", '"a \\"b\\"\\té.sh"')
    Path("flows/flow.yaml").write_text(text)
    git("add", ".")
    git("commit", "--quiet", "-m", "odd")
    (function,) = reviewed("HEAD~1..HEAD", "flows")["functions"]
    assert [one["key"] for one in function["keys"]] == ["init_script"]


def test_the_lock_of_images_is_that_of_the_revision(git: Git) -> None:
    digests = [f"sha256:{digit * 64}" for digit in "12"]
    for number, digest in enumerate(digests):
        Path("images.lock.yaml").write_text(f"images:\n  debian: {digest}\n")
        git("add", ".")
        git("commit", "--quiet", "-m", f"lock {number}")
    assert changed(reviewed("HEAD~1..HEAD", "flows")) == [
        ("contents of debian", "sha256:111111111111", "sha256:222222222222")
    ]
