"""A local run: check, start the cloud, deploy, upload, wait, download, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from scar_constructs.language.workflow.existing_buckets import event_bridge_command
from scar_constructs.language.workflow.join import Application
from scar_constructs.local.cdk import deploy, prepare
from scar_constructs.local.engines import EngineName
from scar_constructs.local.errors import LocalError
from scar_constructs.local.images import ensure_helper_image, ensure_runtime_image
from scar_constructs.local.report import Outcome
from scar_constructs.local.root_image import ImageError
from scar_constructs.local.server import REGION, CloudAddress, LocalCloud, remove_folder
from scar_constructs.local.transfer import Upload, get, make_existing_buckets, put
from scar_constructs.model import Function

_POLL_SECONDS = 0.2
_IDLE_POLLS = 3
"""How often in a row the ledger must be empty. Once would do; this allows for a late log line."""

RUNNING = "running"
"""How a step begins that is told again and again, with other counts."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What to run: the loaded files, what to upload and where the outputs go."""

    paths: Sequence[Path]
    application: Application
    uploads: Sequence[Upload]
    outputs: Path | None
    timeout_seconds: float


def run(request: Request, engine: EngineName, progress: Progress) -> Outcome:
    """Run the workflow in a cloud of its own, which is gone afterwards. Raises `LocalError`."""
    with cloud_in_folder(engine, progress) as cloud:
        return run_in(request, cloud, progress)


@contextmanager
def cloud_in_folder(engine: EngineName, progress: Progress) -> Iterator[CloudAddress]:
    """A local cloud with a temporary folder, ready to deploy into (but for the bootstrap)."""
    ensure_images(engine, progress)
    progress("starting the local cloud")
    folder = Path(mkdtemp(prefix="scar-local-"))
    try:
        with LocalCloud(engine, folder) as cloud:
            yield cloud
    finally:
        remove_folder(folder)


def run_in(request: Request, cloud: CloudAddress, progress: Progress) -> Outcome:
    """Run the workflow in a running cloud. Raises `LocalError`."""
    with cloud.required():
        return _run_in(request, cloud, progress)


def _run_in(request: Request, cloud: CloudAddress, progress: Progress) -> Outcome:
    assembly = cloud.folder / "assembly"
    regions = sorted({stack.region for stack in request.application.stacks if stack.region})
    progress("synthesising the templates")
    prepare(request.paths, assembly, regions, cloud)
    for bucket in make_existing_buckets(request.application, cloud):
        progress(
            f"{bucket} is made here, empty and with its events sent to EventBridge; on AWS its "
            f"owner does that once: {event_bridge_command(bucket)}"
        )
    _prepare_helpers(request.application, cloud.engine, progress)
    progress("building the images and deploying" if _builds(request) else "deploying")
    deploy(assembly, cloud)
    progress("uploading")
    put(request.uploads, cloud)
    unfinished = wait(cloud, request.timeout_seconds, progress)
    files: list[Path] = []
    if request.outputs is not None:
        progress("downloading")
        files = get(request.application, request.uploads, cloud, request.outputs)
    activity = cloud.activity()
    return Outcome(
        executions=activity["executions"],
        files=files,
        failed_events=failed_events(cloud, regions),
        unfinished=unfinished,
        warnings=activity["warnings"],
        uploads=len(request.uploads),
        writers=frozenset(one.name for one in _functions(request.application) if one.outputs),
        waited_seconds=request.timeout_seconds,
    )


def wait(cloud: CloudAddress, timeout_seconds: float, progress: Progress) -> list[str]:
    """Wait until nothing is in flight; what still was when the time was up."""
    deadline, idle = time.monotonic() + timeout_seconds, 0
    while True:
        in_flight: list[str] = cloud.activity()["in_flight"]
        idle = 0 if in_flight else idle + 1
        if idle == _IDLE_POLLS:
            return []
        if time.monotonic() > deadline:
            return in_flight
        if in_flight:
            progress(_summary(in_flight))
        time.sleep(_POLL_SECONDS)


def failed_events(cloud: CloudAddress, regions: Sequence[str]) -> dict[str, int]:
    """The queues that hold messages: nothing but failures is ever sent to one."""
    counts = {}
    for region in regions or [REGION]:
        queues = cloud.client("sqs", region)
        for url in queues.list_queues().get("QueueUrls", ()):
            wanted = "ApproximateNumberOfMessages"
            answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])
            if count := int(answer["Attributes"][wanted]):
                counts[url.rsplit("/", 1)[-1]] = count
    return counts


def ensure_images(engine: EngineName, progress: Progress) -> None:
    """Have the base image of the runtime, if there is an engine to have it in."""
    if engine is EngineName.PROCESS:
        return
    with _image_faults():
        ensure_runtime_image(engine.value, progress)


def ensure_helpers(engine: EngineName, progress: Progress) -> None:
    """The same for the image of helper containers."""
    if engine is EngineName.PROCESS:
        return
    with _image_faults():
        ensure_helper_image(engine.value, progress)


def require_engine(application: Application, engine: EngineName) -> None:
    """Raises `LocalError` where a function cannot run without its image, and there is none. A call
    may bring a script of its own, so only what files start counts."""
    if engine is not EngineName.PROCESS:
        return
    for one in _functions(application):
        if not one.build:
            raise LocalError(
                f"{one.name} has `build: false`: its job is of several containers, which need"
                " podman or docker"
            )
        if one.inputs and one.create_image and not one.script:
            raise LocalError(
                f"{one.name} has no script and runs a program of its image, which needs podman or"
                " docker: engine process has no images"
            )


def _prepare_helpers(application: Application, engine: EngineName, progress: Progress) -> None:
    """What jobs need whose image is not built upon."""
    if any(not one.build for one in _functions(application)):
        ensure_helpers(engine, progress)


def _builds(request: Request) -> bool:
    return any(one.is_derived for one in _functions(request.application))


def _functions(application: Application) -> list[Function]:
    return [one for stack in application.stacks for one in stack.functions]


@contextmanager
def _image_faults() -> Iterator[None]:
    try:
        yield
    except ImageError as error:
        raise LocalError(str(error)) from error


def _summary(in_flight: Sequence[str]) -> str:
    distinct = sorted(set(in_flight))
    shown = ", ".join(distinct[:3]) + (", ..." if len(distinct) > 3 else "")
    return f"{RUNNING}: {len(in_flight)} in flight ({shown})"
