"""Files of storage providers beside the account's own S3, on real servers."""

from __future__ import annotations

import dataclasses
import json
import traceback
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from scar_runtime.errors import ConfigError, LoopError, StorageError
from scar_runtime.handler import Invocation
from scar_runtime.job import run_job

from tests.runtime.cdmi import SPACE, TOKEN, CdmiServer
from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import COPY, Function, Invoked, executions, s3_record, stored
from tests.runtime.partner import Partner
from tests.runtime.webdav import WebDavServer

Make = Callable[..., Function]
Keep = Callable[[Any], str]
Settings = dict[str, Any]
ODD = "sub/a b/ü%25+&#?;=~.png"
"""A name with all that must be encoded, and what looks encoded already."""


@pytest.fixture
def keep(cloud: Cloud, bucket: Bucket) -> Keep:
    """Keeps a secret; gives its ARN."""
    made: list[str] = []

    def keep(value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        made.append(f"{bucket.name}-{len(made)}")
        with closing(cloud.client("secretsmanager")) as secrets:
            arn: str = secrets.create_secret(Name=made[-1], SecretString=text)["ARN"]
        return arn

    return keep


@pytest.fixture
def minio(partner: Partner, keep: Keep) -> Settings:
    endpoint = partner.cloud.endpoint
    return {"kind": "minio", "endpoint": endpoint, "secret": keep(partner.secret)}


@pytest.fixture
def dav(webdav: WebDavServer, keep: Keep) -> Settings:
    return {"kind": "webdav", "endpoint": webdav.url, "secret": keep(webdav.secret)}


@pytest.fixture
def egi(onedata: CdmiServer, keep: Keep) -> Settings:
    secret = keep({"token": TOKEN})
    return {"kind": "onedata", "endpoint": onedata.url, "space": SPACE, "secret": secret}


def run(made: Function, event: Any) -> str:
    """Run the function once; gives the id of the request."""
    invoked = Invoked()
    Invocation(made.runtime(), invoked).handle(event)
    return invoked.aws_request_id


def minio_event(bucket: str, key: str, content: bytes = b"content\n") -> dict[str, Any]:
    record = s3_record(bucket, key, size=len(content), sequencer="1")
    return {"Records": [{**record, "eventSource": "minio:s3", "eventName": "s3:ObjectCreated:Put"}]}


def rooms(bucket: Bucket) -> str:
    """A folder of its own for a test, in a server that all tests share."""
    return bucket.name


SCRIPT = (
    f"""mkdir -p "$SCAR_OUTPUT_DIR/sub/a b" && cp "$SCAR_INPUT_FILE" "$SCAR_OUTPUT_DIR/{ODD}" """
)


def test_an_event_becomes_outputs_at_every_kind(
    function: Make,
    bucket: Bucket,
    partner: Partner,
    webdav: WebDavServer,
    onedata: CdmiServer,
    minio: Settings,
    dav: Settings,
    egi: Settings,
    capfd: pytest.CaptureFixture[str],
) -> None:
    theirs, folder = partner.bucket(), rooms(bucket)
    outputs = [
        {"bucket": theirs.name, "folder": "out", "storage_provider": "minio.mine"},
        {"bucket": folder, "folder": "x/y", "storage_provider": "webdav.lab"},
        {"bucket": "results", "folder": "x", "storage_provider": "onedata.egi"},
        {"bucket": bucket.name, "folder": "own"},
    ]
    providers = {"minio.mine": minio, "webdav.lab": dav, "onedata.egi": egi}
    run(function(SCRIPT, outputs=outputs, storage_providers=providers), stored(bucket, "in/a"))
    assert theirs.get(f"out/{ODD}") == b"content\n"
    assert (webdav.folder / folder / "x" / "y" / ODD).read_bytes() == b"content\n"
    assert (onedata.folder / SPACE / "results" / "x" / ODD).read_bytes() == b"content\n"
    assert bucket.get(f"own/{ODD}") == b"content\n"
    assert theirs.metadata(f"out/{ODD}")["scar-hops"] == "1"
    [line] = executions(capfd.readouterr().out)
    assert sorted(line["outputs"]) == sorted(
        [
            f"minio.mine:{theirs.name}/out/{ODD}",
            f"webdav.lab:{folder}/x/y/{ODD}",
            f"onedata.egi:results/x/{ODD}",
            f"{bucket.name}/own/{ODD}",
        ]
    )


def test_a_file_at_every_kind_becomes_the_input(
    function: Make,
    bucket: Bucket,
    partner: Partner,
    webdav: WebDavServer,
    onedata: CdmiServer,
    minio: Settings,
    dav: Settings,
    egi: Settings,
) -> None:
    theirs, folder = partner.bucket(), rooms(bucket)
    theirs.put("in/a b.txt", b"at minio")
    for place in (webdav.folder / folder, onedata.folder / SPACE / folder):
        (place / "in").mkdir(parents=True)
        (place / "in" / "ü%20.txt").write_bytes(f"at {place.parent.name}".encode())
    made = function(
        COPY,
        outputs=[{"bucket": bucket.name, "folder": "out", "key": "{request_id}"}],
        inputs=[
            {"bucket": theirs.name, "folder": "in", "storage_provider": "minio.mine"},
            {"bucket": folder, "folder": "in", "storage_provider": "webdav.lab"},
            {"bucket": folder, "folder": "in", "storage_provider": "onedata.egi"},
        ],
        storage_providers={"minio.mine": minio, "webdav.lab": dav, "onedata.egi": egi},
    )
    minio_id = run(made, minio_event(theirs.name, "in/a b.txt"))
    inner = {"Records": [s3_record(folder, "in/ü%20.txt")]}
    webdav_id = run(made, {"storage_provider": "webdav.lab", "event": json.dumps(inner)})
    onedata_id = run(made, {"storage_provider": "onedata.egi", "event": inner})
    assert bucket.get(f"out/{minio_id}") == b"at minio"
    assert bucket.get(f"out/{webdav_id}") == f"at {webdav.folder.name}".encode()
    assert bucket.get(f"out/{onedata_id}") == f"at {SPACE}".encode()


def test_s3_of_another_account_is_used_with_its_own_keys(function: Make, partner: Partner) -> None:
    theirs, ours = partner.bucket(), partner.bucket("ours")
    theirs.put("in/a", b"theirs")
    with closing(partner.cloud.client("secretsmanager")) as secrets:
        value = json.dumps(partner.secret)
        arn = secrets.create_secret(Name=theirs.name, SecretString=value)["ARN"]
    place = {"folder": "out", "storage_provider": "s3.partner"}
    made = function(
        COPY,
        outputs=[{"bucket": theirs.name, **place}],
        inputs=[{"bucket": theirs.name, "folder": "in", "storage_provider": "s3.partner"}],
        storage_providers={"s3.partner": {"kind": "s3", "region": "us-east-1", "secret": arn}},
    )
    # Both accounts are in one server here: only the keys tell who asks.
    made = dataclasses.replace(made, cloud=partner.cloud, spool=partner.bucket("spool"))
    event = {"Records": [s3_record(theirs.name, "in/a", sequencer="1")]}
    run(made, event)
    assert theirs.get("out/a") == b"theirs"
    rewrite(
        made, output=[{**json.loads(made.config.read_text())["output"][0], "bucket": ours.name}]
    )
    event["Records"][0]["s3"]["object"]["sequencer"] = "2"
    with pytest.raises(StorageError, match=f"cannot write s3.partner:{ours.name}/out/a: Acc"):
        run(made, event)


def test_without_a_secret_the_functions_own_role_asks(function: Make, bucket: Bucket) -> None:
    made = function(
        COPY,
        outputs=[{"bucket": bucket.name, "folder": "out", "storage_provider": "s3.partner"}],
        storage_providers={"s3.partner": {"kind": "s3", "region": "eu-west-1", "secret": None}},
    )
    run(made, stored(bucket, "in/a"))
    assert bucket.get("out/a") == b"content\n"


def rewrite(made: Function, **changes: Any) -> None:
    """Change the function's configuration: its next runtime has it."""
    document = json.loads(made.config.read_text())
    made.config.write_text(json.dumps({**document, **changes}))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("minio", "SignatureDoesNotMatch"),
        ("webdav", "401 Unauthorized"),
        ("onedata", "401 Unauthorized"),
    ],
)
def test_wrong_credentials_are_told_with_the_object_and_never_shown(
    function: Make,
    bucket: Bucket,
    keep: Keep,
    partner: Partner,
    minio: Settings,
    dav: Settings,
    egi: Settings,
    kind: str,
    told: str,
) -> None:
    wrong = {"login": "ann", "token": "hunter-2", "access_key": partner.access_key}
    settings = {"minio": minio, "webdav": dav, "onedata": egi}[kind]
    settings["secret"] = keep({**wrong, "password": "hunter-2", "secret_key": "hunter-2"})
    made = function(
        COPY,
        outputs=[{"bucket": "shared-b", "folder": "out", "storage_provider": f"{kind}.x"}],
        storage_providers={f"{kind}.x": settings},
    )
    with pytest.raises(
        StorageError, match=f"cannot write {kind}.x:shared-b/out/a: {told}"
    ) as raised:
        run(made, stored(bucket, "in/a"))
    assert "hunter-2" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("value", ["hunter-2", '{"access_key": "hunter-2"}', '["hunter-2"]'])
