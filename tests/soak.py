"""`python -m tests.soak`: the fault campaign in its long form (`make soak`).

Writes the table into docs/reliability.md. Exit code 1 if an event was lost, corrupted or doubled.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from tests.runtime.cloud import running_cloud
from tests.support.campaign import Campaign, cases, table

DOCUMENT = Path(__file__).parents[1] / "docs" / "reliability.md"
_TABLE = re.compile(r"(<!-- campaign -->\n).*?(<!-- end of campaign -->)", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--events", type=int, default=60, help="of each kind of fault and mode")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the table into the document")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_cloud(Path(name)) as cloud:
        campaign = Campaign(cloud, Path(name), options.seed, workers=8)
        for kind, mode in cases():
            begin = time.monotonic()
            with redirect_stdout(StringIO()):
                row = campaign.run(kind, mode, options.events)
            mark = "" if row.is_clean else "  <-- NOT CLEAN"
            print(f"{time.monotonic() - begin:6.1f} s  {row}{mark}", file=sys.stderr, flush=True)
    text = table(campaign.rows)
    print(text)
    if options.write:
        written = f"Seed {options.seed}.\n\n{text}\n\n"
        document = _TABLE.sub(lambda found: found[1] + written + found[2], DOCUMENT.read_text())
        DOCUMENT.write_text(document)
    return 0 if all(row.is_clean for row in campaign.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
