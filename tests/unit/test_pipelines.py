"""The pipelines that people get: their steps run on two revisions of a repository made here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scar_constructs.cli.new import _TEMPLATES
from tests.support.forge import TOKEN, Forge, forge

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "review" / "action.yml"
PULL_REQUEST, DEPLOY = _TEMPLATES / "pull-request.yml", _TEMPLATES / "deploy.yml"
GITLAB = ROOT / "docs" / "gitlab-ci.yml"
KEPT = ROOT / "tests" / "golden" / "reviews" / "comment.md"
WORKFLOWS = [PULL_REQUEST, DEPLOY, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
FLOW = (
    "functions:\n  aws:\n  - lambda:\n      name: count\n      memory: {memory}\n"
    "      init_script: count.sh\n      container: {{image: debian}}\n"
    "      output: [{{storage_provider: s3, path: {bucket}/counts}}]\n"
)


def load(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text().replace("VERSION", "1.0"))
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    document = load(path)
    jobs = document.get("jobs") or {"": document.get("runs")}
    return [step for job in jobs.values() for step in job["steps"]]


def step(path: Path, name: str) -> dict[str, Any]:
    (found,) = [one for one in steps(path) if one.get("name") == name]
    return found


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_no_expression_stands_in_a_script_and_every_script_is_one(path: Path) -> None:
    """Names of branches and titles are other people's words: a shell gets them as variables."""
    for one in steps(path):
        script = one.get("run", "")
        if path in (PULL_REQUEST, DEPLOY, ACTION):
            assert "${{" not in script, script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        assert "uses" in one or "run" in one


@pytest.mark.parametrize("path", [PULL_REQUEST, DEPLOY], ids=lambda path: path.name)
def test_a_job_has_no_more_rights_than_it_says(path: Path) -> None:
    document = load(path)
    trigger = document[True]  # `on`, as YAML 1.1 reads it
    assert "pull_request_target" not in trigger
    assert document["permissions"]["contents"] == "read"
    for job in document["jobs"].values():
        writes = {name for name, right in job.get("permissions", {}).items() if right == "write"}
        assert writes <= {"pull-requests"}
        runs_files = any("npm install" in one.get("run", "") for one in job["steps"])
        assert not (runs_files and writes), "what a pull request brings would run with rights"


