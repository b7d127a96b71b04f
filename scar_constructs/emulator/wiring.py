"""Puts the parts together: the emulator with our Batch, functions, checks and ledger in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scar_constructs.emulator.authorization import RequestResources, wildcard
from scar_constructs.emulator.batch.api import BatchApi
from scar_constructs.emulator.batch.attempt import AttemptRunner
from scar_constructs.emulator.batch.cloudformation import resource_types
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.metadata import TaskMetadata
from scar_constructs.emulator.batch.runner import Runner
from scar_constructs.emulator.batch.secrets import TaskSecrets
from scar_constructs.emulator.batch.store import Store
from scar_constructs.emulator.containers import ContainerEngine
from scar_constructs.emulator.control import Application, in_front_of
from scar_constructs.emulator.credentials import RoleSessions
from scar_constructs.emulator.engine import Engine
from scar_constructs.emulator.functions.asynchronous import AsynchronousInvoker
from scar_constructs.emulator.functions.destinations import FailureQueues
from scar_constructs.emulator.functions.launch import Launcher
from scar_constructs.emulator.functions.mappings import QueueReaders, mapping_fault
from scar_constructs.emulator.functions.pool import Pool
from scar_constructs.emulator.functions.service import FunctionService
from scar_constructs.emulator.gateway import (
    WAIT_SECONDS,
    Gateway,
    local_address,
    too_late,
    understood,
)
from scar_constructs.emulator.generated_names import generated_name
from scar_constructs.emulator.host import HostEngine
from scar_constructs.emulator.ingress import ingress_handlers
from scar_constructs.emulator.ledger import Ledger
from scar_constructs.emulator.notifications import FunctionTargets, Settling, UnheardBuckets, passes
from scar_constructs.emulator.services import Emulator

INVOCATIONS_PER_CPU = 2
IDLE_ENVIRONMENTS = 8
SETTLING_SECONDS = 3.0


def assemble(engine_name: str, port: int, folder: Path) -> tuple[Application, Callable[[], None]]:
    """The application to serve on the port, and what ends everything that it started."""
    emulator, ledger = Emulator(), Ledger()
    endpoint = f"http://127.0.0.1:{port}"
    engine = _engine(engine_name, port, folder)
    sessions = RoleSessions(emulator)
    metadata = _add_batch(emulator, ledger, engine, sessions, endpoint)
    pool = _add_functions(emulator, ledger, engine, sessions, endpoint, folder)
    targets = FunctionTargets(emulator, ledger.warn)
    emulator.identity.put_wildcards(wildcard)
    emulator.queues.put_senders()
    emulator.storage.put_notification_filter(passes)
    emulator.storage.put_notification_check(targets.fault)
    emulator.storage.put_notification_delivery(targets.allows)
    gateway = Gateway(emulator, ledger.warn)
    emulator.apis.put_calls(gateway.refusal, WAIT_SECONDS, too_late)
    emulator.apis.put_documents(understood)
    emulator.stacks.put_outputs(lambda value: local_address(value, endpoint))
    settling = Settling(SETTLING_SECONDS)
    emulator.storage.put_earlier_notifications(settling.replaced, settling.earlier)
    emulator.storage.put_upload_events(ledger.begin, ledger.end)
    emulator.storage.put_unheard_uploads(UnheardBuckets(emulator, ledger.warn).changed)
    emulator.stacks.put_resource_type("AWS::EC2::SecurityGroupIngress", ingress_handlers(emulator))
    emulator.registry.refuse_absent_images()
    emulator.stacks.keep_filled_buckets()
    emulator.stacks.refuse_second_policies()
    emulator.stacks.remember_deleted()
    emulator.changes.put_validation()
    emulator.changes.put_drift()
    emulator.stacks.put_names(generated_name)

    def close() -> None:
        pool.close()
        engine.close()

    return in_front_of(emulator.application, ledger, metadata), close


def _engine(name: str, port: int, folder: Path) -> Engine:
    if name == "process":
        return HostEngine(folder / "images")
    registry = f"127.0.0.1:{port}"
    return ContainerEngine(name, str(port), registry, limits_memory=_limits_memory(name))


def _limits_memory(program: str) -> bool:
    """Whether the engine can limit memory here: podman needs the controller to be delegated."""
    if shutil.which(program) is None or program != "podman":
        return True
    form = "{{json .Host.CgroupControllers}}"
    asked = subprocess.run([program, "info", "--format", form], capture_output=True, text=True)
    return asked.returncode == 0 and "memory" in (json.loads(asked.stdout) or ())


def _add_batch(
    emulator: Emulator, ledger: Ledger, engine: Engine, sessions: RoleSessions, endpoint: str
) -> TaskMetadata:
    """Gives what tells of the tasks that run."""

    def publish(job: Mapping[str, Any]) -> None:
        detail = json.dumps(job)
        emulator.rules.publish("aws.batch", "Batch Job State Change", [job["jobArn"]], detail)

    def definition_arn(reference: str) -> str:
        try:
            arn: str = store.of(emulator.scope()).definition(reference)["jobDefinitionArn"]
        except ClientError:
            return reference
        return arn

    store = Store()
    secrets = TaskSecrets(sessions, endpoint)
    attempts = AttemptRunner(
        engine, sessions, secrets, emulator.logs.append, ledger.heard, endpoint
    )
    api = BatchApi(store, Runner(attempts, ledger, publish), emulator.scope)
    emulator.jobs.put(api.operations())
    requests = RequestResources(emulator.scope, definition_arn)
    emulator.identity.put_resources(requests, requests.keys)
    for name, handlers in resource_types(api, emulator.stacks.physical_name).items():
        emulator.stacks.put_resource_type(name, vars(handlers))
    return attempts.metadata


def _add_functions(
    emulator: Emulator,
    ledger: Ledger,
    engine: Engine,
    sessions: RoleSessions,
    endpoint: str,
    folder: Path,
) -> Pool:
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    launcher = Launcher(engine, sessions, packages, endpoint)
    pool = Pool(launcher, ledger.heard, emulator.logs.append, IDLE_ENVIRONMENTS)
    invoker = AsynchronousInvoker(ledger, INVOCATIONS_PER_CPU * (os.cpu_count() or 1))
    service = FunctionService(emulator, pool, invoker, FailureQueues(sessions, endpoint), ledger)
    emulator.functions.put_execution(service.run)
    emulator.functions.put_asynchronous(service.accept)
    emulator.rules.put_targets(service.from_rule, service.rule_may_send)
    readers = QueueReaders(emulator, ledger, sessions, endpoint)
    emulator.mappings.put_reader()
    emulator.mappings.put_check(mapping_fault)

    def refused(queue: str, bucket: str) -> None:
        ledger.warn(f"{queue} does not let bucket {bucket} send to it")

    emulator.queues.put_arrivals(readers.arrived, refused)
    return pool
