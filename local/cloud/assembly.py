"""Puts the parts together: the emulator with our Batch, functions, checks and ledger in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.cloud.authorization import RequestResources, wildcard
from local.cloud.batch.api import BatchApi
from local.cloud.batch.attempt import AttemptRunner
from local.cloud.batch.cloudformation import resource_types
from local.cloud.batch.errors import ClientError
from local.cloud.batch.jobs import milliseconds
from local.cloud.batch.metadata import TaskMetadata
from local.cloud.batch.runner import Runner
from local.cloud.batch.secrets import TaskSecrets
from local.cloud.batch.store import Store
from local.cloud.containers import ContainerEngine
from local.cloud.control import Application, in_front_of
from local.cloud.credentials import RoleSessions
from local.cloud.emulator import Emulator
from local.cloud.functions.asynchronous import AsynchronousInvoker
from local.cloud.functions.destinations import FailureQueues
from local.cloud.functions.launch import Launcher
from local.cloud.functions.pool import Pool
from local.cloud.functions.service import FunctionService
from local.cloud.gateway import WAIT_SECONDS, Gateway, local_address, too_late, understood
from local.cloud.generated_names import generated_name
from local.cloud.host import HostEngine
from local.cloud.ingress import ingress_handlers
from local.cloud.ledger import Ledger
from local.cloud.notifications import FunctionTargets, Settling, UnheardBuckets, passes
from local.cloud.programs import Engine

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

    def log(group: str, stream: str, lines: Sequence[str]) -> None:
        emulator.logs.append(group, stream, [(milliseconds(), line) for line in lines])

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
    attempts = AttemptRunner(engine, sessions, secrets, log, ledger.heard, endpoint)
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
    pool = Pool(Launcher(engine, sessions, packages, endpoint), ledger.heard, IDLE_ENVIRONMENTS)
    invoker = AsynchronousInvoker(ledger, INVOCATIONS_PER_CPU * (os.cpu_count() or 1))
    service = FunctionService(emulator, pool, invoker, FailureQueues(sessions, endpoint), ledger)
    emulator.functions.put_execution(service.run)
    emulator.functions.put_asynchronous(service.accept)
    emulator.rules.put_targets(service.from_rule, service.rule_may_send)
    return pool
