"""The matrix of images, each with the runtime on top; one emulated cloud for all of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator

import pytest

from scar_constructs.aws.package.assets import image_context
from scar_constructs.local.engines import EngineName, choose
from scar_constructs.local.images import ensure_runtime_image
from tests.images.bases import WITH_SHELL, ensure
from tests.images.containers import Image
from tests.images.engine import Engine
from tests.runtime.cloud import Bucket, Cloud, running_cloud
from tests.runtime.functions import document

BUCKET, SPOOL = "images-bucket", "images-spool"
COPY = """
while IFS= read -r line || [ -n "$line" ]; do
    echo "$line"
done <"$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/copy"
echo "copied $STORAGE_OBJECT_KEY"
"""
"""Nothing but the shell itself: some of the images have no other program."""


@pytest.fixture(scope="session")
def engine() -> Engine:
    found = choose(None)
    if found is EngineName.PROCESS:
        pytest.skip("no container engine answers: install podman, or start Docker")
    ensure_runtime_image(found, print)
    return Engine(found)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        for name in (BUCKET, SPOOL):
            running.client("s3").create_bucket(Bucket=name)
        yield running


@pytest.fixture(scope="session")
def bucket(cloud: Cloud) -> Bucket:
    return Bucket(cloud.client("s3"), BUCKET, cloud)


@pytest.fixture(scope="session")
def spool(cloud: Cloud) -> Bucket:
    return Bucket(cloud.client("s3"), SPOOL, cloud)


@pytest.fixture(scope="session")
def derived(
    engine: Engine, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Image]:
    """Gives a user's image with the runtime and a copying function on top, by its base's name."""

    @functools.cache
    def build(name: str) -> Image:
        base = ensure(engine, name, tmp_path_factory.mktemp(name))
        tag = f"localhost/scar-test/derived-{name}"
        output = {"bucket": BUCKET, "folder": "out", "key": "{request_id}/{name}"}
        config = json.dumps(document(COPY, outputs=[output]))
        with image_context(config) as context:
            engine.build(context, tag, {"BASE_IMAGE": base})
        return Image(engine, tag, base, cloud)

    return build


@pytest.fixture(scope="session", params=WITH_SHELL)
def image(request: pytest.FixtureRequest, derived: Callable[[str], Image]) -> Image:
    """Each image of the matrix that has a shell."""
    return derived(request.param)
