"""Shapes of workflows: one folder for several functions, several functions into one folder."""

from __future__ import annotations

import json

import pytest

from tests.local.workflows import Workflow

pytestmark = pytest.mark.container


def test_a_folder_fans_out_to_three_functions(flows: Workflow) -> None:
    """Their filters overlap, which S3's notifications refuse: EventBridge's rules deliver."""
    template = json.loads((flows.assembly / "flows.template.json").read_text())
    rules = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Events::Rule"
        and resource["Properties"]["EventPattern"]["source"] == ["aws.s3"]
    ]
    assert len(rules) == 3 + 1  # with that on the foreign bucket
    flows.put("flows-fan", "in/a.txt", b"one\n")
    flows.put("flows-fan", "in/sub/b.txt", b"three\n")
    flows.put("flows-fan", "in/sub/c.bin", b"fives\n")
    flows.put("flows-fan", "in/d.bin", b"a lot\n")
    flows.put("flows-fan", "inside/e.txt", b"elsewhere\n")
    flows.finish()

    assert _names(flows, "flows-fan", "every/") == ["a.txt", "b.txt", "c.bin", "d.bin"]
    assert _names(flows, "flows-fan", "texts/") == ["a.txt", "b.txt"]
    assert _names(flows, "flows-fan", "nested/") == ["b.txt", "c.bin"]
    assert flows.text("flows-fan", "texts/b.txt") == "THREE\n"
    assert flows.text("flows-fan", "nested/b.txt").strip() == "6"
    taken = flows.rows("flows-every", "flows-texts", "flows-nested")
    rows = [row for row in taken if row["status"] != "ignored"]
    # A rule goes by the folder, and the runtime by the suffix as well.
    ignored = sorted(row["input"] for row in taken if row["status"] == "ignored")
    assert ignored == ["flows-fan/in/d.bin", "flows-fan/in/sub/c.bin"]
    assert {row["status"] for row in rows} == {"succeeded"}
    assert len(rows) == 4 + 2 + 2
    assert {row["service"] for row in rows if row["function"] == "flows-texts"} == {"batch"}


def test_two_outputs_by_suffix_meet_in_one_result_folder(flows: Workflow) -> None:
    flows.put("flows-av", "in/film.mkv", b"a film\n")
    flows.finish()
    (cut,) = flows.rows("flows-extract")
    assert sorted(cut["outputs"]) == [
        "flows-av/audio/film.wav",
        "flows-av/images/film-1.jpg",
        "flows-av/images/film-2.jpg",
    ]
    results = {
        name: flows.text("flows-av", f"result/{name}").strip()
        for name in _names(flows, "flows-av", "result/")
    }
    assert results == {
        "film.wav.txt": "described: sound of film",
        "film-1.jpg.txt": "described: picture 1 of film",
        "film-2.jpg.txt": "described: picture 2 of film",
    }
    assert len(flows.rows("flows-speech")) == 1
    assert len(flows.rows("flows-objects")) == 2


def test_a_file_in_a_bucket_of_another_stack_starts_a_function(flows: Workflow) -> None:
    """The bucket is made by a template that knows nothing of us, but sends its events on."""
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": "flows-foreign",
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        },
    }
    stacks = flows.cloud.client("cloudformation")
    template = json.dumps({"Resources": {"Theirs": bucket}})
    stacks.create_stack(StackName="foreign", TemplateBody=template)
    stacks.get_waiter("stack_create_complete").wait(
        StackName="foreign", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    flows.put("flows-foreign", "in/theirs.txt", b"from afar\n")
    flows.put("flows-foreign", "elsewhere/x.txt", b"not ours\n")
    flows.finish()
    assert flows.text("flows-fan", "nested/theirs.txt").strip() == "10"
    inputs = [row["input"] for row in flows.rows("flows-nested")]
    assert inputs.count("flows-foreign/in/theirs.txt") == 1
    assert "flows-foreign/elsewhere/x.txt" not in inputs


def _names(flows: Workflow, bucket: str, folder: str) -> list[str]:
    return [key.removeprefix(folder) for key in flows.keys(bucket, folder)]
