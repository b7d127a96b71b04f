"""Every service that a kept template trusts acts for this account alone, or cannot say for whom.

The kept templates are what is synthesised (test_golden.py), and use every kind of resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scar_constructs.aws.policy import principals
from tests.synth.synthesis import Json, as_list, flat, resources

KEPT = sorted((Path(__file__).parents[1] / "golden" / "templates").glob("*/*.template.json"))
ACCOUNT = "<AWS::AccountId>"


@pytest.fixture(scope="module")
def templates() -> dict[str, Json]:
    return {f"{path.parent.name}/{path.name}": json.loads(path.read_text()) for path in KEPT}


def trusts(template: Json) -> Iterator[tuple[str, Json]]:
    """Every statement of a role's trust policy: (service, statement)."""
    for role in resources(template, "AWS::IAM::Role").values():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            for service in as_list(statement["Principal"]["Service"]):
                yield service, statement


def admissions(template: Json) -> Iterator[tuple[str, str, str]]:
    """What lets a service reach a resource: (service, source account, source ARN)."""
    for permission in resources(template, "AWS::Lambda::Permission").values():
        said = permission["Properties"]
        yield said["Principal"], flat(said.get("SourceAccount", "")), source(said["SourceArn"])
    for policy in resources(template, "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            principal, conditions = statement["Principal"], statement["Condition"]
            if statement["Effect"] == "Allow" and "Service" in principal:
                equal, like = conditions["StringEquals"], conditions.get("ArnLike", {})
                account = flat(equal.get("aws:SourceAccount", ""))
                yield principal["Service"], account, source(like.get("aws:SourceArn", ""))


def source(arn: object) -> str:
    """An ARN or several as text."""
    return " ".join(flat(one) for one in as_list(arn))


def test_a_role_is_taken_for_this_account_by_every_service_that_says_for_whom(
    templates: dict[str, Json],
) -> None:
    for name, template in templates.items():
        for service, statement in trusts(template):
            account = (
                statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount")
            )
            if service in principals.SENDS_NO_SOURCE:
                assert "Condition" not in statement, (name, service)
            else:
                assert account == {"Ref": "AWS::AccountId"}, (name, service)


def test_a_resource_lets_services_in_for_this_account_alone(templates: dict[str, Json]) -> None:
    for name, template in templates.items():
        for service, account, arn in admissions(template):
            own_rule = service == "events.amazonaws.com" and arn.endswith(".Arn>")
            assert account == ACCOUNT or ACCOUNT in arn or own_rule, (name, service, arn)


def test_each_service_is_in_one_of_the_two_lists_with_its_page_and_none_is_left_over(
    templates: dict[str, Json],
) -> None:
    used = {service for one in templates.values() for service, _ in trusts(one)}
    assert used == {*principals.SENDS_SOURCE_ACCOUNT, *principals.SENDS_NO_SOURCE}
    assert not principals.SENDS_SOURCE_ACCOUNT.keys() & principals.SENDS_NO_SOURCE.keys()
    for page in (*principals.SENDS_SOURCE_ACCOUNT.values(), *principals.SENDS_NO_SOURCE.values()):
        assert "https://" in page


def test_replication_is_trusted_as_the_page_of_s3_shows(templates: dict[str, Json]) -> None:
    shown = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    copying = [one for template in templates.values() for one in trusts(template)]
    assert [statement for service, statement in copying if service == principals.S3] == [shown]


def test_flow_logs_write_for_the_logs_of_this_region_alone(templates: dict[str, Json]) -> None:
    found = [
        flat(statement["Condition"]["ArnLike"]["aws:SourceArn"])
        for template in templates.values()
        for service, statement in trusts(template)
        if service == principals.FLOW_LOGS
    ]
    assert set(found) == {"arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:vpc-flow-log/*"}


def test_a_service_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(ValueError, match="glue"):
        principals.service_principal("glue.amazonaws.com")
