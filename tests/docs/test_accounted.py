"""Nothing stands in a document that no test looks at, but for a few things with a reason."""

from __future__ import annotations

import functools
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import CLAIMED, ROOT, blocks, claim, documents, inline_of

claim("README.md", "flowchart LR", "a drawing")
claim("docs/review.md", "from scar_constructs.review", "by test_picture_marks")
claim("docs/pipelines.md", "jobs:", "its steps by test_pipelines")
claim("docs/review.md", "scar review --deployed", "by test_review_deployed")
claim("docs/review.md", "[~] AWS::Lambda::Function", "by test_plain_text")
claim("docs/design.md", "YAML text -> positioned tree", "a drawing")
claim("docs/local.md", "cli/local.py -> local/", "a drawing")

# Not run by any test: they call functions, need an image, or show what a failing run printed.
for document, start in (
    ("docs/local.md", "curl --data-binary @poem.txt"),
    ("docs/local.md", "aws ecr create-repository"),
    ("docs/local.md", "function "),
    ("docs/operate.md", "fields @timestamp"),
    ("docs/operate.md", '{\n  "Version"'),
):
    claim(document, start, "not run: needs a deployment")

# Each command is run, on other names, by tests/local/test_living.py.
for document, start in (
    ("README.md", "scar status hello"),
    ("docs/operate.md", "scar ls "),
    ("docs/operate.md", "scar trace"),
    ("docs/operate.md", "scar logs hello-count"),
    ("docs/operate.md", "scar failures"),
    ("docs/operate.md", "scar run"),
):
    claim(document, start, "by test_living")


def test_every_block_is_run_or_checked_or_has_a_reason() -> None:
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        importlib.import_module(f"tests.docs.{path.stem}")
    assert [block.place for block in blocks() if block not in CLAIMED] == []


PROGRAMS = ("npx cdk", "cdk", "scar", "python -m", "python3 -m", "make")


def inline() -> list[tuple[str, str]]:
    names = [path.relative_to(ROOT).as_posix() for path in documents()]
    return [
        (name, one) for name in names for program in PROGRAMS for one in inline_of(name, program)
    ]


@pytest.mark.parametrize(("document", "command"), inline())
def test_commands_within_sentences_exist_with_their_options(document: str, command: str) -> None:
    """By the help of the program itself, which names each sub-command and option."""
    del document
    words = command.split()
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    program: tuple[str, ...]
    if words[0].startswith("python"):
        program, rest = (sys.executable, "-m", words[2]), words[3:]
    elif words[0] == "scar":
        program, rest = (sys.executable, "-m", "scar_constructs"), words[1:]
        if rest[:1] == ["local"]:
            program, rest = (*program, "local"), rest[1:]
    else:
        program, rest = ("cdk",), words[words.index("cdk") + 1 :]
    names = [word for word in rest[:1] if word.islower() and not word.startswith("-")]
    # `a|b` stands for either command.
    either = names[0].split("|") if names else [""]
    shown = "".join(help_of(*program, *filter(None, [name])) for name in either)
    for option in (word.partition("=")[0] for word in rest if word.startswith("-")):
        assert re.search(rf"(?<!\S){option}\b", shown), f"{option} is no option"


@functools.cache
def help_of(*program: str) -> str:
    done = subprocess.run([*program, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
