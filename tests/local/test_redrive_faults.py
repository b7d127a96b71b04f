"""`redrive` where AWS cannot be asked: one line that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError

from scar_constructs.installation import CHECKOUT
from scar_constructs.operate.faults import explained

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
HERE = {"AWS_REGION": "us-east-1"}
NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}


@pytest.mark.parametrize(
    ("variables", "fix"),
    [
        (KEYS, "no region is set: set AWS_REGION, or choose a profile"),
        (HERE, "Unable to locate credentials: log in (`aws sso login`)"),
        ({**HERE, "AWS_ACCESS_KEY_ID": "key"}, "missing: AWS_SECRET_ACCESS_KEY: log in"),
        ({**HERE, "AWS_PROFILE": "none"}, "could not be found: `aws configure list-profiles`"),
        ({**HERE, **KEYS, **NOWHERE}, ": check the name of the region, and the network"),
    ],
    ids=["no region", "no credentials", "half of them", "no such profile", "no such region"],
)
def test_what_keeps_redrive_from_aws_is_told_in_one_line_with_its_fix(
    variables: Mapping[str, str], fix: str, tmp_path: Path
) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "scar_constructs", "redrive", "hello"],
        cwd=CHECKOUT,
        env={**clean, "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", **variables},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert fix in done.stderr
    assert len(done.stderr.splitlines()) == 1


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "The token\nis old."}}, "DescribeStacks")


def test_credentials_that_have_expired_say_how_to_get_others() -> None:
    assert explained(refusal("ExpiredToken")).endswith(
        "The token is old: log in (`aws sso login`), or choose another profile with AWS_PROFILE"
    )
    lost = CredentialRetrievalError(provider="sso", error_msg="gone")
    assert "log in" in explained(lost)


def test_what_has_no_fix_of_ours_is_told_as_aws_tells_it() -> None:
    assert explained(refusal("Throttling")).endswith("The token is old.")