def test_two_deployments_never_run_at_once() -> None:
    document = load(DEPLOY)
    assert document["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    (job,) = document["jobs"].values()
    assert job["environment"] == "production"
    (deploy,) = load(GITLAB)["deploy"]["script"][-1:]
    assert deploy == step(DEPLOY, "deploy")["run"]
    assert load(GITLAB)["deploy"]["resource_group"]


@pytest.fixture
def running() -> Iterator[Forge]:
    with forge() as found:
        yield found


@pytest.fixture
def repository(tmp_path: Path, running: Forge) -> Mapping[str, str]:
    """A clone whose branch changes a function; the variables under which its pipeline runs."""
    top, home = tmp_path / "checkout", tmp_path / "home"
    for one in (top, home):
        one.mkdir()
    event = home / "event.json"
    event.write_text('{"pull_request": {"number": 7}}')
    program = home / "scar"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m scar_constructs "$@"\n')
    program.chmod(0o755)
    variables = {
        **os.environ,
        "PATH": f"{home}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "FOLDER": str(top),
        "RUNNER_TEMP": str(home),
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": running.address,
        "GITHUB_BASE_REF": "main",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "me/flows",
        "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
        "GITHUB_TOKEN": TOKEN,
    }
    (top / "count.sh").write_text("#!/bin/sh\nwc -l\n")
    (top / "flow.yaml").write_text(FLOW.format(memory=512, bucket="flow-out"))
    run("git init -q -b main", variables)
    commit(variables, "first")
    run("git update-ref refs/remotes/origin/main HEAD; git checkout -q -b change", variables)
    (top / "count.sh").write_text("#!/bin/sh\nwc -w\n")
    (top / "flow.yaml").write_text(FLOW.format(memory=1024, bucket="flow-public"))
    commit(variables, "second")
    return variables


def run(script: str, variables: Mapping[str, str], code: int = 0) -> str:
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=variables["FOLDER"],
        env=dict(variables),
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def commit(variables: Mapping[str, str], message: str) -> None:
    identity = "-c user.name=test -c user.email=test@example.org"
    run(f"git add -A; git {identity} commit -q -m {message}", variables)


def reviewed(running: Forge) -> str:
    """The text of the one comment, without the name of the commit."""
    (comment,) = running.comments
    return re.sub(r"`[0-9a-f]{12}(?=[`:])", "`BASE", str(comment["body"]))


def test_the_steps_of_a_new_project_make_one_comment_and_update_it(
    repository: Mapping[str, str], running: Forge
) -> None:
    run(step(PULL_REQUEST, "check")["run"], repository)
    shown = run(step(PULL_REQUEST, "review")["run"], repository)
    assert "made the comment" in shown
    if os.environ.get("SCAR_UPDATE_GOLDEN") == "1":
        KEPT.write_text(reviewed(running), encoding="utf-8")
    assert reviewed(running) == KEPT.read_text(encoding="utf-8")
    folder = Path(repository["FOLDER"])
    assert (folder / "workflow.mmd").read_text().startswith("flowchart")
    (folder / "workflow.mmd").unlink()
    (folder / "flow.yaml").write_text(FLOW.format(memory=2048, bucket="flow-out"))
    commit(repository, "third")
    assert "updated the comment" in run(step(PULL_REQUEST, "review")["run"], repository)
    assert "512 -\\> 2048" in reviewed(running)


def test_mistakes_are_annotations(repository: Mapping[str, str]) -> None:
    (Path(repository["FOLDER"]) / "flow.yaml").write_text(FLOW.format(memory=1, bucket="flow-out"))
    shown = run(step(PULL_REQUEST, "check")["run"], repository, code=1)
    assert "::error file=flow.yaml,line=5" in shown


def test_the_action_does_the_same_with_its_inputs(
    repository: Mapping[str, str], running: Forge
) -> None:
    inputs = {"PATHS": "flow.yaml", "FAIL_ON": "", "COMMENT": "true"}
    script = step(ACTION, "review")["run"]
    assert "made the comment" in run(script, {**repository, **inputs})
    assert reviewed(running).startswith("<!-- scar review -->\n")
    run(step(ACTION, "check")["run"], {**repository, **inputs})
    failing = {**inputs, "FAIL_ON": "rights loss", "COMMENT": "false"}
    run(script, {**repository, **failing}, code=3)


def test_a_branch_named_as_a_command_is_only_a_name(
    repository: Mapping[str, str], tmp_path: Path
) -> None:
    for name in (f"$(touch {tmp_path}/ran)", f"; touch {tmp_path}/ran", "--output=x"):
        script = step(PULL_REQUEST, "review")["run"]
        shown = run(script, {**repository, "GITHUB_BASE_REF": name}, code=1)
        assert "git knows no revision" in shown
    assert not (tmp_path / "ran").exists()


def test_the_steps_of_gitlab_make_a_note(repository: Mapping[str, str], running: Forge) -> None:
    running.user = {"id": 5}
    of_gitlab = {name: value for name, value in repository.items() if name[:7] != "GITHUB_"}
    of_gitlab |= {
        "GITLAB_CI": "true",
        "GITLAB_TOKEN": TOKEN,
        "CI_API_V4_URL": running.address,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }
    install, *script = load(GITLAB)["review"]["script"]
    assert install.startswith("python -m pip install")
    run("git init -q --bare ../origin; git remote add origin ../origin", of_gitlab)
    run("git push -q origin refs/remotes/origin/main:refs/heads/main", of_gitlab)
    assert "made the comment" in run("\n".join(script), of_gitlab)
    assert reviewed(running).startswith("<!-- scar review -->\n")
