"""The runtime in images it did not choose: as Lambda runs them, and as Batch does."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable

import pytest

from tests.images.containers import Image, script
from tests.runtime.cloud import Bucket
from tests.runtime.functions import executions, stored

pytestmark = pytest.mark.container

OURS = {
    *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_REQUEST_ID", "EVENT", "INSTANCE_IP", "REQUEST_ID"),
    *("SCAR_INPUT_DIR", "SCAR_OUTPUT_DIR", "TMP_INPUT_DIR", "TMP_OUTPUT_DIR"),
}
"""What a script without an input file sees beside the image's own variables."""
OF_THE_SHELL = {"PWD", "OLDPWD", "SHLVL", "_"}
OF_THE_ENGINE = {"HOSTNAME", "container"}


def test_a_function_turns_an_upload_into_an_output(
    image: Image, bucket: Bucket, spool: Bucket
) -> None:
    with image.function(SCAR_SPOOL_BUCKET=spool.name) as function:
        event = stored(bucket, "in/a file +.txt", b"one\ntwo\n")
        answer = function.invoke(event)
        assert answer["statusCode"] == 200, answer
        request_id = answer["headers"]["amz-lambda-request-id"]
        assert bucket.get(f"out/{request_id}/copy") == b"one\ntwo\n"
        assert base64.b64decode(answer["body"]) == b"copied in/a file +.txt\n"
        [line] = executions(function.log())
        assert (line["status"], line["service"]) == ("succeeded", "lambda")


def test_a_job_turns_an_upload_into_an_output(image: Image, bucket: Bucket, spool: Bucket) -> None:
    job = image.job(stored(bucket, "in/a.txt", b"one\ntwo\n"), spool)
    done = job.run()
    assert done.returncode == 0, done.stdout + done.stderr
    [line] = executions(done.stdout)
    assert (line["status"], line["service"]) == ("succeeded", "batch")
    assert bucket.get(f"out/{job.request_id}/copy") == b"one\ntwo\n"


def test_a_failing_script_is_told_as_it_is(image: Image, spool: Bucket) -> None:
    with image.function() as function:
        answer = function.invoke(script("echo cannot >&2; exit 7"))
    assert answer["errorType"] == "ScriptError"
    assert answer["errorMessage"].startswith("function f: the script exited with code 7")
    assert image.job(script("exit 7"), spool).run().returncode == 7


def test_nothing_of_the_image_is_mapped_into_our_python(image: Image, bucket: Bucket) -> None:
    with image.function() as function:
        function.invoke(stored(bucket, "in/a"))  # so that all is loaded
        files = function.mapped()
    assert any(path.startswith("/opt/scar/lib/libssl") for path in files), files
    assert [path for path in files if not path.startswith("/opt/scar/")] == []


def test_the_script_s_environment_is_the_image_s(image: Image, spool: Bucket) -> None:
    shell = ("run", "--rm", "--entrypoint=/bin/sh", image.base, "-c", "export -p")
    own = exported(image.engine.must(*shell))
    job = image.job(script("export -p"), spool)
    seen = exported(job.run().stdout)
    given = {name for name in job.variables if not name.startswith("SCAR_")}
    assert seen.keys() - own.keys() - given - OF_THE_ENGINE == OURS - OF_THE_ENGINE
    if own["HOME"] == "/":  # of the engine, for a user whom the image does not know
        own["HOME"] = f"/tmp/{job.request_id}"
    for name in own.keys() - OF_THE_ENGINE:
        assert seen.get(name) == own[name], name


def exported(listing: str) -> dict[str, str]:
    """What `export -p` lists, of the shells of Debian and busybox."""
    words = [word for word in shlex.split(listing, comments=False) if "=" in word]
    pairs = dict(word.split("=", 1) for word in words if not word.startswith("{"))
    return {name: value for name, value in pairs.items() if name not in OF_THE_SHELL}


def test_an_image_without_a_shell_refuses_scripts_cleanly(
    derived: Callable[[str], Image], bucket: Bucket, spool: Bucket
) -> None:
    image = derived("static")
    event = stored(bucket, "in/a")
    with image.function() as function:
        answer = function.invoke(event)
    assert answer["errorMessage"] == "function f: the image has no /bin/sh"
    assert image.job(event, spool).run().returncode == 127


def test_an_image_without_a_shell_runs_commands(
    derived: Callable[[str], Image], spool: Bucket
) -> None:
    image = derived("static")
    with image.function() as function:
        answer = function.invoke({"cmd_args": ["/hello"]})
    assert base64.b64decode(answer["body"]) == b"hello from a static program\n"
    job = image.job({"cmd_args": ["/hello"]}, spool)
    [line] = executions(job.run().stdout)
    assert line["outputs"] == [f"images-bucket/out/{job.request_id}/hello"]
