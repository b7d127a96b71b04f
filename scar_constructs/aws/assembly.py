"""What is in a cloud assembly, without the CDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_templates(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Stack -> template, of a cloud assembly."""
    end = ".template.json"
    return {
        path.name.removesuffix(end): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob(f"*{end}"))
    }
