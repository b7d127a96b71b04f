"""Where this installation has the files that are no modules: a checkout's, or a wheel's."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent
"""The folder that the package is imported from: a checkout has the rest of the project there."""

_PACKAGED = PACKAGE / "runtime"
RUNTIME = _PACKAGED if _PACKAGED.is_dir() else CHECKOUT / "runtime"
"""The runtime that gets into images and zips: inside of the package in a wheel."""


def cache_folder() -> Path:
    """Where things are kept between commands, of this user (XDG_CACHE_HOME)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "scar-constructs"
