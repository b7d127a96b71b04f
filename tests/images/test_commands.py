"""What images run by themselves, with the runtime on top: the same as without it."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from scar_constructs.aws.package.assets import image_context
from tests.images.bases import ensure
from tests.images.conftest import BUCKET
from tests.images.containers import Image
from tests.images.engine import Engine
from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import document, executions, stored

pytestmark = pytest.mark.container
Named = Callable[[str], Image]
NAMES = ("only-entrypoint", "only-command", "figlet", "field")


@pytest.fixture(scope="module")
def named(engine: Engine, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Named:
    """Gives a function without a script on an image, whose ENTRYPOINT and CMD are as the image
    says, by the image's name."""

    @functools.cache
    def build(name: str) -> Image:
        base = ensure(engine, name, tmp_path_factory.mktemp(name))
        said = json.loads(engine.must("image", "inspect", "--format={{json .Config}}", base))
        words: dict[str, Any] = {
            "entrypoint": said.get("Entrypoint") or [],
            "command": said.get("Cmd") or [],
        }
        output = {"bucket": BUCKET, "folder": "out", "key": "{request_id}/{name}"}
        tag = f"localhost/scar-test/commanded-{name}"
        with image_context(json.dumps(document(None, outputs=[output], **words))) as context:
            engine.build(context, tag, {"BASE_IMAGE": base})
        return Image(engine, tag, base, cloud)

    return build


def by_hand(image: Image, event: Any) -> str:
    command = ("run", "--rm", "--interactive", image.tag)
    done = image.engine.call(*command, stdin=json.dumps(event).encode())
    assert done.returncode == 0, done.stderr
    return done.stdout


def answered(answer: dict[str, Any]) -> str:
    assert "body" in answer, answer
    return base64.b64decode(answer["body"]).decode()


@pytest.mark.parametrize("name", NAMES)
def test_an_image_runs_as_it_does_by_itself(name: str, named: Named) -> None:
    image = named(name)
    itself = image.engine.must("run", "--rm", image.base)
    assert by_hand(image, {}) == itself


@pytest.mark.parametrize("name", ["figlet", "field"])
def test_arguments_go_where_docker_puts_them(name: str, named: Named) -> None:
    image = named(name)
    itself = image.engine.must("run", "--rm", image.base, "two cows", "moo")
    assert by_hand(image, {"cmd_args": ["two cows", "moo"]}) == itself


def test_a_function_answers_with_what_its_image_says(named: Named, spool: Bucket) -> None:
    """On Lambda everything is read-only and runs as Lambda's user, in the image's WORKDIR."""
    with named("field").function(SCAR_SPOOL_BUCKET=spool.name) as function:
        assert answered(function.invoke({})) == "/field 993: ./moo says a cow\n"
        assert answered(function.invoke({"cmd_args": ["moo"]})) == "/field 993: ./moo says moo\n"
        assert function.run("pwd; id -u").splitlines()[1] == "993"


def test_the_file_of_an_event_is_the_program_s_input(
    named: Named, bucket: Bucket, spool: Bucket
) -> None:
    event = stored(bucket, "in/cow.txt", b"moo\n")
    with named("only-entrypoint").function(SCAR_SPOOL_BUCKET=spool.name) as function:
        assert answered(function.invoke(event)) == "moo\n"


def test_the_body_of_a_request_is_the_program_s_input(named: Named, spool: Bucket) -> None:
    request = {"httpMethod": "POST", "body": "moo", "isBase64Encoded": False}
    with named("only-entrypoint").function(SCAR_SPOOL_BUCKET=spool.name) as function:
        answer = function.invoke(request)
        assert (answer["statusCode"], answered(answer)) == (200, "moo")


def test_a_job_runs_its_image_as_the_image_s_user(named: Named, spool: Bucket) -> None:
    job = named("field").job({}, spool)
    done = job.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == "/field 1234: ./moo says a cow"
    [line] = executions(done.stdout)
    assert line["status"] == "succeeded"


def test_a_job_ends_with_the_code_of_its_image(named: Named, spool: Bucket) -> None:
    """`cat` of what is not there."""
    done = named("only-entrypoint").job({"cmd_args": ["/none"]}, spool).run()
    assert done.returncode == 1
    assert "the command exited with code 1" in done.stdout
