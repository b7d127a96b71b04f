"""Figures in the documents' sentences are those of the constants that decide."""

from __future__ import annotations

import pytest
from scar_runtime import environment, outputs, process, secrets
from scar_runtime.aws import functions
from scar_runtime.stages import own_command

from scar_constructs.cli.local import DEFAULT_TIMEOUT_SECONDS
from scar_constructs.emulator import gateway
from scar_constructs.emulator.batch import definitions
from scar_constructs.model import limits
from tests.docs.blocks import ROOT

KIB, MIB = 1024, 1024**2
SENTENCES = {
    "README.md": [
        f"up to {limits.LAMBDA_TIMEOUT_MAX_SECONDS // 60} minutes, up to "
        f"{limits.LAMBDA_MEMORY_MAX_MIB // 1024} GB of memory",
    ],
    "docs/local.md": [
        f"{DEFAULT_TIMEOUT_SECONDS:,.0f} s by default",
        f"{definitions.MAX_JOB_BYTES // KIB} KiB for a job, "
        f"{definitions.MAX_OVERRIDES_CHARACTERS:,} characters of overrides, "
        f"{definitions.MAX_DEFINITION_BYTES // KIB} KiB for a definition",
        f"({gateway.MAX_EVENT_BYTES // MIB} MB; for bytes {gateway.MAX_EVENT_BYTES * 3 / 4 / MIB}",
        f"504 after {gateway.WAIT_SECONDS:.0f} seconds",
    ],
    "docs/resources.md": [
        f"at most {limits.LAMBDA_PAYLOAD_MAX_BYTES // 1_000_000} MB",
        f"each helper takes {limits.HELPER_VCPUS} vCPU and {limits.HELPER_MEMORY_MIB} MiB",
        f"on Fargate {limits.HELPER_VCPUS_FARGATE} vCPU and {limits.HELPER_MEMORY_MIB} MiB",
        f"IAM takes {limits.ROLE_POLICY_MAX_CHARACTERS:,} characters",
        f"Objects expire after {limits.SPOOL_EXPIRE_DAYS} days",
    ],
    "docs/runtime.md": [
        f"absent above {environment.VARIABLE_BYTES // KIB} KiB",
        f"kept for {secrets.KEPT_SECONDS / 60:.0f} minutes",
        f"at most {functions.LATER_BYTES // MIB} MiB",
        f"at most {limits.SCRIPT_MAX_BYTES // MIB} MiB",
        f"through {outputs.MAX_HOPS} functions",
        f"the first and the last {process.KEPT_END // MIB} MiB",
        f"about {own_command.OVERRIDE_CHARACTERS:,} characters",
        f"for {limits.FAILURE_RETENTION_DAYS} days, with the reason",
        f"from the spool bucket (for {limits.SPOOL_EXPIRE_DAYS} days)",
    ],
    "docs/updates.md": [f"in the failure queue for {limits.FAILURE_RETENTION_DAYS} days"],
    "docs/design.md": [
        f"up to {definitions.MAX_JOB_BYTES // KIB} KiB at submission",
        f"exceed {definitions.MAX_OVERRIDES_CHARACTERS:,} characters",
    ],
}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [(document, one) for document, found in SENTENCES.items() for one in found],
)
def test_a_figure_of_the_documents_is_the_one_that_decides(document: str, sentence: str) -> None:
    words = {"five": "5"}
    text = " ".join((ROOT / document).read_text().split())
    for word, figure in words.items():
        text = text.replace(f" {word} ", f" {figure} ")
    assert sentence in text
