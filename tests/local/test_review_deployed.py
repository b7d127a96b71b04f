"""A review against what is deployed: with the rights of somebody who may only read."""

from __future__ import annotations

import shutil
from pathlib import Path

from scar_constructs.model.limits import DOCUMENT_OUTPUT
from tests.local.living import LIVING, Person
from tests.local.workflows import Workflow


def changed(folder: Path) -> Path:
    """The workflow with one more MiB for a function, another script, and a public function less."""
    shutil.copytree(LIVING.parent, folder)
    file = folder / LIVING.name
    text = file.read_text().replace(
        "init_script: sign.sh", "init_script: sign.sh\n      memory: 513"
    )
    file.write_text(text.replace("auth: none", "auth: iam").replace("living/in}", "living/in/new}"))
    script = folder / "split.sh"
    script.write_text(f"{script.read_text()}echo done\n")
    return file


def test_what_is_deployed_is_as_its_files(reader: Person) -> None:
    assert reader.must("review", "--deployed", LIVING) == f"deployed -> {LIVING}: no change\n"


def test_comments_and_places_are_no_change(reader: Person, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(LIVING.parent, folder)
    (folder / LIVING.name).write_text(f"# A comment.\n\n{LIVING.read_text()}")
    assert reader.must("review", "--deployed", folder).endswith(": no change\n")


def test_changes_are_named(reader: Person, tmp_path: Path) -> None:
    file = changed(tmp_path / "changed")
    found = reader.json("review", "--deployed", file, "--fail-on", "loss", code=3)
    keys = {
        (one["name"], key["key"], key["before"], key["after"])
        for one in found["functions"]
        for key in one["keys"]
    }
    assert keys == {
        ("living-sign", "memory_mib", "512", "513"),
        ("living-open", "api.auth", "none", "iam"),
    }
    (script,) = [one for one in found["functions"] if one["script"]]
    assert "+echo done" in script["script"]
    lost = [(one["subject"], one["what"]) for one in found["losses"] if one["severity"] == "lost"]
    assert lost == [("living-split", "s3://living/in is no input any more")]


def test_what_is_not_deployed_is_added(reader: Person, tmp_path: Path) -> None:
    (tmp_path / "other-flow.yaml").write_text("functions: {other: {image: busybox}}\n")
    found = reader.json("review", "--deployed", tmp_path)
    assert [(one["name"], one["change"]) for one in found["stacks"]] == [("other-flow", "added")]
    assert [(one["name"], one["change"]) for one in found["functions"]] == [("other", "added")]


def test_a_stack_of_an_earlier_version_has_no_document(
    host: Workflow, reader: Person, tmp_path: Path
) -> None:
    cloudformation = host.cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName="earlier-flow",
        TemplateBody='{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}',
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="earlier-flow")
    (tmp_path / "earlier-flow.yaml").write_text("functions: {other: {image: busybox}}\n")
    try:
        done = reader.call("review", "--deployed", tmp_path)
    finally:
        cloudformation.delete_stack(StackName="earlier-flow")
    assert done.returncode == 1
    assert "was deployed by an earlier version" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_document_is_refused(host: Workflow, person: Person) -> None:
    cloudformation = host.cloud.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName="living")["Stacks"]
    (place,) = [
        one["OutputValue"] for one in stack["Outputs"] if one.get("Description") == DOCUMENT_OUTPUT
    ]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    s3 = host.cloud.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b'{"version": 1}')
        done = person.call("review", "--deployed", LIVING)
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=kept)
    assert done.returncode == 1
    assert "cannot be read by this version" in done.stderr
    assert "Traceback" not in done.stderr
