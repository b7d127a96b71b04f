"""The wheel alone, in an environment and a folder of the user's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scar_constructs import __version__
from scar_constructs.local.engines import EngineName
from scar_constructs.local.server import ACCOUNT, CloudAddress, Credentials
from tests.docs.blocks import ROOT
from tests.local.living import session_variables
from tests.support.waiting import HANG_SECONDS, eventually

OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and the folder that it was made in."""

    folder: Path
    wheel: Path
    variables: Mapping[str, str]

    def run(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return _run(words, cwd or self.folder, self.variables)


def _run(
    words: Sequence[str], cwd: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=cwd, env=variables, capture_output=True, text=True, timeout=HANG_SECONDS
    )


def _must(words: Sequence[str], cwd: Path, variables: Mapping[str, str]) -> str:
    done = _run(words, cwd, variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What `pip install` and `npm install aws-cdk` give somebody who has no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    _must((*pip, *build), folder, clean)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    _must((sys.executable, "-m", "venv", str(environment)), folder, clean)
    wanted = ("-c", str(ROOT / "constraints.txt"), f"{wheel}[local]")
    _must(
        (str(environment / "bin" / "python"), *pip[1:], "install", *wanted),
        folder,
        clean,
    )
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    path = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
    return Installed(folder, wheel, {**clean, "PATH": path, "XDG_CACHE_HOME": str(folder)})


def test_the_wheel_has_the_runtime_and_nothing_of_a_checkout(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    assert "scar_constructs/py.typed" in names
    assert "scar_constructs/review/picture/layout.cjs" in names
    assert any(name.startswith("scar_constructs/runtime/scar_runtime/") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]
    assert {name.split("/")[0] for name in names} == {
        "scar_constructs",
        f"scar_constructs-{__version__}.dist-info",
    }


def test_the_command_knows_its_version(installed: Installed) -> None:
    assert installed.run("scar", "--version").stdout == f"scar {__version__}\n"


@pytest.mark.parametrize("engine", ["process", pytest.param("podman", marks=pytest.mark.container)])
def test_a_new_project_is_checked_and_runs(installed: Installed, engine: str) -> None:
    project = installed.folder / engine
    made = installed.run("scar", "new", str(project), "--bucket", "new-bucket")
    assert made.returncode == 0, made.stderr
    checked = installed.run("scar", "check", "--untrusted", ".", cwd=project)
    assert checked.stderr == "1 file, 1 function, no problem\n"
    words = ("local", "run", ".", "--put", "sample.txt", "--get", "out", "--engine", engine)
    ran = installed.run("scar", *words, cwd=project)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (output,) = (project / "out" / "new-bucket" / "output").glob("*/sample.count")
    assert output.read_text() == "sample: 3 lines\n"


def test_the_cdk_command_line_runs_the_app_that_a_new_project_names(installed: Installed) -> None:
    project = installed.folder / "named"
    assert installed.run("scar", "new", str(project)).returncode == 0
    (project / "cdk.out").mkdir()
    for words in (("cdk", "synth", "--quiet"), ("scar", "synth", ".")):
        cdk = installed.folder / "node_modules" / ".bin" / "cdk"
        done = installed.run(*(str(cdk) if word == "cdk" else word for word in words), cwd=project)
        assert done.returncode == 0, done.stderr
        (project / "cdk.out" / "named.template.json").unlink()


WORKFLOW = """\
workflow: installed
functions:
  installed-copy:
    image: busybox
    init_script: copy.sh
    s3: {input_bucket: installed-files, input_folder: in, output_folder: out}
    api_gateway: {name: installed, auth: none}
"""
COPY = """\
#!/bin/sh
echo "copying"
[ -z "$SCAR_INPUT_FILE" ] || cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/"
"""


@pytest.fixture
def kept(installed: Installed, tmp_path: Path) -> Iterator[Installed]:
    """A local cloud that is kept, and a folder with a workflow."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "flow.yaml").write_text(WORKFLOW)
    (folder / "copy.sh").write_text(COPY)
    (folder / "words").write_text("some words\n")
    variables = {**installed.variables, "SCAR_LOCAL_FOLDER": str(tmp_path / "kept")}
    up = _must(("scar", "local", "up", "--engine", "process"), folder, variables)
    given = dict(re.findall(r"^export (\w+)='(.*)'$", up, re.MULTILINE))
    yield Installed(folder, installed.wheel, {**variables, **given})
    _must(("scar", "local", "down"), folder, variables)


def under_policy(kept: Installed, kind: str) -> Mapping[str, str]:
    """The variables of somebody who may do what `scar policy` prints for the kind."""
    words = ("scar", "policy", kind, "flow.yaml", "--account", ACCOUNT)
    statements = json.loads(_must(words, kept.folder, kept.variables))["Statement"]
    given = kept.variables
    credentials = Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"])
    port = int(given["AWS_ENDPOINT_URL"].rpartition(":")[2])
    cloud = CloudAddress(port, EngineName.PROCESS, kept.folder, credentials)
    return {**given, **session_variables(cloud, f"installed-{kind}", statements)}


def test_every_command_works_where_it_is_installed(kept: Installed) -> None:
    """Each under the policy that is made for it, with IAM enforced."""
    deployer, operator = under_policy(kept, "deploy"), under_policy(kept, "operate")

    def document(*words: str) -> Any:
        who = {"init": deployer, "rm": deployer, "prune": kept.variables}.get(words[0], operator)
        return json.loads(_must(("scar", *words, "--json"), kept.folder, who))

    deployed = document("init", "-f", "flow.yaml")
    assert any("scar logs installed-copy" in one for one in deployed["installed"].values())
    place = "installed-files/in"
    assert [one["path"] for one in document("put", "-b", place, "-p", "words")] == [
        f"{place}/words"
    ]
    eventually(lambda: document("ls", "-b", "installed-files/out"))
    assert [one["name"] for one in document("ls")] == ["installed-copy"]
    assert document("status", "installed")[0]["functions"][0]["succeeded_day"] == 1
    assert document("trace", f"s3://{place}/words")["executions"][0]["status"] == "succeeded"
    shown = _must(("scar", "logs", "installed-copy", "--json"), kept.folder, operator)
    assert [json.loads(line)["text"] for line in shown.splitlines()] == ["copying"]
    assert "copying" in _must(("scar", "log", "-n", "installed-copy"), kept.folder, operator)
    assert document("run", "-f", "flow.yaml")["output"] == "copying\n"
    assert len(document("run", "-f", "flow.yaml", "-ib", place)) == 1
    assert document("invoke", "-n", "installed-copy")["body"] == "copying\n"
    assert len(document("get", "-b", "installed-files/out", "-p", "got")) == 2
    assert document("failures", "installed") == document("redrive", "installed") == []
    assert document("rm", "-f", "flow.yaml") == {"removed": ["installed"]}
    pruned = {one["kind"]: one["action"] for one in document("prune", "installed")}
    assert pruned["spool bucket"] == "removed"
    assert pruned["bucket"] == "kept"


def test_a_folder_with_files_is_left_as_it_is(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    refused = installed.run("scar", "new", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.endswith("exists and is not an empty folder: name a new one\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
