"""`python -m scar_constructs.language.reference.documents`: write the generated documents anew.

Made are docs/checks.md (all of it, with the example of each rule from the corpus of faulty files),
the tables in docs/language.md, and schema/functions.schema.json. A test holds them to their
sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from scar_constructs.installation import CHECKOUT
from scar_constructs.language.diagnostics.catalogue import SECTIONS, Rule
from scar_constructs.language.diagnostics.problems import Severity
from scar_constructs.language.keys import batch as batch_keys
from scar_constructs.language.keys import (
    blocks,
    buckets,
    container,
    dialects,
    function,
    join,
    network,
)
from scar_constructs.language.keys import storage as storage_keys
from scar_constructs.language.keys.containers import Group, Key, ListOf, Origin
from scar_constructs.language.reference.schema import render_schema
from scar_constructs.model import limits

ROOT = CHECKOUT
CORPUS = ROOT / "tests" / "golden" / "errors"
LANGUAGE = ROOT / "docs" / "language.md"

TABLES: dict[str, Group] = {
    "top": dialects.TOP,
    "alarms": blocks.ALARMS,
    "buckets": buckets.BUCKET,
    "classic": dialects.CLASSIC_FUNCTION,
    "classic s3": buckets.CLASSIC_S3,
    "fdl": dialects.FDL_FUNCTION,
    "lambda": dialects.LAMBDA,
    "container": container.CONTAINER,
    "input": function.INPUT,
    "join": join.JOIN,
    "output": function.OUTPUT,
    "vpc": network.VPC,
    "file_system": network.FILE_SYSTEM,
    "iam": blocks.IAM,
    "cloudwatch": blocks.CLOUDWATCH,
    "api_gateway": blocks.API_GATEWAY,
    "batch": batch_keys.BATCH,
    "compute_resources": batch_keys.COMPUTE_RESOURCES,
    "multi_node_parallel": batch_keys.MULTI_NODE,
    "burst": batch_keys.BURST,
    "storage_providers s3": storage_keys.S3,
    "storage_providers minio": storage_keys.MINIO,
    "storage_providers onedata": storage_keys.ONEDATA,
    "storage_providers webdav": storage_keys.WEBDAV,
}
"""The groups of keys, by the name of their place in docs/language.md."""

_MARKED = re.compile(r"(<!-- keys: ([\w ]+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)

_FARGATE = re.compile(r"(<!-- fargate -->\n).*?(<!-- end of fargate -->)", re.DOTALL)


def documents() -> dict[Path, str]:
    """Every generated document and its text."""
    return {
        ROOT / "docs" / "checks.md": checks(),
        LANGUAGE: language(LANGUAGE.read_text()),
        ROOT / "schema" / "functions.schema.json": render_schema(),
    }


def language(text: str) -> str:
    """The document with its tables made anew; what stands between them is kept."""
    keys = _MARKED.sub(
        lambda found: found[1] + "\n" + _table(found[2]) + "\n" + found[3],
        text,
    )
    return _FARGATE.sub(lambda found: found[1] + "\n" + _fargate() + "\n" + found[2], keys)


def _fargate() -> str:
    """The memory that goes with each number of vCPUs, as a table."""
    rows = ["| vCPUs | memory in MiB |", "|---|---|"]
    for vcpus, memory in limits.FARGATE_MEMORY_MIB.items():
        step = memory[-1] - memory[-2]
        if memory == tuple(range(memory[0], memory[-1] + 1, step)):
            words = f"{memory[0]} to {memory[-1]}, in steps of {step}"
        else:
            words = ", ".join(str(one) for one in memory)
        rows.append(f"| {vcpus:g} | {words} |")
    return "\n".join(rows) + "\n"


def _table(name: str) -> str:
    rows = ["| key | meaning | must be | default | in SCAR |", "|---|---|---|---|---|"]
    for key_name, key in TABLES[name].keys.items():
        cells = (f"`{key_name}`", _meaning(key_name, key), *_limits(key), _in_scar(key))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _meaning(name: str, key: Key) -> str:
    parts = [key.meaning]
    if key.required:
        parts.append("**Required.**")
    if key.example:
        parts.append(f"Example: `{name}: {key.example}`.")
    return " ".join(parts)


def _limits(key: Key) -> tuple[str, str]:
    """The columns "must be" and "default"."""
    if key.ignored or key.refused:
        return ("", "")
    item = key.shape.item if isinstance(key.shape, ListOf) else key.shape
    if isinstance(item, Group):
        words = "a list of mappings" if isinstance(key.shape, ListOf) else "a mapping"
        return (f"{words}, see below", key.default)
    return (key.shape.words, key.default)


def _in_scar(key: Key) -> str:
    if key.ignored:
        return f"ignored: {key.ignored}"
    if key.refused:
        return f"refused: {key.refused}"
    if key.origin is Origin.OURS:
        return "new"
    parts = [f"`{key.option}`"] if key.option else []
    parts += [key.changed] if key.changed else []
    return "; ".join(parts)


def checks() -> str:
    """docs/checks.md."""
    count = sum(len(rules) for rules in SECTIONS.values())
    lines = [
        "# Checks",
        "",
        "<!-- Made by `python -m scar_constructs.language.reference.documents`; do not edit. -->",
        "",
        f"All {count} rules that `scar check` holds files to, by the name that stands in square "
        "brackets at the end of each problem. The names never change. An *error* stops "
        "`check`, `cdk synth` and the local run alike; a *warning* is told once.",
        "",
    ]
    for section, rules in SECTIONS.items():
        lines += [f"## {section}", ""]
        for name, rule in rules.items():
            lines += [*_rule(name, rule), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rule(name: str, rule: Rule) -> Iterator[str]:
    kind = "" if rule.severity is Severity.ERROR else " (a warning)"
    yield f"### {name}"
    yield ""
    why = f" {rule.why}" if rule.why else ""
    source = f" ([source]({rule.source}))" if rule.source else ""
    yield f"{rule.title[0].upper()}{rule.title[1:]}{kind}.{why}{source}"
    case = _case(name)
    if case is None:
        return
    yield ""
    for file in _files(case):
        language_name = "yaml" if file.suffix == ".yaml" else "sh"
        yield f"```{language_name}"
        yield f"# {file.relative_to(CORPUS)}"
        yield _shortened(file.read_bytes().decode("utf-8", errors="replace"))
        yield "```"
    yield ""
    yield "```text"
    yield _shortened((CORPUS / f"{case}.txt").read_text())
    yield "```"


def _case(name: str) -> str | None:
    """The rule's case in the corpus; the first of its variants, if there are only such."""
    cases = sorted(path.stem for path in CORPUS.glob(f"{name}*.txt"))
    variants = [case for case in cases if case == name or case.startswith(f"{name}.")]
    return variants[0] if variants else None


def _files(case: str) -> list[Path]:
    """The files of a case."""
    folder = CORPUS / case
    if folder.is_dir():
        return sorted(path for path in folder.iterdir() if path.suffix == ".yaml")
    return [CORPUS / f"{case}.yaml"]


def _shortened(text: str) -> str:
    """The text with long lines cut, for reading."""
    lines = text.rstrip("\n").splitlines()
    return "\n".join(line if len(line) <= 400 else f"{line[:100]} …" for line in lines)


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
