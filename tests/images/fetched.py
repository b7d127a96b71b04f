"""Packages and sources of the distribution, kept under .cache between runs."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "images"
EMULATOR = "aws-sam-cli==1.170.0"


def debian_source(name: str) -> Path:
    """The upstream archive of a package's source, from where this machine's apt finds packages."""
    folder = CACHE / "source"
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    for file in Path("/etc/apt/sources.list.d").glob("*.sources"):
        text = file.read_text()
        if "debian-archive-keyring" in text or "ubuntu-archive-keyring" in text:
            sources = re.sub("^Types:.*$", "Types: deb-src", text, flags=re.MULTILINE)
            (folder / "parts" / file.name).write_text(sources)
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": f"{folder}/parts",
        "Dir::State::lists": f"{folder}/lists",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Cache::pkgcache": "",
    }
    apt = ["apt-get", "--quiet", *(f"--option={key}={value}" for key, value in settings.items())]
    for step in (["update"], ["source", "--download-only", name]):
        done = subprocess.run([*apt, *step], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"apt-get {' '.join(step)}: {done.stderr}"
    [archive] = folder.glob(f"{name}_*.orig.tar.*[z2]")
    return archive


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
