"""Storage providers of a file: which is meant, what the runtime is told, what AWS hears of."""

from __future__ import annotations

from pathlib import Path

import pytest
from scar_runtime.config import Config, Input, Output, Provider, read_config

from scar_constructs.language.runtime_config import render
from tests.unit.fdl_files import load

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mine-AbCdEf"
ONE = f'{{endpoint: minio.example.org, secret: "{SECRET}"}}'


def file(places: str, providers: str) -> str:
    return f"""
functions:
  aws:
  - lambda:
      name: f
      image: some/image
      init_script: run.sh
      {places}
    api_gateway: {{name: f}}
storage_providers: {providers}
"""


def config_of(folder: Path, text: str) -> Config:
    [stack] = load(folder, a=text).stacks
    (folder / "config.json").write_text(render(stack.functions[0]), encoding="ascii")
    return read_config(folder / "config.json")


def test_the_runtime_gets_the_providers_that_the_function_uses(tmp_path: Path) -> None:
    providers = f"""
  minio: {{mine: {{endpoint: "https://m.example.org:9000", region: r, secret: "{SECRET}"}}}}
  onedata: {{egi: {{oneprovider_host: o.example.org, space: my space, secret: "{SECRET}"}}}}
  webdav:
    lab: {{hostname: "http://localhost:8080/dav/", verify: false, secret: "{SECRET}"}}
    unused: {{hostname: d.example.org, secret: "{SECRET}"}}
  s3: {{partner: {{region: eu-west-1}}}}
"""
    places = """
      input:
      - {storage_provider: minio.mine, path: photos/in}
      output:
      - {storage_provider: s3, path: own-bucket}
      - {storage_provider: s3.partner, path: their-bucket/a}
      - {storage_provider: webdav.lab, path: /results/a/b/}
      - {storage_provider: onedata.egi, path: results}
"""
    config = config_of(tmp_path, file(places, providers))
    assert config.inputs == (Input("photos", "in", "minio.mine"),)
    assert config.outputs == (
        Output("own-bucket", "", (), (), "{name}", "s3"),
        Output("their-bucket", "a", (), (), "{name}", "s3.partner"),
        Output("results", "a/b", (), (), "{name}", "webdav.lab"),
        Output("results", "", (), (), "{name}", "onedata.egi"),
    )
    assert config.providers == (
        Provider("minio.mine", "minio", "https://m.example.org:9000", "r", secret=SECRET),
        Provider(
            "onedata.egi", "onedata", "https://o.example.org", space="my space", secret=SECRET
        ),
        Provider("s3.partner", "s3", region="eu-west-1"),
        Provider("webdav.lab", "webdav", "http://localhost:8080/dav", verify=False, secret=SECRET),
    )


@pytest.mark.parametrize(
    ("defined", "meant"),
    [
        (f"{{minio: {{only: {ONE}}}}}", "minio.only"),
        (f"{{minio: {{default: {ONE}, other: {ONE}}}}}", "minio.default"),
    ],
    ids=["the only one", "the default"],
)
def test_a_kind_alone_means(tmp_path: Path, defined: str, meant: str) -> None:
    config = config_of(tmp_path, file("output: [{storage_provider: minio, path: b/o}]", defined))
    assert [output.provider for output in config.outputs] == [meant]


def test_aws_hears_only_of_the_accounts_own_buckets(tmp_path: Path) -> None:
    places = """
      input: [{path: the-bucket/in}, {storage_provider: minio, path: the-bucket/in}]
      output: [{path: results/out}, {storage_provider: minio, path: photos/out}]
"""
    [stack] = load(tmp_path, a=file(places, f"{{minio: {{mine: {ONE}}}}}")).stacks
    assert [bucket.name for bucket in stack.buckets] == ["results", "the-bucket"]
    [notified] = [bucket for bucket in stack.buckets if bucket.notifications]
    assert not notified.event_bridge
    assert [(one.prefix, notified.name) for one in notified.notifications] == [
        ("in/", "the-bucket")
    ]


def test_the_same_bucket_name_elsewhere_is_no_loop(tmp_path: Path) -> None:
    providers = f"{{minio: {{one: {ONE}, two: {ONE.replace('minio.', 'other.')}}}}}"
    places = """
      input: [{storage_provider: minio.one, path: photos/in}]
      output: [{path: photos/in}, {storage_provider: minio.two, path: photos/in}]
"""
    assert load(tmp_path, a=file(places, providers)).stacks
