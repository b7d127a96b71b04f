"""What the functions of one stack share, each made when the first function asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import CfnResource
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.aws.policy.compliance import acknowledge
from scar_constructs.aws.policy.principals import API_GATEWAY, service_principal
from scar_constructs.aws.shared.failures import Failures
from scar_constructs.aws.shared.hosts import new_host_role
from scar_constructs.aws.shared.network import Network
from scar_constructs.aws.shared.retention import ALWAYS_KEPT
from scar_constructs.aws.shared.spool import Spool
from scar_constructs.language.grants.roles import Surroundings
from scar_constructs.language.grants.stack import API_LOGS_POLICY
from scar_constructs.model import StackOptions
from scar_constructs.model.limits import HELPER_IMAGE


class Shared(Construct):
    """Failure queue, spool bucket and host profile of one stack, and its use of the network.

    `kms_keys`: bucket name -> ARN of the key it is encrypted with. `runtime_image`: the image
    that the first stage of every derived image starts from; `helper_image`: a Python image for
    the helpers of jobs whose image is not built upon. `options`: what is switched on
    for the whole stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        kms_keys: Mapping[str, str] | None = None,
        runtime_image: str = RUNTIME_IMAGE,
        helper_image: str = HELPER_IMAGE,
        options: StackOptions | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._options = options or StackOptions()
        self._kms_keys: Mapping[str, str] = dict(kms_keys or {})
        self._runtime_image = runtime_image
        self._helper_image = helper_image
        self._failures = Failures(self, "Failures", kms_key=self._options.kms_key)
        self._spool = Spool(self, "Spool", options=self._options)
        self._network: Network | None = None
        self._host_profile: iam.CfnInstanceProfile | None = None
        self._api_account: apigateway.CfnAccount | None = None

    @property
    def surroundings(self) -> Surroundings:
        """What the grants of the stack's functions depend on beside the functions."""
        return Surroundings(
            bucket_keys=self._kms_keys,
            stack_key=self._options.kms_key,
            helper_image=self._helper_image,
        )

    @property
    def kms_keys(self) -> Mapping[str, str]:
        return dict(self._kms_keys)

    @property
    def options(self) -> StackOptions:
        return self._options

    @property
    def runtime_image(self) -> str:
        return self._runtime_image

    @property
    def helper_image(self) -> str:
        return self._helper_image

    @property
    def failures(self) -> Failures:
        return self._failures

    @property
    def spool(self) -> Spool:
        return self._spool

    @property
    def network(self) -> Network:
        """The network that all workflows of the region share."""
        if self._network is None:
            self._network = Network(
                self,
                "Network",
                flow_logs=self._options.flow_logs,
                kms_key=self._options.kms_key,
            )
        return self._network

    @property
    def host_profile_arn(self) -> str:
        """Instance profile of Batch's EC2 hosts: what the ECS agent needs, and nothing else."""
        if self._host_profile is None:
            self._host_profile = self._new_host_profile()
        return self._host_profile.attr_arn

    @property
    def api_account(self) -> apigateway.CfnAccount:
        """The account's setting that lets API Gateway write logs; there is one in a region.

        It stays when the stack goes, with its role: other APIs of the account may rely on it.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        if self._api_account is None:
            self._api_account = self._new_api_account()
        return self._api_account

    def _new_api_account(self) -> apigateway.CfnAccount:
        role = iam.Role(
            self,
            "ApiLogsRole",
            assumed_by=service_principal(API_GATEWAY),
            description="logs of API Gateway",
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(API_LOGS_POLICY)],
        )
        role.apply_removal_policy(ALWAYS_KEPT)
        reason = "the setting is the whole account's, so the role serves the logs of any API"
        acknowledge(
            cast(CfnResource, role.node.default_child),
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
                f"{API_LOGS_POLICY}]": reason
            },
        )
        account = apigateway.CfnAccount(self, "ApiAccount", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(ALWAYS_KEPT)
        return account

    def _new_host_profile(self) -> iam.CfnInstanceProfile:
        """Batch takes a profile, not a role."""
        role = new_host_role(self, "HostRole")
        return iam.CfnInstanceProfile(self, "HostProfile", roles=[role.role_name])
