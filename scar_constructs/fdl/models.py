"""What one YAML file says, whatever dialect it was written in: frozen and free of CDK.

The parser makes these models from either dialect; everything after it (the workflow, the
constructs, the runtime's configuration) reads only them. A value here has passed every check, so
nobody downstream checks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Variables = Annotated[
    Mapping[str, str], PlainSerializer(lambda variables: dict(variables), return_type=dict)
]
"""Names and values of environment variables, in the order of the file."""

# A factory: pydantic copies the defaults of models, and a mapping proxy cannot be copied.
NO_VARIABLES: Variables = Field(default_factory=dict)


class Model(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ExecutionMode(StrEnum):
    """Where a function's script runs."""

    LAMBDA = "lambda"
    LAMBDA_BATCH = "lambda-batch"
    BATCH = "batch"

    @property
    def runs_on_lambda(self) -> bool:
        return self is not ExecutionMode.BATCH

    @property
    def runs_on_batch(self) -> bool:
        return self is not ExecutionMode.LAMBDA


class ComputeType(StrEnum):
    """The capacity behind a Batch compute environment."""

    EC2 = "EC2"
    SPOT = "SPOT"
    FARGATE = "FARGATE"
    FARGATE_SPOT = "FARGATE_SPOT"

    @property
    def is_fargate(self) -> bool:
        return self in (ComputeType.FARGATE, ComputeType.FARGATE_SPOT)

    @property
    def is_spot(self) -> bool:
        return self in (ComputeType.SPOT, ComputeType.FARGATE_SPOT)


class Script(Model):
    """The user's script, read once by the parser; undecodable bytes are kept as surrogates."""

    name: str
    content: str


OWN = "s3"
"""The storage provider that needs no definition: S3 of the account that the stack is in."""


class StorageProvider(Model):
    """Where files are beside the buckets of the account itself; None for what the kind has not.

    `name` is as inputs and outputs refer to it, such as `minio.mine`. `endpoint` is a URL. `secret`
    is the ARN of the credentials; without one (`s3` only) the function's own role asks.
    """

    name: str
    kind: str
    endpoint: str | None = None
    region: str | None = None
    space: str | None = None
    verify: bool = True
    secret: str | None = None

    @property
    def server(self) -> str:
        """What tells a bucket from one of the same name elsewhere; S3 has each name only once."""
        return OWN if self.kind == OWN else f"{self.endpoint}/{self.space or ''}"


class Input(Model):
    """A folder of a bucket whose new files trigger the function.

    Where the provider knows no buckets, the first part of the path stands for one.

    `folder` has no slash at either end and is empty for the whole bucket. A file triggers the
    function when its key starts with `folder/` plus any of `prefixes` and ends in any of
    `suffixes`; an empty tuple passes all.
    """

    bucket: str
    folder: str
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    provider: str = OWN


class Output(Model):
    """A folder of a bucket that takes the files which the script left in its output folder.

    A file is taken when its path relative to the output folder starts with any of `prefixes` and
    ends in any of `suffixes`. `key` is the template of its key under `folder`; placeholders:
    {name} (relative path), {stem} (input file's name without its last suffix), {request_id}.
    """

    bucket: str
    folder: str
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    key: str = "{name}"
    provider: str = OWN


class Vpc(Model):
    """Existing subnets and security groups for a Lambda function."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


class FileSystem(Model):
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


class Api(Model):
    """An HTTPS endpoint: `POST https://.../<stage>/launch`, or whatever `method` lets through.

    `web_acl` is the ARN of a firewall that looks at each request first.
    """

    name: str
    auth: ApiAuth
    stage: str
    method: str
    web_acl: str | None = None


class Architecture(StrEnum):
    """The processor that a function's image is built for."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


class ComputeResources(Model):
    """The machines of a Batch compute environment."""

    type: ComputeType
    min_vcpus: int
    desired_vcpus: int
    max_vcpus: int
    instance_types: tuple[str, ...]
    subnets: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    instance_role: str | None = None
    launch_template_name: str | None = None


