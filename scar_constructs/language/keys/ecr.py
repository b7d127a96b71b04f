"""Names of images in Amazon ECR, taken apart."""

from __future__ import annotations

import re

ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<name>[a-z0-9._/-]+)(:(?P<tag>[\w.-]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html"""
