"""Make the table of EC2's instance types, `scar_constructs/model/machines.txt`, on standard output.

    python scripts/machine_sizes.py FILE DATE

FILE is `moto/ec2/resources/instance_types.json.gz` of the PyPI package moto, which holds what EC2's
DescribeInstanceTypes answers; DATE is that of the file. Run it at development time, to renew the
table.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HEADER = """\
# EC2's instance types with their vCPUs, memory and GPUs, as of {date}.
# From EC2's DescribeInstanceTypes by way of the PyPI package moto (Apache-2.0), without Macs.
# Made by scripts/machine_sizes.py; do not edit.
#
# FAMILY MIB-PER-VCPU SIZE[=VCPUS][:MIB][*GPUS]...  where 2x stands for 2xlarge. Without =VCPUS a
# medium has 1, a large 2, an x 4, a 2x and a metal-2xl 8, and so on.
"""


def main() -> None:
    source, date = sys.argv[1:]
    described = json.loads(gzip.decompress(Path(source).read_bytes()))
    sys.stdout.write(HEADER.format(date=date))
    for line in lines(described):
        sys.stdout.write(f"{line}\n")


def lines(described: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A line for each family, in the order of their names."""
    families: dict[str, list[tuple[int, int, str, int]]] = {}
    for name, facts in described.items():
        family, _, size = name.partition(".")
        if not family.startswith("mac"):
            vcpus, memory = facts["VCpuInfo"]["DefaultVCpus"], facts["MemoryInfo"]["SizeInMiB"]
            families.setdefault(family, []).append((vcpus, memory, size, _gpus(facts)))
    for family, sizes in sorted(families.items()):
        ratio = Counter(memory // vcpus for vcpus, memory, _, _ in sizes).most_common(1)[0][0]
        entries = (
            _entry(size, vcpus, memory, gpus, ratio) for vcpus, memory, size, gpus in sorted(sizes)
        )
        yield " ".join([family, str(ratio), *entries])


def _gpus(facts: Mapping[str, Any]) -> int:
    """Of NVIDIA: Batch knows no others."""
    found = facts.get("GpuInfo", {}).get("Gpus", [])
    return sum(
        gpu.get("LogicalGpuCount", gpu["Count"]) for gpu in found if gpu["Manufacturer"] == "NVIDIA"
    )


def _entry(size: str, vcpus: int, memory: int, gpus: int, ratio: int) -> str:
    short = size.replace("xlarge", "x")
    of_vcpus = "" if usual_vcpus(short) == vcpus else f"={vcpus}"
    of_memory = "" if ratio * vcpus == memory else f":{memory}"
    return f"{short}{of_vcpus}{of_memory}{f'*{gpus}' if gpus else ''}"


def usual_vcpus(short: str) -> int | None:
    """What most sizes of this name have; `scar_constructs.model.machines` reads it the same way."""
    if found := re.fullmatch(r"(\d*)x|metal-(\d+)xl", short):
        return 4 * int(found[1] or found[2] or 1)
    return {"medium": 1, "large": 2}.get(short)


if __name__ == "__main__":
    main()
