"""The documents' commands that deploy, in a local cloud that stays, as people type them.

No container engine answers in the sandbox: the scripts run on this machine. A test begins where the
one before it has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import pytest

from tests.docs.blocks import Block, claim
from tests.docs.sandbox import Sandbox, filled_in, made_in
from tests.support.waiting import eventually

ACTIVITY = "_local/activity"
UP = 'eval "$(scar local up)"\n'
BY_HAND = claim("docs/local.md", UP.strip())
ON_AWS = claim("README.md", ". .venv/bin/activate")
MRBAYES = claim("examples/mrbayes/README.md", "npx cdk deploy")
DESTROY = claim("docs/resources.md", "npx cdk destroy -c functions=FILE --all")
IMPORT = claim(
    "docs/resources.md", "npx cdk deploy -c functions=FILE --all --import-existing-resources"
)
REVERT = claim("docs/resources.md", "npx cdk deploy -c functions=FILE --all --revert-drift")
REDRIVE = claim("docs/runtime.md", "scar redrive NAME --dry-run")
JOBS = claim("docs/updates.md", "aws batch list-jobs")
QUEUE = claim("docs/updates.md", "for state in SUBMITTED")

FLOW = """\
workflow: flow
functions:
  resize: {image: debian, init_script: run.sh, execution_mode: batch, s3: {input_bucket: flow-jobs}}
  fails: {image: debian, init_script: fail.sh, s3: {input_bucket: flow-fails}}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with a cloud that stays."""
    sandbox = made_in(tmp_path_factory.mktemp("deployments"))
    (sandbox.folder / "primates.nex").write_text("#NEXUS\n")
    try:
        sandbox.must(f"{UP}npx cdk bootstrap -c functions=examples/hello")
        yield sandbox
    finally:
        sandbox.must("scar local down")


@pytest.fixture(scope="module")
def flow(cloud: Sandbox) -> Sandbox:
    """The same, with a workflow of two functions in it."""
    (cloud.folder / "flow.yaml").write_text(FLOW)
    wait = f"until [ -e {cloud.folder}/ready ]; do sleep 0.1; done"
    (cloud.folder / "run.sh").write_text(f"#!/bin/sh\n{wait}\n")
    (cloud.folder / "fail.sh").write_text("#!/bin/sh\nexit 7\n")
    cloud.must(f"{UP}npx cdk deploy -c functions=flow.yaml --all --require-approval never")
    return cloud


def buckets(cloud: Sandbox) -> set[str]:
    return set(re.findall(r"\S+$", cloud.must(f"{UP}aws s3 ls"), re.MULTILINE))


def test_a_workflow_is_deployed_by_hand_into_a_cloud_that_stays(sandbox: Sandbox) -> None:
    shown = sandbox.must(BY_HAND.text)
    assert "upload: examples/hello/poem.txt to s3://hello-bucket/input/poem.txt" in shown
    assert "the local cloud is gone" in shown


def put(cloud: Sandbox, place: str) -> None:
    """Upload a file, and see all that follows end."""
    cloud.must(f"{UP}aws s3 cp examples/hello/poem.txt s3://{place}")
    finish(cloud)


def finish(cloud: Sandbox) -> None:
    """Wait until nothing is in flight."""
    eventually(lambda: '"in_flight": []' in cloud.must(f"{UP}curl -s $AWS_ENDPOINT_URL/{ACTIVITY}"))


def test_the_example_s_page_deploys_it(cloud: Sandbox) -> None:
    """The job fails, for want of its program."""
    shown = cloud.must(UP + MRBAYES.text)
    assert "upload: ./primates.nex to s3://scar-mrbayes/" in shown


def test_the_first_page_s_example_goes_but_for_its_bucket(cloud: Sandbox) -> None:
    shown = cloud.must(UP + ON_AWS.text)
    assert "upload: ./primates.nex to s3://scar-mrbayes/" in shown
    assert {name for name in buckets(cloud) if "mrbayes" in name} == {"scar-mrbayes"}


def test_a_workflow_goes_and_comes_back_to_its_bucket(cloud: Sandbox) -> None:
    names = {"FILE": "examples/hello", "STACK": "hello"}
    cloud.must(f"{UP}npx cdk deploy -c functions=examples/hello --all --require-approval never")
    cloud.must(UP + filled_in(DESTROY.text, **names))
    assert "hello-bucket" in buckets(cloud)
    for block in (IMPORT, REVERT):
        cloud.must(UP + filled_in(block.text, **names))
    put(cloud, "hello-bucket/input/")
    assert "poem-1.count" in cloud.must(f"{UP}aws s3 ls s3://hello-bucket/counts/")


def test_what_failed_is_redriven(flow: Sandbox) -> None:
    put(flow, "flow-fails/fails/input/")
    shown = flow.must(UP + filled_in(REDRIVE.text, NAME="flow"))
    assert "flow-fails/fails/input/poem.txt" in shown
    assert len(re.findall(r"^redriven\b", shown, re.MULTILINE)) == 1


def test_the_jobs_of_a_queue_are_listed_until_they_end(flow: Sandbox) -> None:
    flow.must(f"{UP}aws s3 cp examples/hello/poem.txt s3://flow-jobs/resize/input/")
    (queue,) = re.findall(
        r"arn:\S+:job-queue/flow-[\w-]+", flow.must(f"{UP}aws batch describe-job-queues")
    )

    def listed(block: Block) -> str:
        return flow.must(UP + filled_in(block.text, QUEUE=queue))

    def is_listed(block: Block) -> bool:
        return '"jobName": "resize' in listed(block)

    for block in (JOBS, QUEUE):
        eventually(partial(is_listed, block))
    (flow.folder / "ready").touch()
    finish(flow)
    assert listed(JOBS) == "[]\n"
    assert listed(QUEUE).split() == ["{", '"jobSummaryList":', "[]", "}"] * 5
