"""`python -m scar_constructs` is `scar`."""

from __future__ import annotations

from scar_constructs.cli.main import main

if __name__ == "__main__":
    main()
