"""The parts of the runtime put together, once per process."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from scar_runtime.aws.batch import Batch
from scar_runtime.aws.client import Client
from scar_runtime.aws.connections import Connections, UnverifiedConnections
from scar_runtime.aws.credentials import Provider
from scar_runtime.aws.functions import Functions
from scar_runtime.aws.s3 import S3
from scar_runtime.aws.secrets import Secrets
from scar_runtime.batch import Jobs
from scar_runtime.claims import Claims
from scar_runtime.config import Config, read_config
from scar_runtime.environment import image_environment, without_empty
from scar_runtime.errors import ConfigError
from scar_runtime.execution import Executor
from scar_runtime.kernel import seclude
from scar_runtime.log import Log
from scar_runtime.process import Terminator
from scar_runtime.providers.stores import Stores
from scar_runtime.reaper import Reaper
from scar_runtime.secrets import ScriptSecrets
from scar_runtime.settings import Settings, read_settings
from scar_runtime.spool import Spool
from scar_runtime.storage import Storage


@dataclass(frozen=True)
class Runtime:
    """Everything one function needs; `spool`, `claims` and `jobs` only where a spool is set."""

    config: Config
    settings: Settings
    log: Log
    terminator: Terminator
    reaper: Reaper
    executor: Executor
    functions: Functions
    spool: Spool | None
    claims: Claims | None
    jobs: Jobs | None
    connections: Connections
    storage: Storage

    @property
    def stored(self) -> tuple[Spool, Claims, Jobs]:
        """The parts that need a spool bucket. Raises `ConfigError` where there is none."""
        if self.spool is None or self.claims is None or self.jobs is None:
            raise ConfigError("SCAR_SPOOL_BUCKET must be set")
        return self.spool, self.claims, self.jobs


def assemble(
    environ: Mapping[str, str],
    image: Mapping[str, str],
    log_descriptor: int = 1,
    client: type[Client] = Client,
) -> Runtime:
    """Build a runtime from this process's environment. Raises `ConfigError`.

    All requests go through a `client`, so that they can be watched or made to fail.
    """
    settings = read_settings(environ)
    config = _config(settings)
    if not config.gives_credentials:
        from scar_runtime.script_credentials import hide_process, without_role

        hide_process()
        image = without_role(image)
    log = Log(config.name, config.log_level, log_descriptor)
    terminator, reaper = Terminator(), Reaper()
    credentials, connections = Provider(environ), Connections(environ)
    s3 = S3(client("s3", credentials, connections), settings.region, settings.s3_url)
    spool = claims = jobs = None
    if settings.spool_bucket:
        spool = Spool(s3, settings.spool_bucket, config.name)
        claims = Claims(spool)
        once = client("batch", credentials, connections, attempts=1)
        batch = Batch(once, settings.region, settings.batch_url)
        jobs = Jobs(config.name, spool, settings, batch)
    secrets = Secrets(
        lambda service: client(service, credentials, connections), settings.secret_urls
    )
    script_secrets = ScriptSecrets(config.secrets, secrets)
    storage = Storage(s3, warn=log.warning)
    stores = _stores(config, settings, s3, storage, secrets, connections, environ)
    executor = Executor(config, stores, log, terminator, reaper, image, script_secrets, spool)
    asker = Client("lambda", credentials, connections)
    functions = Functions(asker, settings.region, settings.lambda_url)
    own = (config, settings, log, terminator, reaper, executor, functions)
    return Runtime(*own, spool, claims, jobs, connections, storage)


def _config(settings: Settings) -> Config:
    """What the function's file says, as far as it holds in this process."""
    if settings.config is None:
        raise ConfigError("SCAR_FUNCTION_CONFIG must name the function's configuration file")
    config = read_config(settings.config)
    if settings.is_child_node:
        # The main node publishes, once; its script gathers what the others made.
        config = replace(config, outputs=(), steps=())
    return config if settings.has_image else replace(config, has_image=False)


def _stores(
    config: Config,
    settings: Settings,
    s3: S3,
    own: Storage,
    secrets: Secrets,
    connections: Connections,
    environ: Mapping[str, str],
) -> Stores:
    """Where the function's files are. Most functions have none but in S3, and their cold starts do
    not import the rest."""
    if not config.providers:
        return Stores(own, inputs=config.inputs)
    from scar_runtime.providers.makers import Means, makers

    unverified = UnverifiedConnections(environ)
    means = Means(s3, settings.region, settings.s3_url, secrets, connections, unverified, own.warn)
    return Stores(own, makers(config.providers, means), config.inputs)


def from_process(log_descriptor: int = 1) -> Runtime:
    """The runtime of this very process."""
    runtime = assemble(without_empty(os.environ), image_environment(), log_descriptor)
    gc.freeze()  # what stays as long as the process, no collection has to look at
    gc.enable()
    return runtime


def for_scripts(log_descriptor: int = 1) -> Runtime:
    """The same, for a process that runs scripts and has nothing else to do."""
    runtime = from_process(log_descriptor)
    runtime.reaper.adopt()
    seclude()
    return runtime