def test_a_secret_of_another_form_is_told_and_never_shown(
    function: Make, bucket: Bucket, keep: Keep, minio: Settings, value: str
) -> None:
    minio["secret"] = keep(value)
    made = function(
        COPY,
        outputs=[{"bucket": "b", "folder": "out", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    with pytest.raises(ConfigError, match=r'minio.mine .*must be a JSON.*"secret_key"') as raised:
        run(made, stored(bucket, "in/a"))
    assert "hunter-2" not in "".join(traceback.format_exception(raised.value))


def test_a_secret_that_is_not_there_is_named(
    function: Make, bucket: Bucket, minio: Settings
) -> None:
    minio["secret"] = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:none-AbCdEf"
    made = function(
        COPY,
        outputs=[{"bucket": "b", "folder": "out", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    with pytest.raises(ConfigError, match=f"minio.mine \\({minio['secret']}\\): ResourceNotFound"):
        run(made, stored(bucket, "in/a"))


def test_keys_that_were_changed_meanwhile_are_read_again(
    function: Make, bucket: Bucket, cloud: Cloud, partner: Partner, minio: Settings
) -> None:
    theirs, old = partner.bucket(), partner.new_keys()

    def put(keys: dict[str, str]) -> None:
        with closing(cloud.client("secretsmanager")) as secrets:
            secrets.put_secret_value(SecretId=minio["secret"], SecretString=json.dumps(keys))

    put(old)
    made = function(
        COPY,
        outputs=[{"bucket": theirs.name, "folder": "out", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    runtime = made.runtime()
    Invocation(runtime, Invoked()).handle(stored(bucket, "in/a"))
    partner.remove(old)
    put(partner.secret)
    Invocation(runtime, Invoked()).handle(stored(bucket, "in/b"))
    assert theirs.keys() == ["out/a", "out/b"]


def test_a_webhook_of_minio_is_an_event_only_for_files_that_the_function_takes(
    function: Make, bucket: Bucket, partner: Partner, minio: Settings
) -> None:
    theirs = partner.bucket()
    theirs.put("in/a", b"theirs")
    made = function(
        COPY,
        outputs=[{"bucket": bucket.name, "folder": "out", "key": "{request_id}/{name}"}],
        inputs=[{"bucket": theirs.name, "folder": "in", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    bodies = [
        json.dumps({"EventName": "s3:ObjectCreated:Put", **minio_event(theirs.name, key)})
        for key in ("in/a", "other/a")
    ]
    taken, elsewhere, data = (
        run(made, {"httpMethod": "POST", "headers": {}, "body": body})
        for body in (*bodies, '{"Records": [1]}')
    )
    assert set(bucket.keys("out/")) == {
        f"out/{taken}/a",
        f"out/{elsewhere}/api_event_file",
        f"out/{data}/api_event_file",
    }
    assert bucket.get(f"out/{taken}/a") == b"theirs"


def test_a_job_takes_the_file_from_the_provider_that_its_event_names(
    function: Make, partner: Partner, minio: Settings
) -> None:
    theirs = partner.bucket()
    theirs.put("in/a", b"theirs")
    made = function(
        COPY,
        mode="batch",
        outputs=[{"bucket": theirs.name, "folder": "out", "storage_provider": "minio.mine"}],
        inputs=[{"bucket": theirs.name, "folder": "in", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    event = {"storage_provider": "minio.mine", "event": minio_event(theirs.name, "in/a")}
    Invocation(made.runtime(), Invoked()).dispatch(event)
    assert run_job(made.job(0)) == 0
    assert theirs.get("out/a") == b"theirs"


def test_a_large_file_goes_to_minio_in_parts(
    function: Make, bucket: Bucket, partner: Partner, minio: Settings
) -> None:
    theirs = partner.bucket()
    made = function(
        'head -c 20000000 /dev/zero >"$SCAR_OUTPUT_DIR/large"',
        outputs=[{"bucket": theirs.name, "folder": "out", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    run(made, stored(bucket, "in/a"))
    found = theirs.client.head_object(Bucket=theirs.name, Key="out/large")
    assert found["ContentLength"] == 20_000_000
    assert found["ETag"].endswith('-3"')
    assert found["Metadata"]["scar-input"] == f"{bucket.name}/in/a"


def test_a_workflow_that_runs_in_a_circle_through_minio_is_stopped(
    function: Make, partner: Partner, minio: Settings
) -> None:
    theirs = partner.bucket()
    theirs.put("in/a", b"x", Metadata={"scar-hops": "20"})
    made = function(
        COPY,
        outputs=[{"bucket": theirs.name, "folder": "in", "storage_provider": "minio.mine"}],
        inputs=[{"bucket": theirs.name, "folder": "in", "storage_provider": "minio.mine"}],
        storage_providers={"minio.mine": minio},
    )
    with pytest.raises(LoopError, match="leads back"):
        run(made, minio_event(theirs.name, "in/a"))


def test_an_event_of_a_bucket_that_no_input_names_is_read_from_the_accounts_own_s3(
    function: Make, bucket: Bucket, minio: Settings
) -> None:
    bucket.put("in/a", b"own")
    made = function(COPY, storage_providers={"minio.mine": minio})
    run(made, minio_event(bucket.name, "in/a"))
    assert bucket.get("out/a") == b"own"
