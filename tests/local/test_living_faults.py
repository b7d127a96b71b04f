"""Whatever is wrong around a command ends in one clear line."""

from __future__ import annotations

import pytest

from scar_constructs.installation import CHECKOUT
from tests.local.living import LIVING, Person
from tests.local.workflows import Workflow

OTHER = CHECKOUT / "examples" / "hello" / "hello.yaml"


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "no region is set: set AWS_REGION"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "aws sso login"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_PROFILE": "nobody"}, "`aws configure list-profiles` names those there are"),
    ],
    ids=["region", "credentials", "connection", "profile"],
)
@pytest.mark.parametrize(
    "arguments",
    [
        ["ls"],
        ["logs"],
        ["trace", "s3://living/in/words"],
        ["status"],
        ["failures", "living"],
        ["redrive", "living"],
        ["put", "-b", "living/in", "-p", str(LIVING)],
        ["run", "-n", "living-open"],
        ["prune", "living"],
    ],
    ids=lambda value: value[0],
)
def test_a_fault_of_the_surroundings_is_one_line(
    person: Person, host: Workflow, arguments: list[str], variables: dict[str, str], text: str
) -> None:
    given = {
        **variables,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    given["AWS_MAX_ATTEMPTS"] = "1"
    done = Person(host.cloud, person.folder, given).call(*arguments)
    assert done.returncode == 1, done.stdout
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["logs", "living-splat"], "did you mean living-split?"),
        (["logs", "--since", "yesterday"], "write such as 30m"),
        (["status", "livin"], "did you mean living?"),
        (["failures", "living", "--function", "x"], "the stack has no function x; there are:"),
        (["redrive", "living", "--function", "x"], "the stack has no function x; there are:"),
        (["run", "-n", "x"], "no function x is deployed"),
        (["invoke", "-n", "x"], "no function x is deployed"),
        (["invoke", "-n", "living-open", "-p", "{"], "-p is no JSON"),
        (["rm", "-n", "x"], "no function x is deployed"),
        (
            ["rm", "-n", "living-open", "-f", str(OTHER), "--yes"],
            "hello.yaml has no function living-open; it has hello-split, hello-count",
        ),
        (["trace", "s3://living/gone"], "there is no object s3://living/gone"),
        (["get", "-b", "living/gone", "-p", "x"], "nothing lies at s3://living/gone"),
        (["ls", "-b", "no-such-bucket-here"], "there is no bucket no-such-bucket-here"),
        (["get", "-b", "living/stored", "-p", "/dev/null/x"], "/dev/null/x"),
        (["run", "-n", "living-open", "-o", "no/such/folder"], "no/such/folder: No such file"),
        (["put", "-b", "living/in", "-p", "gone"], "there is no file or folder gone"),
        (
            ["run", "-n", "living-echo", "-ib", "living/gone"],
            "living/gone is no input of living-echo",
        ),
        (["run", "-n", "living-echo", "-ib", "living/many/x"], "nothing lies in s3://living/many"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_what_does_not_exist_is_one_line(
    person: Person, host: Workflow, arguments: list[str], text: str
) -> None:
    host.put("living", "stored/there")
    done = person.call(*arguments)
    assert done.returncode == 1, done.stdout
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1
