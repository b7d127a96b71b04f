"""Ten thousand outputs of one run: all of them, with bounded memory and few open files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import document, executions, stored

RUNTIME = Path(__file__).parents[2] / "runtime"
COUNT = 10_000
OPEN_FILES = 128
"""Enough for what uploads at once, each a connection and a file; Lambda allows 1,024."""
SCRIPT = 'seq {count} | split -l 1 -a 4 - "$TMP_OUTPUT_DIR/"'
METERED = """
import resource, subprocess, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
done = subprocess.run(sys.argv[2:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(done.returncode)
"""


def test_ten_thousand_outputs_go(tmp_path: Path, cloud: Cloud) -> None:
    bucket = cloud.bucket()
    log, peak_mib = run(COUNT, bucket, tmp_path / "config.json")
    [line] = executions("\n".join(log))
    assert (line["status"], line["output_count"]) == ("succeeded", COUNT)
    assert len(log[-1]) < 256 * 1024, "a longer line would be cut by CloudWatch"
    assert len(set(bucket.keys("out/"))) == COUNT
    _, peak_of_one = run(1, cloud.bucket(), tmp_path / "config.json")
    assert peak_mib < 4 * peak_of_one


def run(count: int, bucket: Bucket, config: Path) -> tuple[list[str], int]:
    """Run a script with so many outputs; the log, and the peak of memory in MiB."""
    output = {"bucket": bucket.name, "folder": "out"}
    config.write_text(
        json.dumps(document(SCRIPT.format(count=count), mode="batch", outputs=[output]))
    )
    program = [sys.executable, "-m", "scar_runtime"]
    done = subprocess.run(
        [sys.executable, "-c", METERED, str(OPEN_FILES), *program],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(RUNTIME),
            "SCAR_FUNCTION_CONFIG": str(config),
            **bucket.cloud.variables,
        },
        input=json.dumps(stored(bucket, "in/a")),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *log, peak_mib = done.stderr.splitlines()
    return log, int(peak_mib)
