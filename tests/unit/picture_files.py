"""Workflows for tests of the picture."""

from __future__ import annotations

from pathlib import Path

from scar_constructs.language import load_application
from scar_constructs.language.workflow.join import Application
from scar_constructs.review.picture.graph import Edge, Frame, Graph, Kind, Link, Mark, Node, Row
from tests.unit.fdl_files import load

ROOT = Path(__file__).parents[2]
GOLDEN = sorted(path for path in (ROOT / "tests/golden/templates").iterdir() if path.is_dir())
MODES = ("lambda", "batch", "lambda-batch")
HOSTILE = (
    *('"]; click n0 href "javascript:alert(1)"', "</title><script>alert(1)</script>", "```\n# x"),
    *("a | b", "]]>", "&lt;", "#quot;", "%%{init: {}}%%", "`**x**`", "style a:b # c", "end"),
    *("1. one", "- two", "\x1b[2Jx", "\u202eevil", "\ud800", "<br>", "\\", "--> x", "$$x$$"),
)
"""Texts that would be more than texts in SVG, Mermaid or Markdown."""


def example(name: str) -> Application:
    return load_application([ROOT / "examples" / name]).application


def one_function(name: str = "f", **keys: str) -> str:
    """A file of the newer dialect with one function, whose further keys are YAML."""
    lines = "".join(f"\n      {key}: {value}" for key, value in keys.items())
    return (
        f"functions:\n  aws:\n  - lambda:\n      name: {name}\n      container: {{image: x}}\n"
        f"      init_script: run.sh{lines}\n"
    )


def thirty(folder: Path) -> Application:
    """Three stacks of ten functions: chains, branches, filters, addresses, and arrows between."""
    texts = {}
    for stack in ("climate", "genomics", "imaging"):
        functions = [_function(stack, number) for number in range(10)]
        texts[stack] = f"workflow: {stack}\nfunctions:\n  aws:\n" + "".join(functions)
    return load(folder, **texts)


def _function(stack: str, number: int) -> str:
    before = {"climate": "climate", "genomics": "climate", "imaging": "genomics"}[stack]
    if number == 0:
        source = "climate-data/in" if stack == "climate" else f"{before}-data/s4"
    else:
        source = f"{stack}-data/s{(number - 1) // 2}"
    suffixes = ", suffix: [.csv, .tsv]" if number % 4 == 1 else ""
    target = f"{stack}-data/s{number // 2}" + "b" * (number % 2)
    return (
        f"  - lambda:\n      name: {stack}-step-with-a-name-{number}\n"
        f"      execution_mode: {MODES[number % 3]}\n      container: {{image: x/y}}\n"
        "      init_script: run.sh\n"
        f"      input:\n      - {{storage_provider: s3, path: {source}{suffixes}}}\n"
        f"      output:\n      - {{storage_provider: s3, path: {target}}}\n"
    ) + (f"    api_gateway: {{name: {stack}}}\n" if number == 9 else "")


def named(text: str) -> Graph:
    """A graph in which everything has this text."""
    return Graph(
        frames=(Frame(id="stack", title=text),),
        nodes=(
            Node(
                id="folder", kind=Kind.FOLDER, title=text, subtitle=text, full=text, frame="stack"
            ),
            Node(
                id="function",
                kind=Kind.FUNCTION,
                title=text,
                subtitle=text,
                full=text,
                rows=(Row(badge=text, text=text),),
                mark=Mark.ADDED,
            ),
        ),
        edges=(Edge(source="folder", target="function", link=Link.READS, label=(text,)),),
    )
