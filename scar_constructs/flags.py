"""CDK's feature flags, set in code so that tests, `npx cdk` and a foreign app build the same.

Flags in cdk.json reach an app only through the CLI. Here stand those that touch the resource types
we make, with the values that `cdk init` recommends for aws-cdk-lib 2.275; names and meanings:
https://docs.aws.amazon.com/cdk/v2/guide/featureflags.html
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import App

FEATURE_FLAGS: Mapping[str, bool] = {
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/core:includePrefixInUniqueNameGeneration": True,
    "@aws-cdk/core:explicitStackTags": True,
    "@aws-cdk/core:aspectPrioritiesMutating": True,
    "@aws-cdk/core:validateSnapshotRemovalPolicy": True,
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "@aws-cdk/core:annotationsInValidationReport": True,
    "@aws-cdk/core:enableAdditionalMetadataCollection": False,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy": False,
    "@aws-cdk/aws-lambda:useCdkManagedLogGroup": True,
    "@aws-cdk/aws-s3:publicAccessBlockedByDefault": True,
    "@aws-cdk/aws-s3:createDefaultLoggingPolicy": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/aws-s3:keepNotificationInImportedBucket": False,
    "@aws-cdk/aws-batch:defaultToAL2023": True,
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": True,
    "@aws-cdk/aws-ec2:uniqueImdsv2TemplateName": True,
    "@aws-cdk/aws-events:eventsTargetQueueSameAccount": True,
    "@aws-cdk/aws-apigateway:disableCloudWatchRole": True,
    "@aws-cdk/aws-apigateway:requestValidatorUniqueId": True,
    "@aws-cdk/aws-apigateway:authorizerChangeDeploymentLogicalId": True,
    "@aws-cdk/aws-apigateway:logGroupDestinationArnWithoutWildcard": True,
    "@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope": True,
}

# Nothing in a template may depend on the folder or the machine it was made on: an asset's path
# does. Construct paths stay, because `cdk diff` names resources by them.
REPRODUCIBLE: Mapping[str, bool] = {
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:version-reporting": False,
}


def new_app(*, outdir: str | None = None, context: Mapping[str, str] | None = None) -> App:
    """An app with the flags above, which the command line cannot change.

    `outdir`: where the cloud assembly goes (default: where the CDK CLI asks, or a temporary
    folder). `context`: what the CLI would pass with `-c`.
    """
    return App(
        outdir=outdir,
        context=dict(context or {}),
        post_cli_context={**FEATURE_FLAGS, **REPRODUCIBLE},
        analytics_reporting=False,
    )
