"""The commands of the documents that need no cloud."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.docs.blocks import ROOT, Block, claim
from tests.docs.sandbox import Sandbox, filled_in

MAKE = claim("README.md", "make demo", "by `make --dry-run`: they are this suite, and what it runs")
LANGUAGE = claim("docs/language.md", "scar check PATH...")
BY_HAND = claim("docs/runtime.md", "scar config FILE.yaml")
POLICIES = claim("docs/operate.md", "scar policy read")
NEW = claim("README.md", "scar new demo")
ESTIMATE = claim("docs/cost.md", "scar estimate")
claim("docs/cost.md", "python scripts/renew_prices.py", "not run: needs an account")
DRAW = claim("docs/review.md", "scar draw")
EXPLAINED = claim("docs/review.md", "scar explain")
REVIEWS = [claim("docs/review.md", "scar review before"), claim("README.md", "scar review")]
CHECKOV = claim("docs/resources.md", ".venv-checkov/bin/checkov", "by scripts/audit_templates.py")
HELLO = "scar local run examples/hello --put examples/hello/poem.txt --get out"
RUNS = [
    claim("README.md", HELLO),
    claim("docs/local.md", HELLO),
    claim("examples/hello/README.md", HELLO),
]
MAP_REDUCE = claim("examples/map-reduce/README.md", "scar local run")
IMAGES = {
    claim("examples/mrbayes/README.md", "docker build", "by test_mrbayes_runs_to_its_end"): (
        "grycap/mrbayes",
        "examples/mrbayes",
    ),
    claim("examples/paired-reads/README.md", "docker build", "by test_paired_reads..."): (
        "grycap/fastp",
        "examples/paired-reads",
    ),
    claim("examples/video-process/README.md", "docker build", "by test_every_frame..."): (
        "grycap/ffmpeg",
        "examples/video-process/images/ffmpeg",
    ),
}
"""Blocks that build images, which `tests/local/test_examples.py` does with an engine."""
TWO_FILES = claim(
    "examples/video-process/README.md", "scar local run", "by test_every_frame... [two files]"
)


def commands(block: Block) -> list[str]:
    """The commands of a block, without the words about them."""
    joined = block.text.replace("\\\n", " ")
    lines = (re.sub(r"\s+# .*$", "", line).strip() for line in joined.splitlines())
    return [" ".join(line.split()) for line in lines if line]


@pytest.mark.parametrize("command", commands(LANGUAGE))
def test_the_commands_of_the_language_run(sandbox: Sandbox, command: str) -> None:
    values = {"PATH...": "examples/hello", "PATH": "examples/hello", "FUNCTION": "hello-count"}
    shown = sandbox.must(filled_in(command, **values))
    assert shown or "--format github" in command


def test_a_function_runs_by_hand(sandbox: Sandbox) -> None:
    (sandbox.folder / "event.json").write_text(json.dumps({"any": "words"}))
    (sandbox.folder / "flow.yaml").write_text(
        "functions: {hand: {image: x, init_script: hand.sh}}\n"
    )
    (sandbox.folder / "hand.sh").write_text('cat "$SCAR_INPUT_FILE"; echo " by hand"\n')
    values = {"FILE.yaml": "flow.yaml", "FUNCTION": "hand"}
    assert '{"any": "words"} by hand' in sandbox.must(filled_in(BY_HAND.text, **values))


def test_map_and_reduce_run_as_their_readme_writes_it(sandbox: Sandbox) -> None:
    assert "8 the\n" in sandbox.must(MAP_REDUCE.text)


def test_the_example_runs_as_the_documents_write_it(sandbox: Sandbox) -> None:
    """In a sandbox, where no container engine answers: the scripts run on this machine."""
    longest = max((block.text for block in RUNS), key=len)
    assert all(longest.startswith(block.text) for block in RUNS)
    shown = sandbox.must(longest)
    for verse in ("poem-1", "poem-2", "poem-3"):
        assert f"hello-bucket/counts/{verse}.count" in shown
    assert len(list((sandbox.folder / "out" / "hello-bucket" / "counts").iterdir())) == 3


def test_make_runs_the_demonstration_and_the_suite() -> None:
    demo, test = commands(MAKE)

    def dry(command: str) -> str:
        words = [*command.split(), "--dry-run"]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert HELLO.removeprefix("python") in dry(demo)
    assert re.search(r"-m pytest( --numprocesses=\d+)?$", dry(test), re.MULTILINE)


def test_checkov_is_called_as_in_the_audit() -> None:
    """But for an option that leaves out what passed, which the audit counts."""
    (command,) = commands(CHECKOV)
    program = (ROOT / "scripts" / "audit_templates.py").read_text()
    options = {word for word in command.split() if word.startswith("--")} - {"--quiet"}
    assert options
    assert all(f'"{option}"' in program for option in options)


@pytest.mark.parametrize("block", IMAGES, ids=lambda block: block.place)
def test_the_examples_build_the_images_that_their_files_name(block: Block) -> None:
    image, folder = IMAGES[block]
    build, *_ = commands(block)
    assert build == f"docker build -t {image} {folder}"
    assert (ROOT / folder / "Dockerfile").is_file()
    example = (ROOT / block.document).parent
    assert any(image in path.read_text() for path in example.rglob("*.yaml"))
    for path in re.findall(r"(?<!/)examples/[\w./-]+", block.text + TWO_FILES.text):
        assert (ROOT / path).exists(), path


def test_a_new_project_runs(sandbox: Sandbox) -> None:
    shown = sandbox.must(NEW.text)
    assert "1 file, 1 function, no problem" in shown
    assert "sample.count" in shown


@pytest.mark.parametrize("command", commands(POLICIES))
def test_the_policies_are_printed(sandbox: Sandbox, command: str) -> None:
    document = json.loads(sandbox.must(filled_in(command, **{"hello.yaml": "examples/hello"})))
    assert document["Statement"]


def test_the_cost_is_estimated(sandbox: Sandbox) -> None:
    shown = sandbox.must(ESTIMATE.text)
    assert "80,000" in shown
    assert "USD" in shown


@pytest.mark.parametrize("command", commands(DRAW))
def test_workflows_are_drawn(sandbox: Sandbox, command: str) -> None:
    shown = sandbox.must(command)
    name = command.partition(" -o ")[2]
    text = (sandbox.folder / name).read_text() if name else shown
    assert "hello-split" in text


@pytest.mark.parametrize("command", [one for block in REVIEWS for one in commands(block)])
def test_changes_are_reviewed(sandbox: Sandbox, command: str) -> None:
    """In a repository with a branch that gives a function more memory."""
    sandbox.must(
        "export GIT_CONFIG_GLOBAL=/dev/null\n"
        "cp -rL examples/hello workflows; cp -r workflows before; cp -r workflows after\n"
        "git init -q -b main; git config user.name test; git config user.email test@example.org\n"
        "git add workflows; git commit -qm first; git tag v1.0; git checkout -qb more\n"
        "sed -i 's/init_script: count-words.sh/&\\n      memory: 2048/' "
        "after/hello.yaml workflows/hello.yaml\n"
        "git commit -qam second\n"
    )
    assert "lambda.memory: 512 -> 2048" in sandbox.must(command)


def test_resources_are_explained(sandbox: Sandbox) -> None:
    """The last command reads the assembly of an earlier synth."""
    *questions, of_assembly = commands(EXPLAINED)
    for command in questions:
        assert "  for hello-" in sandbox.must(command) or "--of" in command
    assert "hello-split" in sandbox.must(f"scar synth examples/hello\n{of_assembly}")
