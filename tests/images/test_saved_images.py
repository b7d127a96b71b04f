"""An image that was saved to a file, with the runtime on top: it is what it was before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scar_constructs.aws.package.assets import image_context
from scar_constructs.aws.package.base_stage import SavedBase
from scar_constructs.model import Architecture
from tests.images.bases import ensure
from tests.images.conftest import BUCKET, COPY
from tests.images.containers import Image
from tests.images.engine import Engine
from tests.runtime.cloud import Bucket, Cloud
from tests.runtime.functions import document, stored

pytestmark = pytest.mark.container

LAYERS = r"""
USER 0
RUN /bin/busybox mkdir -p /data/gone /data/opaque "/with space" \
    && echo a >/data/a && /bin/busybox ln /data/a /data/b && echo x >/data/opaque/x \
    && /bin/busybox chown -R 77:88 /data && /bin/busybox chmod 4755 /data/a \
    && /bin/busybox touch -d "2001-02-03 04:05:06" /data/b
RUN /bin/busybox rm -rf /data/gone /data/opaque /data/a && /bin/busybox mkdir /data/opaque \
    && echo new >/data/opaque/new && /bin/busybox ln -s /data /link
ENV PLAIN=one QUOTED="say \"hi\" \$HOME \\ back" SPACED="a b  c" EMPTY="" LETTERS="ñandú"
WORKDIR "/with space"
USER 1234:1234
"""
LOOK = """
/bin/busybox pwd; /bin/busybox id; export -p
/bin/busybox find /data /link /bin -exec /bin/busybox stat -c '%n %F %a %u %g %Y %N' '{}' ';'
"""


@pytest.fixture(scope="module")
def saved_image(engine: Engine, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An image of several layers, saved, and a function's image that was built on the file."""
    folder = tmp_path_factory.mktemp("saved")
    base = ensure(engine, "user", folder)
    original = "localhost/scar-test/layered"
    (folder / "Dockerfile").write_text(f"FROM {base}\n{LAYERS}", encoding="utf-8")
    engine.build(folder, original)
    engine.must("save", "--output", str(folder / "saved.tar"), original)
    output = {"bucket": BUCKET, "folder": "out", "key": "{request_id}/{name}"}
    tag = "localhost/scar-test/derived-saved"
    _build(engine, folder / "saved.tar", json.dumps(document(COPY, outputs=[output])), tag)
    return Image(engine, tag, original, cloud)


def _build(engine: Engine, saved: Path, config: str, tag: str) -> None:
    with image_context(config) as context:
        start = SavedBase(saved, Architecture.X86_64)
        start.prepare(context)
        start.add_files(context)
        engine.build(context, tag)


def test_files_and_settings_are_those_of_the_image_that_was_saved(saved_image: Image) -> None:
    seen = [
        saved_image.engine.must("run", "--rm", "--entrypoint=/bin/sh", tag, "-c", LOOK).splitlines()
        for tag in (saved_image.base, saved_image.tag)
    ]
    ours = ("LD_LIBRARY_PATH", "LD_PRELOAD", "SCAR_", "HOSTNAME")
    before, after = (
        [line for line in lines if not line.startswith(tuple(f"export {name}" for name in ours))]
        for lines in seen
    )
    assert before == after
    assert any(line.startswith("/data/b regular file 4755 77 88 981173106") for line in after)


def test_it_runs_as_a_function_and_as_a_job(
    saved_image: Image, bucket: Bucket, spool: Bucket
) -> None:
    event = stored(bucket, "in/saved.txt", b"one\n")
    with saved_image.function(SCAR_SPOOL_BUCKET=spool.name) as function:
        answer = function.invoke(event)
        assert answer["statusCode"] == 200, answer
    job = saved_image.job(stored(bucket, "in/again.txt", b"two\n"), spool)
    done = job.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert bucket.get(f"out/{job.request_id}/copy") == b"two\n"
