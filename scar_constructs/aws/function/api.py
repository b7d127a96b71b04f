"""The HTTPS endpoint of a function: every path below the stage calls its Lambda.

The API is one OpenAPI document, so that paths and methods are no resources of their own, and a
change of any is an update in place with a new deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import Aws, CfnResource
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from scar_constructs.aws.policy.compliance import STRICT_PACKS, acknowledge
from scar_constructs.aws.policy.principals import API_GATEWAY
from scar_constructs.model import Api, ApiAuth
from scar_constructs.model.limits import API_BURST, API_PATH, API_RATE

ANY_METHOD = "x-amazon-apigateway-any-method"
KEY_SCHEME = "api_key"

NO_FIREWALL = "a firewall is the account's choice (`web_acl`), paid by the request"
NO_VALIDATOR = "any body is data for the script, and has no model to be held against"
NO_EXECUTION_LOG = (
    "access logs tell of each request; the function logs what it does with it, and execution logs "
    "would keep bodies in a group without an end"
)
NO_CACHE = "each request starts the function; an answer from a cache would be another's"
NO_CERTIFICATE = "the backend is Lambda, which knows its caller by IAM and not by a certificate"
NO_TRACES = "tracing is paid by the trace; logs carry the request id"
OPEN = "the YAML file says `auth: none`; requests are throttled"


class FunctionApi(Construct):
    """A REST API with one stage. `account`: what lets API Gateway write logs in this account."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: Api,
        function: lambda_.IFunction,
        log_group: logs.ILogGroup,
        account: CfnResource,
        tracing: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._api = api
        self._rest = apigateway.SpecRestApi(
            self,
            "Rest",
            rest_api_name=api.name,
            api_definition=apigateway.ApiDefinition.from_inline(_document(api, function)),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=_stage(api, log_group, tracing),
        )
        # An output that says no more than ours, of the stage's address without a path.
        self._rest.node.try_remove_child("Endpoint")
        self._stage = cast(CfnResource, self._rest.deployment_stage.node.default_child)
        # API Gateway refuses access logs while the account names no role for them.
        self._stage.add_resource_dependency(account)
        lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal=API_GATEWAY,
            source_arn=self._rest.arn_for_execute_api("*", "/*", api.stage),
        )
        self._guard(api.web_acl)
        self._key = self._new_key() if api.auth is ApiAuth.API_KEY else None
        self._acknowledge(tracing)

    @property
    def rest_api(self) -> apigateway.SpecRestApi:
        return self._rest

    @property
    def url(self) -> str:
        """Where to send requests."""
        return self._rest.url_for_path(f"/{API_PATH}")

    @property
    def key_id(self) -> str | None:
        """Id of the key that callers have to send, if they have to."""
        return self._key.key_id if self._key else None

    def _guard(self, web_acl: str | None) -> None:
        """Let the firewall see every request before API Gateway passes it on."""
        if not web_acl:
            return
        stage = (
            f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}::/restapis/{self._rest.rest_api_id}"
            f"/stages/{self._rest.deployment_stage.stage_name}"
        )
        wafv2.CfnWebACLAssociation(self, "Firewall", resource_arn=stage, web_acl_arn=web_acl)

    def _new_key(self) -> apigateway.IApiKey:
        """A key that API Gateway makes up; its value stands in no template and no output."""
        plan = apigateway.UsagePlan(
            self,
            "Plan",
            api_stages=[
                apigateway.UsagePlanPerApiStage(
                    api=cast(apigateway.IRestApi, self._rest), stage=self._rest.deployment_stage
                )
            ],
            throttle=apigateway.ThrottleSettings(rate_limit=API_RATE, burst_limit=API_BURST),
        )
        key = apigateway.ApiKey(self, "Key", description=f"callers of {self._api.name}")
        plan.add_api_key(cast(apigateway.IApiKey, key))
        return cast(apigateway.IApiKey, key)

    def _acknowledge(self, tracing: bool) -> None:
        rest = {"AwsSolutions-APIG2": NO_VALIDATOR}
        if self._api.auth is ApiAuth.NONE:
            rest |= {"AwsSolutions-APIG4": OPEN, "AwsSolutions-COG4": OPEN}
        stage = {"AwsSolutions-APIG6": NO_EXECUTION_LOG}
        if not self._api.web_acl:
            stage["AwsSolutions-APIG3"] = NO_FIREWALL
            stage |= {f"{pack}-APIGWAssociatedWithWAF": NO_FIREWALL for pack in STRICT_PACKS}
        for pack in STRICT_PACKS:
            stage |= {
                f"{pack}-APIGWExecutionLoggingEnabled": NO_EXECUTION_LOG,
                f"{pack}-APIGWCacheEnabledAndEncrypted": NO_CACHE,
                f"{pack}-APIGWSSLEnabled": NO_CERTIFICATE,
            }
        if not tracing:
            stage |= {
                "Serverless-APIGWXrayEnabled": NO_TRACES,
                "HIPAA.Security-APIGWXrayEnabled": NO_TRACES,
            }
        acknowledge(cast(CfnResource, self._rest.node.default_child), rest)
        acknowledge(self._stage, stage)


def _stage(api: Api, log_group: logs.ILogGroup, tracing: bool) -> apigateway.StageOptions:
    """How many requests it lets through, and what it writes down of each."""
    destination = apigateway.LogGroupLogDestination(log_group)
    return apigateway.StageOptions(
        stage_name=api.stage,
        throttling_rate_limit=API_RATE,
        throttling_burst_limit=API_BURST,
        tracing_enabled=tracing,
        access_log_destination=cast(apigateway.IAccessLogDestination, destination),
        access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
            caller=False,
            http_method=True,
            ip=True,
            protocol=True,
            request_time=True,
            resource_path=True,
            response_length=True,
            status=True,
            user=True,
        ),
    )


def _document(api: Api, function: lambda_.IFunction) -> dict[str, Any]:
    """The API in OpenAPI's words with API Gateway's extensions.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
    """
    method = ANY_METHOD if api.method == "ANY" else api.method.lower()
    return {
        "openapi": "3.0.1",
        "info": {"title": api.name, "version": "1.0"},
        # Bodies are bytes in both directions; without it they would have to be text.
        "x-amazon-apigateway-binary-media-types": ["*/*"],
        "paths": {
            "/{proxy+}": {
                method: {
                    "parameters": [
                        {
                            "name": "proxy",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                        }
                    ],
                    "responses": {},
                    "x-amazon-apigateway-integration": {
                        "type": "aws_proxy",
                        "httpMethod": "POST",
                        "uri": (
                            f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:lambda:path/2015-03-31"
                            f"/functions/{function.function_arn}/invocations"
                        ),
                        "passthroughBehavior": "when_no_match",
                    },
                    **_authorisation(api.auth),
                }
            }
        },
        **_schemes(api.auth),
    }


def _authorisation(auth: ApiAuth) -> Mapping[str, Any]:
    match auth:
        case ApiAuth.IAM:
            return {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}
        case ApiAuth.API_KEY:
            return {"security": [{KEY_SCHEME: []}]}
        case ApiAuth.NONE:
            return {"x-amazon-apigateway-auth": {"type": "NONE"}}


def _schemes(auth: ApiAuth) -> Mapping[str, Any]:
    if auth is not ApiAuth.API_KEY:
        return {}
    scheme = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    return {"components": {"securitySchemes": {KEY_SCHEME: scheme}}}