class MultiNode(Model):
    """A job over several hosts, one of which leads."""

    nodes: int
    main_node: int


class Batch(Model):
    """How a function runs as a Batch job. Memory in MiB, time-out in seconds per attempt.

    `ephemeral_storage_gib` is the disk of a Fargate job (None: Fargate's own 20 GiB), `disk_gib`
    that of an EC2 host. Without `managed`, the hosts are the user's own, in the environment's
    cluster, and the compute resources mean nothing. Functions that name the same
    `compute_environment` share it.
    """

    vcpus: float
    memory_mib: int
    gpus: int
    attempts: int
    timeout_seconds: int
    disk_gib: int
    environment: Variables = NO_VARIABLES
    enabled: bool = True
    managed: bool = True
    service_role: str | None = None
    job_role: str | None = None
    secrets: Variables = NO_VARIABLES
    ephemeral_storage_gib: int | None = None
    compute_environment: str | None = None
    multi_node: MultiNode | None = None
    compute_resources: ComputeResources


class Function(Model):
    """One function: an image and a script, with where its files come from and go to.

    `role` is an existing role that is used as it is; `concurrency` None means the account's limit.
    `image_file` is an image as a file of `docker save`, then `image` is empty. With `create_image`
    false the image is ready and nothing is built; if jobs pull it from a private registry,
    `repository_credentials` is the ARN of the secret for it. With `build` false jobs run the script
    in the image as it is, between two helper containers. A `retired` function finishes what it has
    accepted, and new files start it no more.
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
    environment: Variables = NO_VARIABLES
    lambda_environment: Variables = NO_VARIABLES
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    tags: Variables = NO_VARIABLES
    architecture: Architecture = Architecture.X86_64
    role: str | None = None
    vpc: Vpc | None = None
    file_system: FileSystem | None = None
    concurrency: int | None = None
    tracing: bool = False
    retired: bool = False
    secrets: Variables = NO_VARIABLES
    api: Api | None = None
    image_file: Path | None = None
    create_image: bool = True
    build: bool = True
    repository_credentials: str | None = None
    extra_payload: Path | None = None
    batch: Batch
    storage_providers: tuple[StorageProvider, ...] = ()

    @property
    def own_inputs(self) -> tuple[Input, ...]:
        """Those in buckets of the account itself, which AWS tells the function of."""
        return tuple(source for source in self.inputs if source.provider == OWN)

    @property
    def own_outputs(self) -> tuple[Output, ...]:
        """Those in buckets of the account itself."""
        return tuple(target for target in self.outputs if target.provider == OWN)

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


class LogTarget(Model):
    """A bucket that takes access logs, and the folder for them, with no slash at either end."""

    bucket: str
    folder: str = ""


class BucketSettings(Model):
    """What the top-level key `buckets` says of one bucket.

    `replicate_to` is a bucket that gets a copy of each object; `replica_kms_key` encrypts the
    copies there.
    """

    existing: bool = False
    owner: bool = False
    versioned: bool = True
    expire_days: int | None = None
    kms_key: str | None = None
    access_logs: LogTarget | None = None
    replicate_to: str | None = None
    replica_kms_key: str | None = None
    event_bridge: bool = False


class StackOptions(Model):
    """What a file switches on for its whole stack; all of it is off unless the file says so."""

    kms_key: str | None = None
    access_logs: LogTarget | None = None
    flow_logs: bool = False


class WorkflowFile(Model):
    """One YAML file: the functions that deploy, roll back and are removed together."""

    name: str
    path: Path
    functions: tuple[Function, ...]
    buckets: Mapping[str, BucketSettings] = Field(default_factory=dict)
    tags: Variables = NO_VARIABLES
    region: str | None = None
    options: StackOptions = StackOptions()
