"""This checkout's CDK app; see `scar_constructs.aws.app`."""

from __future__ import annotations

import sys

from scar_constructs.aws.app import main

if __name__ == "__main__":
    sys.exit(main())
