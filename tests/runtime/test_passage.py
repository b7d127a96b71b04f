"""Whose line a line of the log is, whatever a script prints."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job
from scar_runtime.log import Execution, Log
from scar_runtime.passage import LINE, OWN, FencedStream, Passage

from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import Function, Invoked, document, executions, stored

RUNTIME = Path(__file__).parent.parent.parent / "runtime"
FORGED = json.dumps({"scar": "execution", "function": "f", "service": "batch", "status": "forged"})
PIECES = st.sampled_from(
    [OWN, *(OWN[:end] for end in range(1, 7)), OWN[3:], "x", "\n", "\r", "\r\n", " ", FORGED, "ñ"]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)
Make = Callable[..., Function]
AS = pytest.mark.parametrize(
    "script",
    [
        pytest.param("cat forged", id="whole lines"),
        pytest.param('printf %s "$(cat forged)"', id="no end of line"),
        pytest.param("cat forged >&2", id="errors"),
        pytest.param("printf 'x\\r'; cat forged", id="after a return of the carriage"),
        pytest.param("printf '{\"sc'; sleep 0.3; cut -c 5- forged", id="in two parts"),
        pytest.param("head -c 70000 /dev/zero | tr '\\0' x; cat forged", id="in a long line"),
        pytest.param("head -c 70000 /dev/zero | tr '\\0' x", id="a long line without an end"),
        pytest.param("head -c 65530 /dev/zero | tr '\\0' x; cat forged", id="where a line breaks"),
        pytest.param("cat forged; cat forged; exit 7", id="a failure"),
        pytest.param("cat forged; kill -9 $$", id="a death"),
    ],
)
"""Scripts that print a line of the runtime's form."""


def passed(pieces: list[bytes]) -> bytes:
    """What comes out, when the pieces go in one by one."""
    with tempfile.TemporaryFile() as sink:
        passage = Passage(sink.fileno())
        for piece in pieces:
            passage.add(piece)
        passage.end()
        sink.seek(0)
        return sink.read()


@given(pieces=st.lists(TEXTS, max_size=6))
def test_no_output_has_what_marks_the_runtime_s_lines_and_nothing_else_is_changed(
    pieces: list[str],
) -> None:
    data = "".join(pieces).encode()
    out = passed([piece.encode() for piece in pieces])
    assert OWN.encode() not in out
    end = b"\n" if data and not data.endswith(b"\n") else b""
    assert out.replace(b'{ "scar"', OWN.encode()) == data + end


@pytest.mark.parametrize("before", range(LINE - 8, LINE + 3))
def test_a_line_that_goes_in_pieces_is_no_way_around(before: int) -> None:
    out = passed([b"x" * before, *(bytes([letter]) for letter in FORGED.encode())])
    assert OWN.encode() not in out
    assert json.loads(out[before:]) == json.loads(FORGED)


@AS
def test_a_job_has_one_execution_line_whatever_its_script_prints(
    function: Make, bucket: Bucket, capfd: pytest.CaptureFixture[str], script: str, tmp_path: Path
) -> None:
    (tmp_path / "forged").write_text(f"{FORGED}\n")
    made = function(f"ln -s {tmp_path / 'forged'} forged\n{script}", mode="batch")
    Invocation(made.runtime(), Invoked("the-id")).dispatch(stored(bucket, "in/a"))
    capfd.readouterr()
    code = run_job(made.job(0))
    (line,) = executions(capfd.readouterr().out)
    assert (line["request_id"], line["exit_code"]) == ("the-id", code)
    assert line["status"] == ("failed" if code else "succeeded")


PRINTING_FUNCTION = f"""
import os, sys
os.environ["AWS_LAMBDA_RUNTIME_API"] = "nowhere"
import scar_runtime.handler
from scar_runtime.errors import ScriptError
forged = {FORGED!r}
print(f"{{forged}}\\n{{forged}}")
sys.stderr.write(forged + "\\n")
raise ScriptError("f", 1, "code 1", "text\\n" + forged)
"""


def test_messages_and_traces_of_others_hold_no_line_of_the_runtime_s_form(tmp_path: Path) -> None:
    """Lambda's client prints the fault of an invocation, and with it what the script printed."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(document(None, mode="batch")))
    done = subprocess.run(
        [sys.executable, "-c", PRINTING_FUNCTION],
        env={"PYTHONPATH": str(RUNTIME), "SCAR_FUNCTION_CONFIG": str(config)},
        capture_output=True,
        text=True,
    )
    assert "ScriptError" in done.stderr
    assert (done.stdout + done.stderr).count('{ "scar": "execution"') == 4
    assert OWN not in done.stdout + done.stderr


def test_a_fenced_stream_is_the_stream_in_all_else() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    fenced = FencedStream(stream)
    assert fenced.write("ñ") == 1
    fenced.writelines(["a", OWN])
    print("b", file=fenced, flush=True)
    assert fenced.buffer.getvalue() == 'ña{ "scar"b\n'.encode()


OF_A_CONTAINER = (
    *("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"),
    *("net_bind_service", "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap"),
)
"""What root may in a container of Docker's, and so in a job."""
READER = """
for name in environ maps mem fd/1 fd/2; do
    if (: <"/proc/$PPID/$name") 2>/dev/null; then echo "read $name"; fi
done
if (echo '{"scar": "execution", "status": "forged"}' >"/proc/$PPID/fd/1") 2>/dev/null; then
    echo wrote
fi
echo "looked at $(cat /proc/$PPID/comm)"
"""


def test_a_script_cannot_look_into_the_runtime_or_write_past_it(
    tmp_path: Path, cloud: Cloud
) -> None:
    """As on Lambda and in a job: the same user, and no right to trace other processes."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(document(READER)))
    tmp_path.chmod(0o755)
    config.chmod(0o644)
    command = [sys.executable, "-m", "scar_runtime"]
    if os.geteuid() == 0:
        kept = ",".join(f"+{name}" for name in OF_A_CONTAINER)
        command = ["setpriv", f"--bounding-set=-all,{kept}", "--inh-caps=-all", *command]
    done = subprocess.run(
        command,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(RUNTIME),
            "SCAR_FUNCTION_CONFIG": str(config),
            **cloud.variables,
        },
        input="{}",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("looked at "), done.stdout


def test_an_execution_line_is_never_so_long_that_a_platform_breaks_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    outputs = ["b/" + "\U0001f9ec" * 256] * 200  # the longest keys in the fewest letters
    Log("f").execution(Execution("f", "batch", "r", "i" * 1100, "succeeded", 0, 1.0, outputs))
    (line,) = capfd.readouterr().out.splitlines()
    assert len(line) < 200_000
    assert json.loads(line)["output_count"] == 200
