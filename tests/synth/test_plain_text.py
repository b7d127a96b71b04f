"""What `cdk diff` shows of a changed function, and that its text is nobody's order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.aws.function import plain_text
from scar_constructs.language import load_application
from scar_constructs.model import Script
from tests.synth.synthesis import resources, synthesise
from tests.synth.test_app import run_app

ROOT = Path(__file__).parents[2]
FLOW = """
functions:
  aws:
  - lambda:
      name: changed
      init_script: changed.sh
      container: {{image: debian, environment: {{Variables: {{UNIT: {unit}}}}}}}
      input: [{{storage_provider: s3, path: flow-in/new, suffix: [{suffix}]}}]
  - lambda:
      name: kept
      execution_mode: batch
      init_script: kept.sh
      container: {{image: debian, environment: {{Variables: {{A: b}}}}}}
"""


def project(folder: Path, *, line: str, unit: str, suffix: str) -> Path:
    """A workflow of two functions, synthesised; the folder of its templates."""
    folder.mkdir()
    (folder / "flow.yaml").write_text(FLOW.format(unit=unit, suffix=suffix))
    (folder / "changed.sh").write_text(f"#!/bin/sh\nset -eu\n{line}\nexit 0\n")
    (folder / "kept.sh").write_text("#!/bin/sh\necho kept\n")
    done = run_app(folder, folder / "out", context={"functions": "flow.yaml"})
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_cdk_diff_shows_the_lines_that_changed_and_nothing_of_other_functions(
    tmp_path: Path,
) -> None:
    before = project(tmp_path / "before", line="echo words", unit="words", suffix=".txt")
    after = project(tmp_path / "after", line="echo lines", unit="lines", suffix=".md")
    done = subprocess.run(
        [
            *(ROOT / "node_modules" / ".bin" / "cdk", "diff", "--exclusively", "--no-color"),
            *("--app", after, "--template", before / "flow.template.json", "flow"),
        ],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "CDK_DISABLE_CLI_TELEMETRY": "1"},
        capture_output=True,
        text=True,
    )
    shown = done.stdout + done.stderr
    for line in ("echo words", "variable UNIT=words", 'input flow-in/new suffix [\\".txt\\"]'):
        assert f'[-]   "{line}"' in shown, shown
    for line in ("echo lines", "variable UNIT=lines", 'input flow-in/new suffix [\\".md\\"]'):
        assert f'[+]   "{line}"' in shown, shown
    assert '[ ]   "set -eu",' in shown
    assert "kept" not in shown


def metadata(script: str, tmp_path: Path) -> dict[str, Any]:
    """What the template says of a function with this script."""
    (tmp_path / "flow.yaml").write_text("functions: {one: {image: debian, init_script: run.sh}}\n")
    (tmp_path / "run.sh").write_bytes(script.encode(errors="surrogateescape"))
    synthesise(load_application([tmp_path]).application, tmp_path / "out")
    template = json.loads((tmp_path / "out" / "flow.template.json").read_text())
    (function,) = resources(template, "AWS::Lambda::Function").values()
    found: dict[str, Any] = function["Metadata"]["SCAR"]
    return found


HOSTILE = (
    "#!/bin/sh\n"
    "echo {{resolve:secretsmanager:prod/password}} {{ Resolve:ssm:x}}\n"
    "echo ${AWS::Region} ${Token[TOKEN.1]} #{Token[TOKEN.2]} ${HOME}\n"
    '{"Ref": "AWS::AccountId"}\n'
    "\x1b]0;title\x07 \u202egnp.exe \udcff\udcfe\n"
)


def test_hostile_text_is_written_as_text(tmp_path: Path) -> None:
    found = metadata(HOSTILE, tmp_path)
    name, _, resolve, names, reference, control = found["script"]
    assert name == "run.sh"
    assert resolve == "echo { {resolve:secretsmanager:prod/password}} { { Resolve:ssm:x}}"
    assert names == "echo $ {AWS::Region} $ {Token[TOKEN.1]} # {Token[TOKEN.2]} ${HOME}"
    assert reference == '{"Ref": "AWS::AccountId"}'
    assert control == "\\x1b]0;title\\x07 \\u202egnp.exe \\udcff\\udcfe"
    linted = subprocess.run(
        [
            *(Path(sys.executable).parent / "cfn-lint", "--config-file", ROOT / ".cfnlintrc.yaml"),
            *("--", tmp_path / "out" / "flow.template.json"),
        ],
        capture_output=True,
        text=True,
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_a_long_script_is_cut_and_a_change_behind_the_cut_is_seen(tmp_path: Path) -> None:
    long = "#!/bin/sh\n" + "".join(f"echo {n}\n" for n in range(5_000))
    folders = [tmp_path / "one", tmp_path / "two"]
    for one in folders:
        one.mkdir()
    first = metadata(long, folders[0])["script"]
    second = metadata(long + "echo more\n", folders[1])["script"]
    assert len(json.dumps(first)) < 5_000
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]
    assert "lines more; sha256 of all" in first[-1]


@given(st.text())
def test_lines_are_bounded_and_printable_and_no_orders(text: str) -> None:
    lines = plain_text.script_lines(Script(name="x", content=text))
    assert len(lines) <= plain_text.MOST_LINES + 1
    assert sum(map(len, lines)) <= plain_text.MOST_CHARACTERS + 100
    for line in lines:
        assert line.isprintable()
        assert "{{resolve" not in line.lower()
        assert "${AWS::" not in line
