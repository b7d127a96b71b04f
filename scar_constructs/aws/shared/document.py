"""What a stack was made of, as a document beside the CDK's other assets.

`scar review --deployed` reads it: from the template alone it could not tell what a change means.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from aws_cdk import CfnOutput
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from scar_constructs.model.limits import DOCUMENT_OUTPUT


class StackDocument(Construct):
    """An asset with the text, and an output that says where it is."""

    def __init__(self, scope: Construct, construct_id: str, *, text: str) -> None:
        super().__init__(scope, construct_id)
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / "stack.json"
            path.write_text(text, encoding="utf-8")
            asset = s3_assets.Asset(self, "Asset", path=str(path))
        CfnOutput(self, "Location", description=DOCUMENT_OUTPUT, value=asset.s3_object_url)
