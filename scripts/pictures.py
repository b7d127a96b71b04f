"""`pictures.py [--check]`: draw the examples into docs/pictures, or say which pictures are old.

All are laid out by one call of Node.js.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scar_constructs.language import load_application
from scar_constructs.review.picture import lay_out, picture, svg

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
EXAMPLES = {
    "hello": "examples/hello",
    "map-reduce": "examples/map-reduce",
    "mrbayes": "examples/mrbayes",
    "paired-reads": "examples/paired-reads",
    "video-process": "examples/video-process",
    "video-process-classic": "examples/video-process/classic",
    "video-process-two-files": "examples/video-process/two-files",
}


def pictures() -> dict[str, str]:
    """Name of a file -> its text."""
    graphs = [picture(load_application([ROOT / path]).application) for path in EXAMPLES.values()]
    drawn = zip(EXAMPLES, graphs, lay_out(graphs), strict=True)
    return {f"{name}.svg": svg(graph, layout) for name, graph, layout in drawn}


def main(*, check: bool) -> int:
    """Write what has changed, or with `check` tell it; the exit code."""
    wanted = pictures()
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    if check:
        for name in sorted({name for name, _ in wanted.items() ^ kept.items()}):
            print(f"docs/pictures/{name} is not what scripts/pictures.py draws", file=sys.stderr)
        return int(wanted != kept)
    FOLDER.mkdir(exist_ok=True)
    for name in kept.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(check=sys.argv[1:] == ["--check"]))
