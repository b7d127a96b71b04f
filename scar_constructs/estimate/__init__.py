"""What an application costs on AWS, from its files and a few assumptions, without AWS or CDK."""

from __future__ import annotations

from scar_constructs.estimate.assumptions import Amounts, Assumptions
from scar_constructs.estimate.cost import application_cost
from scar_constructs.estimate.items import Cost, Crossing, FunctionCost, Item
from scar_constructs.estimate.prices import Prices, known_regions

__all__ = [
    "Amounts",
    "Assumptions",
    "Cost",
    "Crossing",
    "FunctionCost",
    "Item",
    "Prices",
    "application_cost",
    "known_regions",
]
