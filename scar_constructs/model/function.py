"""One function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from scar_constructs.model import limits
from scar_constructs.model.batch import Batch, Burst, Sharing
from scar_constructs.model.command import NO_COMMAND, Command
from scar_constructs.model.joins import JoinStep
from scar_constructs.model.queue import EventQueue
from scar_constructs.model.record import Variables
from scar_constructs.model.storage import OWN, Input, Output, StorageProvider


class ExecutionMode(StrEnum):
    """Where a function's script runs."""

    LAMBDA = "lambda"
    LAMBDA_BATCH = "lambda-batch"
    AUTO = "auto"
    """As `lambda-batch`, but files above a size are a job's from the start."""
    BATCH = "batch"

    @property
    def runs_on_lambda(self) -> bool:
        return self is not ExecutionMode.BATCH

    @property
    def runs_on_batch(self) -> bool:
        return self is not ExecutionMode.LAMBDA


@dataclass(frozen=True, kw_only=True)
class Script:
    """The user's script, read once by the parser; undecodable bytes are kept as surrogates."""

    name: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """Existing subnets and security groups for a Lambda function."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FileSystem:
    """An EFS access point and the folder where functions and jobs see it.

    Jobs have to know the file system behind it, too.
    """

    access_point_arn: str
    mount_path: str
    file_system_id: str | None = None

    @property
    def access_point_id(self) -> str:
        return self.access_point_arn.rpartition("/")[2]


class ApiAuth(StrEnum):
    """Who may call a function's HTTPS endpoint."""

    IAM = "iam"
    API_KEY = "api_key"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Api:
    """An HTTPS endpoint: `POST https://.../<stage>/launch`, or whatever `method` lets through.

    `web_acl` is the ARN of a firewall that looks at each request first. `parameters` are those of a
    request that the script gets as variables of the same name.
    """

    name: str
    auth: ApiAuth
    stage: str
    method: str
    web_acl: str | None = None
    parameters: tuple[str, ...] = ()


class ScriptCredentials(StrEnum):
    """What a function's script finds to act on AWS with."""

    ROLE = "role"
    NONE = "none"


class Queue(StrEnum):
    """Whether files wait in a queue until the function has room."""

    OFF = "false"
    ON = "true"
    RETIRED = "retired"
    """New files do not; what waits there is still worked on."""


