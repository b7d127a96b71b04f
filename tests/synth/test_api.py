"""The HTTPS endpoint of a function: who may call it, and what is written about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from scar_constructs.model import Api, ApiAuth, ExecutionMode
from tests.synth.models import function, workflow
from tests.synth.synthesis import Json, flat, resources, statements, templates_of

WEB_ACL = (
    "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/ours/11112222-3333-4444-5555-666677778888"
)


def api(auth: ApiAuth = ApiAuth.IAM, method: str = "ANY") -> Api:
    return Api(name="pictures", auth=auth, stage="scar", method=method)


def made(mode: ExecutionMode = ExecutionMode.LAMBDA, **changes: Any) -> Json:
    one = function(execution_mode=mode, api=replace(api(), **changes))
    return templates_of(workflow(one))["flow"]


@pytest.fixture(scope="module")
def template() -> Json:
    return made()


@pytest.fixture(scope="module")
def with_key() -> Json:
    return made(auth=ApiAuth.API_KEY)


def document(template: Json) -> Json:
    (rest,) = resources(template, "AWS::ApiGateway::RestApi").values()
    body: Json = rest["Properties"]["Body"]
    return body


def method(template: Json, name: str = "x-amazon-apigateway-any-method") -> Json:
    ((path, methods),) = document(template)["paths"].items()
    assert path == "/{proxy+}"
    ((found, one),) = methods.items()
    assert found == name
    return dict(one)


def test_every_path_calls_the_function_with_bytes_as_they_are(template: Json) -> None:
    integration = method(template)["x-amazon-apigateway-integration"]
    (name,) = resources(template, "AWS::Lambda::Function")
    assert integration["type"] == "aws_proxy"
    assert flat(integration["uri"]) == (
        "arn:<AWS::Partition>:apigateway:<AWS::Region>:lambda:path/2015-03-31/functions/"
        f"<{name}.Arn>/invocations"
    )
    assert document(template)["x-amazon-apigateway-binary-media-types"] == ["*/*"]


@pytest.mark.parametrize("mode", list(ExecutionMode))
def test_each_mode_has_the_same_api(mode: ExecutionMode, template: Json) -> None:
    own = made(mode)
    (name,) = resources(own, "AWS::Lambda::Function")
    integration = method(own)["x-amazon-apigateway-integration"]
    assert f"<{name}.Arn>" in flat(integration["uri"])
    assert document(own)["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    (stage,) = resources(own, "AWS::ApiGateway::Stage").values()
    (other,) = resources(template, "AWS::ApiGateway::Stage").values()
    assert stage["Properties"]["MethodSettings"] == other["Properties"]["MethodSettings"]
    assert stage["Properties"]["AccessLogSetting"].keys() == {"DestinationArn", "Format"}


def test_a_firewall_sees_each_request_of_the_stage() -> None:
    template = made(web_acl=WEB_ACL)
    (association,) = resources(template, "AWS::WAFv2::WebACLAssociation").values()
    (rest,) = resources(template, "AWS::ApiGateway::RestApi")
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    assert association["Properties"]["WebACLArn"] == WEB_ACL
    assert flat(association["Properties"]["ResourceArn"]) == (
        f"arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<{rest}>/stages/<{stage}>"
    )
    skipped = str(template["Resources"][stage]["Metadata"])
    assert "APIGWAssociatedWithWAF" not in skipped
    assert "APIG3" not in skipped


def test_only_this_api_may_call_it_and_only_through_its_stage(template: Json) -> None:
    (rest,) = resources(template, "AWS::ApiGateway::RestApi")
    arns = [
        flat(one["Properties"]["SourceArn"])
        for one in resources(template, "AWS::Lambda::Permission").values()
        if one["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert arns == [
        f"arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<{rest}>/scar/*/*"
    ]


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        (ApiAuth.IAM, {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}),
        (ApiAuth.NONE, {"x-amazon-apigateway-auth": {"type": "NONE"}}),
        (ApiAuth.API_KEY, {"security": [{"api_key": []}]}),
    ],
)
def test_who_may_call(auth: ApiAuth, said: Json) -> None:
    one = method(made(auth=auth))
    kept = {name: one[name] for name in ("x-amazon-apigateway-auth", "security") if name in one}
    assert kept == said


def test_a_key_goes_with_a_plan_that_is_throttled(with_key: Json) -> None:
    template = Template.from_json(with_key)
    template.has_resource_properties(
        "AWS::ApiGateway::UsagePlan",
        {
            "ApiStages": [{"ApiId": Match.any_value(), "Stage": Match.any_value()}],
            "Throttle": {"RateLimit": 50, "BurstLimit": 100},
        },
    )
    template.resource_count_is("AWS::ApiGateway::UsagePlanKey", 1)
    template.has_resource_properties("AWS::ApiGateway::ApiKey", {"Value": Match.absent()})
    assert document(with_key)["components"]["securitySchemes"]["api_key"] == {
        "type": "apiKey",
        "name": "x-api-key",
        "in": "header",
    }


def test_one_method_only_where_the_file_says_so() -> None:
    assert method(made(method="POST"), "post")["responses"] == {}


def test_the_stage_is_throttled_and_writes_of_each_request(template: Json) -> None:
    Template.from_json(template).has_resource(
        "AWS::ApiGateway::Stage",
        {
            "Properties": {
                "StageName": "scar",
                "AccessLogSetting": {
                    "DestinationArn": Match.any_value(),
                    "Format": Match.string_like_regexp(r'^\{"requestId":"\$context.requestId"'),
                },
                "MethodSettings": [
                    {
                        "HttpMethod": "*",
                        "ResourcePath": "/*",
                        "ThrottlingRateLimit": 50,
                        "ThrottlingBurstLimit": 100,
                        "DataTraceEnabled": False,
                    }
                ],
            },
            "DependsOn": Match.array_with([Match.string_like_regexp("ApiAccount")]),
        },
    )


def test_the_account_s_setting_stays_when_the_stack_goes(template: Json) -> None:
    (account,) = resources(template, "AWS::ApiGateway::Account").values()
    assert account["DeletionPolicy"] == "Retain"
    (role,) = (
        one
        for one in resources(template, "AWS::IAM::Role").values()
        if "ApiLogsRole" in one["Metadata"]["aws:cdk:path"]
    )
    assert role["DeletionPolicy"] == "Retain"


def test_two_apis_share_the_account_s_setting() -> None:
    template = templates_of(
        workflow(function(api=api(), inputs=()), function(name="two", api=api(), inputs=()))
    )["flow"]
    Template.from_json(template).resource_count_is("AWS::ApiGateway::Account", 1)
    Template.from_json(template).resource_count_is("AWS::ApiGateway::RestApi", 2)


@pytest.mark.parametrize("mode", list(ExecutionMode))
def test_a_function_may_put_off_its_own_requests_and_call_nothing_else(mode: ExecutionMode) -> None:
    granted = [
        flat(one["Resource"])
        for _, one in statements(made(mode))
        if one["Action"] == "lambda:InvokeFunction"
    ]
    own = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:thumbnails"
    assert granted == ([own] if mode.runs_on_lambda else [])


def test_the_address_is_an_output_and_the_key_s_value_is_not(with_key: Json) -> None:
    outputs = {one["Description"]: flat(one["Value"]) for one in with_key["Outputs"].values()}
    assert outputs["calls thumbnails"].startswith("https://<")
    assert outputs["calls thumbnails"].endswith("/launch")
    assert "--include-value" in outputs["shows the key for the header x-api-key of thumbnails"]


@pytest.mark.parametrize(("mode", "most"), [("lambda", 12), ("batch", 22), ("lambda-batch", 22)])
def test_a_function_with_an_api_and_a_key_has_few_resources(mode: str, most: int) -> None:
    template = made(ExecutionMode(mode), auth=ApiAuth.API_KEY)
    own = [
        one
        for one in resources(template).values()
        if one.get("Metadata", {}).get("aws:cdk:path", "").startswith("flow/Functions/")
    ]
    assert len(own) <= most
