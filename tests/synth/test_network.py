"""The network that all workflows of a region share: what it is, and that nothing changes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack, Stage
from aws_cdk.assertions import Match, Template

from scar_constructs.aws.function.construct import ScarFunction
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.aws.stack import WorkflowStack
from scar_constructs.language.workflow.join import Application
from scar_constructs.language.workflow.join import Stack as Workflow
from scar_constructs.model import ComputeType, ExecutionMode, Function, MultiNode, StackOptions
from tests.synth.models import batch, compute, function, workflow
from tests.synth.synthesis import Json, flat, resources, synthesise, templates_of

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11112222-3333-4444-5555-666677778888"
NODES = batch(multi_node=MultiNode(nodes=2, main_node=0))


def jobs(name: str = "jobs", **changes: Any) -> Function:
    return function(
        **{"name": name, "execution_mode": ExecutionMode.BATCH, "inputs": (), **changes}
    )


def networks_in(folder: Path) -> dict[str, bytes]:
    """The networks' templates of an assembly, by the name of the file."""
    return {path.name: path.read_bytes() for path in folder.glob("scar-network*.template.json")}


def networks(*stacks: Workflow, folder: Path) -> dict[str, bytes]:
    synthesise(Application(stacks=stacks), folder)
    return networks_in(folder)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The template of the network, from an app with one function that needs it."""
    folder = tmp_path_factory.mktemp("network")
    made = networks(workflow(jobs()), folder=folder)
    assert made.keys() == {"scar-network.template.json"}
    return made["scar-network.template.json"]


OTHERS: Mapping[str, tuple[Workflow, ...]] = {
    "several files": (workflow(jobs("a"), name="a"), workflow(jobs("b"), name="b")),
    "a region": (workflow(jobs(), region="eu-west-1"),),
    "tags": (workflow(jobs(tags={"team": "cows"}), tags={"project": "farm"}),),
    "options": (workflow(jobs(), options=StackOptions(kms_key=KEY, flow_logs=True)),),
    "nodes": (workflow(jobs(batch=NODES)),),
    "Fargate": (workflow(jobs(batch=batch(compute_resources=compute(type=ComputeType.FARGATE)))),),
}


@pytest.mark.parametrize("stacks", OTHERS.values(), ids=OTHERS)
def test_the_network_is_the_same_bytes_whatever_the_files_say(
    stacks: tuple[Workflow, ...], network: bytes, tmp_path: Path
) -> None:
    """Two pipelines deploy it, and neither may undo what the other did."""
    assert set(networks(*stacks, folder=tmp_path).values()) == {network}


def test_the_network_is_the_same_bytes_in_an_app_of_others(network: bytes, tmp_path: Path) -> None:
    """Neither flags, nor reports of versions, nor an account and a region are in it."""
    told = {"aws:cdk:enable-path-metadata": True, "aws:cdk:version-reporting": True}
    app = App(outdir=str(tmp_path), post_cli_context=told, analytics_reporting=True)
    place = Environment(account="111122223333", region="eu-west-1")
    stack = Stack(app, "Mine", env=place)
    ScarFunction(stack, "Jobs", function=jobs(), shared=Shared(stack, "Shared"))
    app.synth()
    assert networks_in(tmp_path) == {
        "scar-network-111122223333-eu-west-1.template.json": network,
    }


def test_the_names_of_the_exports_are_a_contract(network: bytes) -> None:
    """Deployed stacks import them: CloudFormation lets no name go while it is imported."""
    outputs = json.loads(network)["Outputs"].values()
    assert {one["Export"]["Name"] for one in outputs} == {
        "scar-network:1:Vpc",
        "scar-network:1:Subnet1",
        "scar-network:1:Subnet2",
        "scar-network:1:JobsGroup",
    }


def test_the_network_lets_nothing_in_and_pays_for_no_gateway(network: bytes) -> None:
    template = Template.from_json(json.loads(network))
    template.resource_count_is("AWS::EC2::VPC", 1)
    template.resource_count_is("AWS::EC2::Subnet", 2)
    template.resource_count_is("AWS::EC2::NatGateway", 0)
    template.has_resource_properties("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"})
    template.has_resource_properties(
        "AWS::EC2::SecurityGroup", {"SecurityGroupIngress": Match.absent()}
    )
    template.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)


def test_a_workflow_imports_the_network_and_is_deployed_after_it(tmp_path: Path) -> None:
    made = synthesise(Application(stacks=(workflow(jobs()),)), tmp_path)["flow"]
    (environment,) = resources(made, "AWS::Batch::ComputeEnvironment").values()
    where = environment["Properties"]["ComputeResources"]
    assert [flat(one) for one in where["Subnets"]] == [
        "<scar-network:1:Subnet1>",
        "<scar-network:1:Subnet2>",
    ]
    assert [flat(one) for one in where["SecurityGroupIds"]] == ["<scar-network:1:JobsGroup>"]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "scar-network" in manifest["artifacts"]["flow"]["dependencies"]
    assert not [one for one in resources(made).values() if one["Type"].startswith("AWS::EC2::VPC")]


def test_each_region_that_files_name_has_its_network_under_the_same_name(tmp_path: Path) -> None:
    files = (
        workflow(jobs("a"), name="a", region="eu-west-1"),
        workflow(jobs("b"), name="b", region="us-east-1"),
        workflow(jobs("c"), name="c"),
    )
    made = networks(*files, folder=tmp_path)
    assert made.keys() == {
        "scar-network.template.json",
        "scar-network-eu-west-1.template.json",
        "scar-network-us-east-1.template.json",
    }
    artifacts = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]
    placed = {
        (one["properties"].get("stackName", name), one["environment"])
        for name, one in artifacts.items()
        if one["type"] == "aws:cloudformation:stack" and name.startswith("scar-network")
    }
    assert placed == {
        ("scar-network", "aws://unknown-account/unknown-region"),
        ("scar-network", "aws://unknown-account/eu-west-1"),
        ("scar-network", "aws://unknown-account/us-east-1"),
    }
    assert "scar-network-eu-west-1" in artifacts["a"]["dependencies"]


def test_given_subnets_and_functions_without_jobs_need_no_network(tmp_path: Path) -> None:
    own = compute(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",))
    given = jobs(batch=batch(compute_resources=own))
    assert networks(workflow(given, function()), folder=tmp_path) == {}


def test_stages_of_an_app_have_a_network_each(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    for name in ("Test", "Live"):
        stage = Stage(app, name, env=Environment(account="111122223333", region="eu-west-1"))
        WorkflowStack(stage, "flow", workflow=workflow(jobs()))
    assembly = app.synth()
    for name in ("Test", "Live"):
        names = {one.stack_name for one in assembly.get_nested_assembly(f"assembly-{name}").stacks}
        assert names == {"scar-network", f"{name}-flow"}


def of_type(template: Json, *types: str) -> list[Json]:
    return [one["Properties"] for one in resources(template, *types).values()]


def test_nodes_of_a_job_are_in_a_group_of_their_stack_so_that_no_other_reaches_them() -> None:
    made = templates_of(workflow(jobs(batch=NODES)))["flow"]
    (group,) = of_type(made, "AWS::EC2::SecurityGroup")
    assert flat(group["VpcId"]) == "<scar-network:1:Vpc>"
    assert "SecurityGroupIngress" not in group
    (among,) = of_type(made, "AWS::EC2::SecurityGroupIngress")
    assert flat(among["GroupId"]) == flat(among["SourceSecurityGroupId"])
    (environment,) = of_type(made, "AWS::Batch::ComputeEnvironment")
    assert [flat(one) for one in environment["ComputeResources"]["SecurityGroupIds"]] == [
        flat(among["GroupId"])
    ]


def test_flow_logs_are_the_file_s_own_on_the_shared_network() -> None:
    made = templates_of(workflow(jobs(), options=StackOptions(kms_key=KEY, flow_logs=True)))["flow"]
    (logs,) = of_type(made, "AWS::EC2::FlowLog")
    assert flat(logs["ResourceId"]) == "<scar-network:1:Vpc>"
    (group,) = (
        one
        for one in of_type(made, "AWS::Logs::LogGroup")
        if one["LogGroupName"] == "/scar/network/flow"
    )
    assert group["KmsKeyId"] == KEY