class Architecture(StrEnum):
    """The processor that a function's image is built for."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


@dataclass(frozen=True, kw_only=True)
class Function:
    """One function: an image and a script, with where its files come from and go to.

    `role` is an existing role that is used as it is; `concurrency` None means the account's limit.
    In the mode `auto`, what has more than `lambda_up_to_bytes` is a job's from the start.
    `image_file` is an image as a file of `docker save`, then `image` is empty. With `create_image`
    false the image is ready and nothing is built; if jobs pull it from a private registry,
    `repository_credentials` is the ARN of the secret for it. With `build` false jobs run the script
    in the image as it is, between two helper containers. `own_command` is what the file names in
    place of what the image runs, which is `image_command` as far as it is known. A `retired`
    function finishes what it has accepted, and new files start it no more. `join_steps` say what it
    hands on to functions further down that join.
    """

    name: str
    image: str
    script: Script | None
    execution_mode: ExecutionMode
    memory_mib: int
    timeout_seconds: int
    timeout_threshold_seconds: int
    ephemeral_storage_mib: int
    retries: int
    description: str
    log_level: str
    log_retention_days: int
    environment: Variables = field(default_factory=dict)
    lambda_environment: Variables = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    tags: Variables = field(default_factory=dict)
    architecture: Architecture = Architecture.X86_64
    role: str | None = None
    vpc: Vpc | None = None
    file_system: FileSystem | None = None
    concurrency: int | None = None
    queue: Queue = Queue.OFF
    lambda_up_to_bytes: int | None = None
    tracing: bool = False
    retired: bool = False
    secrets: Variables = field(default_factory=dict)
    api: Api | None = None
    image_file: Path | None = None
    create_image: bool = True
    build: bool = True
    repository_credentials: str | None = None
    credentials: ScriptCredentials = ScriptCredentials.ROLE
    own_command: Command = NO_COMMAND
    image_command: Command = NO_COMMAND
    extra_payload: Path | None = None
    batch: Batch
    storage_providers: tuple[StorageProvider, ...] = ()
    join_steps: tuple[JoinStep, ...] = ()

    @property
    def is_derived(self) -> bool:
        """Whether its image is made: the user's with the runtime on top."""
        return self.create_image and self.build

    @property
    def command(self) -> Command:
        """What runs where there is no script."""
        return self.own_command.over(self.image_command)

    @property
    def machines(self) -> tuple[Sharing, str]:
        """The compute environment of its jobs: the same for functions of a file that share one.

        This is the environment's identity, whatever is said of its machines.
        """
        if self.batch.compute_environment is not None:
            return Sharing.NAMED, self.batch.compute_environment
        if self.batch.says_nothing:
            return Sharing.COMMON, self.architecture.value
        return Sharing.OWN, self.name

    @property
    def on_all_machines(self) -> tuple[Function, ...]:
        """The function, and the function as it was when its jobs went to another environment."""
        former = self.batch.former
        if former is None or not self.execution_mode.runs_on_batch:
            return (self,)
        before = replace(self, batch=former)
        return (self,) if before.machines == self.machines else (self, before)

    @property
    def needs_network(self) -> bool:
        """Whether its jobs run in the network that is made for jobs."""
        runs = self.execution_mode.runs_on_batch and self.batch.managed
        return runs and not self.batch.compute_resources.subnets

    @property
    def starts_hosts(self) -> bool:
        """Whether Batch starts machines for its jobs that get the stack's own role."""
        return any(
            one.execution_mode.runs_on_batch
            and one.batch.managed
            and not one.batch.compute_resources.type.is_fargate
            and one.batch.compute_resources.instance_role is None
            for one in self.on_all_machines
        )

    @property
    def made_roles(self) -> int:
        """How many roles are made for it: of the Lambda, and of a job's script and start."""
        jobs = self.execution_mode.runs_on_batch
        return int(self.role is None) + (1 + (self.batch.job_role is None)) * jobs

    @property
    def folders(self) -> tuple[Input | Output, ...]:
        """Those of its inputs, then those of its outputs."""
        return (*self.inputs, *self.outputs)

    @property
    def own_inputs(self) -> tuple[Input, ...]:
        """Those in buckets of the account itself, which AWS tells the function of."""
        return tuple(source for source in self.inputs if source.provider == OWN)

    @property
    def own_outputs(self) -> tuple[Output, ...]:
        """Those in buckets of the account itself."""
        return tuple(target for target in self.outputs if target.provider == OWN)

    @property
    def join_input(self) -> Input | None:
        """The input whose files are joined."""
        return next((source for source in self.own_inputs if source.join), None)

    @property
    def burst(self) -> Burst | None:
        """How its files come together, if they do: they come from the account's own S3."""
        has_files = self.execution_mode is ExecutionMode.BATCH and self.own_inputs
        return self.batch.burst if has_files else None

    @property
    def event_queue(self) -> EventQueue | None:
        """The queue through which its files come, if they do."""
        if burst := self.burst:
            wait = limits.BURST_VISIBILITY * self.timeout_seconds + burst.window_seconds
            return EventQueue(
                batch=burst.max_files,
                window_seconds=burst.window_seconds,
                concurrency=limits.QUEUE_CONCURRENCY_MIN,
                receives=limits.BURST_RECEIVES_MAX,
                hidden_seconds=wait,
                late_seconds=wait,  # none is as old that was not given back
                retired=burst.retired,
            )
        if self.queue is Queue.OFF or not (self.execution_mode.runs_on_lambda and self.own_inputs):
            return None
        return EventQueue(
            batch=1,
            window_seconds=0,
            concurrency=self.concurrency or limits.QUEUE_CONCURRENCY_MIN,
            receives=self.retries + 1 + limits.QUEUE_SPARE_RECEIVES,
            hidden_seconds=limits.QUEUE_VISIBILITY * self.timeout_seconds,
            late_seconds=limits.QUEUE_LATE_SECONDS,
            retired=self.queue is Queue.RETIRED,
        )

    @property
    def is_gathered(self) -> bool:
        """Whether new files become array jobs."""
        return self.burst is not None and not self.burst.retired

    @property
    def is_queued(self) -> bool:
        """Whether new files come through its queue."""
        return self.event_queue is not None and not self.event_queue.retired

    @property
    def role_inputs(self) -> tuple[Input, ...]:
        """Those that the function reads as its own role."""
        return tuple(source for source in self.inputs if self._is_by_role(source.provider))

    @property
    def role_outputs(self) -> tuple[Output, ...]:
        """Those that the function writes as its own role."""
        return tuple(target for target in self.outputs if self._is_by_role(target.provider))

    @property
    def storage_secrets(self) -> tuple[str, ...]:
        """The ARNs of its storage providers' credentials."""
        return tuple(one.secret for one in self.storage_providers if one.secret is not None)

    def place(self, folder: Input | Output) -> tuple[str, str]:
        """Server and bucket: equal for the same bucket, whatever the files call its provider."""
        servers = {one.name: one.server for one in self.storage_providers}
        return servers.get(folder.provider, OWN), folder.bucket

    def _is_by_role(self, provider: str) -> bool:
        without = (one.name for one in self.storage_providers if one.secret is None)
        return provider == OWN or provider in without
