"""Reading AWS's price list, held against documents of its form that are made by hand.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal

import pytest

from scar_constructs.estimate.prices import TABLE
from scripts.renew_prices import QUERIES, PriceError, Query, first_price, renewed, usd_of

TEXT = """\
# a comment that stays

[items]
s3_write = { unit = "request", source = "https://aws.amazon.com/s3/pricing/" }

[regions.eu-west-1]
s3_write = { usd = 0.1, as_of = "2020-01-01" }
s3_read = { usd = 0.2, as_of = "2020-01-01" }

[regions.eu-west-1.ec2]
"m6i.large" = { usd = 0.3, as_of = "2020-01-01" }
"""


def product(usage: str, *tiers: tuple[str, str]) -> str:
    dimensions = {
        f"A.B.{number}": {"beginRange": begin, "pricePerUnit": {"USD": usd}, "unit": "Requests"}
        for number, (begin, usd) in enumerate(tiers)
    }
    terms = {"OnDemand": {"A.B": {"priceDimensions": dimensions}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})


PRODUCTS = {
    "AmazonS3": [
        product("EU-Requests-Tier1", ("0", "0.0000050000")),
        product("EU-SIA-Requests-Tier1", ("0", "0.0000100000")),
    ],
    "AmazonEC2": [product("EU-BoxUsage:m6i.large", ("0", "0.1070000000"))],
}


def ask(service: str, attributes: Mapping[str, str]) -> list[str]:
    assert attributes["regionCode"] == "eu-west-1"
    return PRODUCTS[service]


def test_the_table_gets_new_prices_and_keeps_the_rest() -> None:
    text, missed = renewed(TEXT, ask, "2030-01-02")
    assert text.startswith("# a comment that stays\n")
    found = tomllib.loads(text)["regions"]["eu-west-1"]
    assert found["s3_write"] == {"usd": 0.000005, "as_of": "2030-01-02"}
    assert found["ec2"]["m6i.large"] == {"usd": 0.107, "as_of": "2030-01-02"}
    assert found["s3_read"] == {"usd": 0.2, "as_of": "2020-01-01"}
    assert missed == [
        "eu-west-1 s3_read: one price was expected of Requests-Tier2, and found was none"
    ]


def test_the_first_tier_that_is_not_free_counts() -> None:
    tiers = [("6000", "0.5"), ("0", "0.0000000000"), ("100", "0.7")]
    assert first_price(json.loads(product("x", *tiers))) == Decimal("0.7")
    assert first_price(json.loads(product("x", ("0", "0")))) is None


def test_two_prices_for_one_item_are_refused() -> None:
    def both(*_: object) -> list[str]:
        return [product("Request", ("0", "1")), product("EU-Request", ("0", "2"))]

    with pytest.raises(PriceError, match="found was 1, 2"):
        usd_of(Query("AWSLambda", "Request"), "eu-west-1", both)


def test_every_item_of_the_table_can_be_asked_for() -> None:
    assert QUERIES.keys() == tomllib.loads(TABLE.read_text())["items"].keys() - {"ec2"}
