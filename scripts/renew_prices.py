"""Write today's prices into `scar_constructs/estimate/prices.toml`.

    python scripts/renew_prices.py

Asks AWS's price list (pricing:GetProducts) for each item and region of the table, with credentials
that boto3 finds. What is not found, or found with more than one price, keeps its line and is
reported. A new region needs its section in the table first, with a line for each item.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "scar_constructs" / "estimate" / "prices.toml"
API_REGION = "us-east-1"
"""Where the price list answers, for the prices of all regions."""


@dataclass(frozen=True)
class Query:
    """The product of an item: a service, how its usage type ends, and attributes that it has."""

    service: str
    usage: str
    attributes: Mapping[str, str] = field(default_factory=dict)


LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
QUERIES = {
    "lambda_request": Query("AWSLambda", "Request"),
    "lambda_gb_second_x86_64": Query("AWSLambda", "Lambda-GB-Second"),
    "lambda_gb_second_arm64": Query("AWSLambda", "Lambda-GB-Second-ARM"),
    "lambda_storage_gb_second": Query("AWSLambda", "Lambda-Storage-GB-Second"),
    "fargate_vcpu_hour_x86_64": Query("AmazonECS", "Fargate-vCPU-Hours:perCPU"),
    "fargate_gb_hour_x86_64": Query("AmazonECS", "Fargate-GB-Hours"),
    "fargate_vcpu_hour_arm64": Query("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU"),
    "fargate_gb_hour_arm64": Query("AmazonECS", "Fargate-ARM-GB-Hours"),
    "fargate_storage_gb_hour": Query("AmazonECS", "Fargate-EphemeralStorage-GB-Hours"),
    "s3_write": Query("AmazonS3", "Requests-Tier1"),
    "s3_read": Query("AmazonS3", "Requests-Tier2"),
    "s3_gb_month": Query("AmazonS3", "TimedStorage-ByteHrs"),
    "event_bridge_event": Query("AWSEvents", "Event-64K-Chunks", {"eventType": "Custom Event"}),
    "api_request": Query("AmazonApiGateway", "ApiGatewayRequest"),
    "logs_gb": Query("AmazonCloudWatch", "DataProcessing-Bytes", {"operation": "PutLogEvents"}),
    "logs_gb_month": Query("AmazonCloudWatch", "TimedStorage-ByteHrs"),
    "alarm_month": Query("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    "metric_month": Query("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    "dashboard_month": Query("AmazonCloudWatch", "DashboardsUsageHour"),
    "ecr_gb_month": Query("AmazonECR", "TimedStorage-ByteHrs"),
    "kms_key_month": Query("awskms", "KMS-Keys"),
    "kms_request": Query("awskms", "KMS-Requests"),
    "secret_month": Query("AWSSecretsManager", "AWSSecretsManager-Secrets"),
    "secret_call": Query("AWSSecretsManager", "AWSSecretsManagerAPIRequest"),
    "sqs_request": Query("AWSQueueService", "Requests-Tier1"),
    "gp3_gb_month": Query("AmazonEC2", "EBS:VolumeUsage.gp3"),
    "public_ipv4_hour": Query("AmazonVPC", "PublicIPv4:InUseAddress"),
}
_SECTION = re.compile(r"\[regions\.([a-z0-9-]+)(\.ec2)?\]")
_LINE = re.compile(r'("?)([\w.-]+)\1 = \{ usd = [\d.]+, as_of = "[\d-]+" \}')
Ask = Callable[[str, Mapping[str, str]], Iterable[str]]
"""Service and attributes -> the documents of the products, as the API gives them."""


class PriceError(Exception):
    """The price list has not exactly one price for an item."""


def main() -> None:
    import boto3

    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    client = boto3.client("pricing", region_name=API_REGION)

    def ask(service: str, attributes: Mapping[str, str]) -> Iterable[str]:
        filters = [
            {"Type": "TERM_MATCH", "Field": name, "Value": value}
            for name, value in attributes.items()
        ]
        pages = client.get_paginator("get_products").paginate(
            ServiceCode=service, Filters=filters, FormatVersion="aws_v1"
        )
        for page in pages:
            yield from page["PriceList"]

    text, missed = renewed(TABLE.read_text(encoding="utf-8"), ask, today)
    TABLE.write_text(text, encoding="utf-8")
    for line in missed:
        sys.stderr.write(f"kept: {line}\n")


def renewed(text: str, ask: Ask, today: str) -> tuple[str, list[str]]:
    """The table with new prices, and a line for each that could not be renewed."""
    lines, missed, region, is_machine = [], [], "", False
    for line in text.splitlines():
        if section := _SECTION.fullmatch(line):
            region, is_machine = section[1], bool(section[2])
        entry = _LINE.fullmatch(line) if region else None
        if entry:
            query = machine_query(entry[2]) if is_machine else QUERIES[entry[2]]
            try:
                usd = usd_of(query, region, ask)
                line = f'{entry[1]}{entry[2]}{entry[1]} = {{ usd = {usd:f}, as_of = "{today}" }}'
            except PriceError as fault:
                missed.append(f"{region} {entry[2]}: {fault}")
        lines.append(line)
    return "\n".join(lines) + "\n", missed


def machine_query(name: str) -> Query:
    """Linux on demand."""
    return Query("AmazonEC2", f"BoxUsage:{name}", {"instanceType": name, **LINUX})


def usd_of(query: Query, region: str, ask: Ask) -> Decimal:
    """The price of a product in a region: the first that is not free. Usage types begin with a
    short name of the region in most regions."""
    pattern = re.compile(rf"(?:[A-Za-z0-9-]+-)?{re.escape(query.usage)}")
    found = set()
    for text in ask(query.service, {"regionCode": region, **query.attributes}):
        product = json.loads(text)
        usage = product["product"]["attributes"].get("usagetype", "")
        if pattern.fullmatch(usage) and _prefix_is_a_region(usage, query.usage):
            found.add(first_price(product))
    prices = {one for one in found if one is not None}
    if len(prices) != 1:
        shown = ", ".join(str(one) for one in sorted(prices)) or "none"
        raise PriceError(f"one price was expected of {query.usage}, and found was {shown}")
    return prices.pop().normalize()


def _prefix_is_a_region(usage: str, end: str) -> bool:
    """Whether what stands before the end names a region, and not another kind of usage."""
    prefix = usage.removesuffix(end).rstrip("-")
    return not prefix or re.fullmatch(r"[A-Z]{2,4}\d?|[a-z]{2}-[a-z]+-\d", prefix) is not None


def first_price(product: Mapping[str, Any]) -> Decimal | None:
    """The price of the lowest tier that is not free; None if the product is free.

    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-files.html
    """
    dimensions = [
        one
        for term in product["terms"].get("OnDemand", {}).values()
        for one in term["priceDimensions"].values()
    ]
    for one in sorted(dimensions, key=lambda one: Decimal(one.get("beginRange", "0"))):
        usd = Decimal(one["pricePerUnit"].get("USD", "0"))
        if usd:
            return usd
    return None


if __name__ == "__main__":
    main()
