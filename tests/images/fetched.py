"""Files from Debian's and Ubuntu's archives, kept under .cache between runs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "images"
EMULATOR = "aws-sam-cli==1.170.0"


def fetched(url: str, sha256: str) -> Path:
    """The file at `url`, which must have this content."""
    path = CACHE / url.rsplit("/", 1)[-1]
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
            content = answer.read()
        digest = hashlib.sha256(content).hexdigest()
        assert digest == sha256, f"{url} has changed: {digest}"
        path.write_bytes(content)
    return path


def debian_package(name: str) -> Path:
    """The package that this machine's apt offers."""
    CACHE.mkdir(parents=True, exist_ok=True)
    found = sorted(CACHE.glob(f"{name}_*_amd64.deb"))
    if not found:
        done = subprocess.run(
            ["apt-get", "download", "--quiet", name], cwd=CACHE, capture_output=True, text=True
        )
        assert done.returncode == 0, f"apt-get download {name}: {done.stderr}"
        found = sorted(CACHE.glob(f"{name}_*_amd64.deb"))
    return found[0]


def unpack(package: Path, root: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", str(package), str(root)], check=True)


def interface_emulator() -> Path:
    """Lambda's runtime interface emulator, which the SAM CLI carries in its wheel."""
    program = CACHE / "aws-lambda-rie-x86_64"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        done = subprocess.run(
            [*pip, "--dest", str(CACHE), EMULATOR], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        [wheel] = CACHE.glob("aws_sam_cli-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(f"samcli/local/rapid/{program.name}")
        program.write_bytes(content)
        program.chmod(0o755)
        wheel.unlink()
    return program
