"""app.py as the CDK command line runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.saved_images import docker_archive, file

ROOT = Path(__file__).parents[2]
EXAMPLE = """\
functions:
  {name}:
    image: debian:trixie-slim
    init_script: run.sh
    execution_mode: {mode}
    s3: {{input_bucket: {name}-bucket}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one workflow of a batch function."""
    (tmp_path / "flow.yaml").write_text(EXAMPLE.format(name="count", mode="batch"))
    (tmp_path / "run.sh").write_text(
        "#!/bin/sh\nwc -w < $INPUT_FILE_PATH > $TMP_OUTPUT_DIR/words\n"
    )
    return tmp_path


def run_app(
    cwd: Path,
    outdir: Path,
    *,
    app: Path = ROOT / "app.py",
    root: Path = ROOT,
    context: dict[str, str],
    umask: int = -1,
) -> subprocess.CompletedProcess[str]:
    """The app, given its context and output folder the way the CDK command line does."""
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:enable-asset-metadata": True, **context}),
        "PYTHONPATH": str(root),
    }
    return subprocess.run(
        [sys.executable, str(app)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        umask=umask,
    )


def test_a_file_becomes_a_stack(project: Path) -> None:
    done = run_app(project, project / "out", context={"functions": "flow.yaml"})
    assert (done.returncode, done.stderr) == (0, "")
    assert (project / "out" / "flow.template.json").exists()
    assert "count" in (project / "out" / "workflow.mmd").read_text()
    assert "count" in (project / "out" / "workflow.svg").read_text()
    assert "count" in (project / "out" / "workflow.json").read_text()


def test_several_files_become_several_stacks(project: Path) -> None:
    (project / "more.yaml").write_text(EXAMPLE.format(name="other", mode="lambda"))
    done = run_app(project, project / "out", context={"functions": "flow.yaml, more.yaml"})
    assert done.returncode == 0
    assert {path.name for path in (project / "out").glob("*.template.json")} == {
        "flow.template.json",
        "more.template.json",
        "scar-network.template.json",
    }


def test_a_fault_of_the_user_is_told_without_a_trace(project: Path) -> None:
    (project / "flow.yaml").write_text("functions: {count: {imagee: x}}\n")
    done = run_app(project, project / "out", context={"functions": "flow.yaml"})
    assert done.returncode == 1
    assert "imagee" in done.stderr
    assert "flow.yaml:1:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((project / "out").glob("*.template.json"))


def test_a_damaged_image_file_is_told_without_a_trace(project: Path) -> None:
    saved = docker_archive(project / "cow.tar", [file("cow", b"content")])
    saved.write_bytes(saved.read_bytes().replace(b"content", b"CONTENT"))
    (project / "flow.yaml").write_text(
        "functions: {count: {image_file: cow.tar, init_script: run.sh}}\n"
    )
    done = run_app(project, project / "out", context={"functions": "flow.yaml"})
    assert (done.returncode, done.stderr) == (
        1,
        "cow.tar: the file is damaged: the content of 0/layer.tar does not match its digest; "
        "save the image again\n",
    )


def test_context_that_cannot_be_used_is_told_without_a_trace(project: Path) -> None:
    done = run_app(
        project, project / "out", context={"functions": "flow.yaml", "compliance": "nope"}
    )
    assert done.returncode == 1
    assert done.stderr.startswith("-c compliance=nope: must be `all` or some of AwsSolutions,")
    assert "Traceback" not in done.stderr


def test_a_command_that_names_no_functions_is_told_in_one_line(project: Path) -> None:
    done = run_app(project, project / "out", context={})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "-c functions=PATH[,PATH...] is missing: name YAML files or folders of them, such as "
        "-c functions=examples/hello\n"
    )


def test_defaults_reach_the_functions(project: Path) -> None:
    (project / "scar.cfg").write_text(json.dumps({"aws": {"lambda": {"memory": 1234}}}))
    done = run_app(
        project, project / "out", context={"functions": "flow.yaml", "defaults": "scar.cfg"}
    )
    assert done.returncode == 0, done.stderr
    assert '"MemorySize": 1234' in (project / "out" / "flow.template.json").read_text()


def test_the_runtime_image_is_a_build_argument(project: Path) -> None:
    done = run_app(
        project, project / "out", context={"functions": "flow.yaml", "runtime_image": "mine:1"}
    )
    assert done.returncode == 0
    assets = json.loads((project / "out" / "flow.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    assert image["source"]["dockerBuildArgs"] == {
        "BASE_IMAGE": "debian:trixie-slim",
        "RUNTIME_IMAGE": "mine:1",
    }
    assert image["source"]["platform"] == "linux/amd64"


def test_images_are_built_by_the_digests_of_the_lock_file(project: Path) -> None:
    digest = "sha256:" + "ab" * 32
    (project / "images.lock.yaml").write_text(f"images: {{'debian:trixie-slim': '{digest}'}}\n")
    done = run_app(project, project / "out", context={"functions": "flow.yaml"})
    assert done.returncode == 0, done.stderr
    assets = json.loads((project / "out" / "flow.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    arguments = image["source"]["dockerBuildArgs"]
    assert arguments["BASE_IMAGE"] == f"debian:trixie-slim@{digest}"


def test_a_finding_of_a_pack_fails_the_synth(project: Path) -> None:
    """The app with one reason taken away, which cannot be asked for in YAML."""
    without = project / "without_a_reason.py"
    without.write_text(
        "import runpy\n"
        "from scar_constructs.aws.shared import spool\n"
        "spool.acknowledge = lambda resource, reasons: None\n"
        f"runpy.run_path({str(ROOT / 'app.py')!r}, run_name='__main__')\n"
    )
    environment = {"functions": "flow.yaml", "compliance": "AwsSolutions"}
    done = run_app(project, project / "out", app=without, context=environment)
    assert done.returncode == 1
    assert "AwsSolutions-S1" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_many_resources_for_one_stack(project: Path) -> None:
    context = {"functions": "flow.yaml", "@aws-cdk/core:stackResourceLimit": "20"}
    done = run_app(project, project / "out", context=context)
    assert done.returncode == 1
    assert "Number of resources in stack 'flow'" in done.stderr
    assert "divide the YAML file" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_bytes_in_another_folder(project: Path, tmp_path: Path) -> None:
    """Another checkout, another working folder, another umask: the same assembly."""
    there = tmp_path / "another" / "checkout"
    there.mkdir(parents=True)
    for name in ("scar_constructs", "runtime"):
        shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", there)
    (there / "node_modules").symlink_to(ROOT / "node_modules")
    for path in ("flow.yaml", "run.sh"):
        shutil.copy(project / path, there)
        os.utime(there / path, (1, 1))
    first = run_app(project, project / "out", context={"functions": "flow.yaml"})
    second = run_app(
        there,
        there / "out",
        app=there / "app.py",
        root=there,
        context={"functions": str(there / "flow.yaml")},
        umask=0o077,
    )
    assert (first.returncode, second.returncode) == (0, 0), second.stderr
    assert contents(project / "out") == contents(there / "out")
    assert modes(project / "out") == modes(there / "out")
    assert modes(there / "out")


def contents(assembly: Path) -> dict[str, bytes]:
    """Every file of the assembly by its path."""
    return {
        path.relative_to(assembly).as_posix(): path.read_bytes()
        for path in assembly.rglob("*")
        if path.is_file()
    }


def modes(assembly: Path) -> dict[str, int]:
    """Modes of what goes into images: a zip keeps no folders, and its files' modes are fixed."""
    return {
        path.relative_to(assembly).as_posix(): path.stat().st_mode
        for context in assembly.glob("asset.*/Dockerfile")
        for path in context.parent.rglob("*")
    }
