"""The alarms that an estimate counts are those of the template."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk.assertions import Template

import scar_constructs as scar
from scar_constructs.estimate.at_rest import alarms_of

ONE = "{storage_provider: s3, path: bucket/in}"


def text(mode: str, event_bridge: bool, batch: str = "") -> str:
    return f"""
alarms: {{email: a@example.com}}
buckets: {{bucket: {{event_bridge: {str(event_bridge).lower()}}}}}
functions:
  aws:
  - lambda: {{name: one, container: {{image: x}}, init_script: run.sh, input: [{ONE}],
             execution_mode: {mode}}}
    batch: {{{batch}}}
  - lambda: {{name: two, container: {{image: x}}, init_script: run.sh}}
"""


@pytest.mark.parametrize(("mode", "batch"), [("lambda", ""), ("batch", ""), ("batch", "burst: {}")])
@pytest.mark.parametrize("event_bridge", [False, True])
def test_as_many_alarms_are_counted_as_there_are(
    tmp_path: Path, mode: str, batch: str, event_bridge: bool
) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    path = tmp_path / "watched.yaml"
    path.write_text(text(mode, event_bridge, batch))
    (workflow,) = scar.load([path]).application.stacks
    stack = scar.WorkflowStack(scar.new_app(), workflow.name, workflow=workflow)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::CloudWatch::Alarm", alarms_of(workflow))
