"""The one reader of this process's environment: where we run, and with which resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scar_runtime.aws.endpoint_variables import endpoint_url


@dataclass(frozen=True)
class Settings:
    """Names given by the stack and by the platform; None where there is none.

    - `spool_bucket`: claims, event documents of jobs, large payloads
    - `job_share`: the function's share of its queue
    - `job_event`: key in the spool bucket of this job's event document
    - `job_index`: which job of an array this is; None if it is of no array
    - `event_queue`: the ARN of the queue through which the function's files come
    - `job_nodes`: over how many hosts each job runs; None if jobs have no nodes
    - `job_containers`: which containers of a job are to know its event; none if a job is of one
    - `task_metadata_url`: where ECS tells of this process's task
    - `has_image`: whether programs of the function's image can be run here
    - `is_child_node`: whether this is one of them that does not lead
    - `s3_url`, `batch_url`, `lambda_url` and `secret_urls` (by the name of the service in an ARN):
      services that speak the same protocols, in place of AWS's own
    """

    config: Path | None
    spool_bucket: str | None
    job_queue: str | None
    job_definition: str | None
    job_share: str | None
    job_event: str | None
    job_index: int | None
    event_queue: str | None
    job_nodes: int | None
    job_containers: tuple[str, ...]
    task_metadata_url: str | None
    has_image: bool
    is_child_node: bool
    job_id: str | None
    job_attempt: int
    region: str
    s3_url: str | None
    batch_url: str | None
    lambda_url: str | None
    secret_urls: Mapping[str, str | None]
    log_group: str
    log_stream: str


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises `ConfigError` for addresses of AWS that cannot be had."""
    config = environ.get("SCAR_FUNCTION_CONFIG")
    nodes = environ.get("SCAR_JOB_NODES")
    # https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
    index = environ.get("AWS_BATCH_JOB_ARRAY_INDEX")
    return Settings(
        config=Path(config) if config else None,
        spool_bucket=environ.get("SCAR_SPOOL_BUCKET"),
        job_queue=environ.get("SCAR_JOB_QUEUE"),
        job_definition=environ.get("SCAR_JOB_DEFINITION"),
        job_share=environ.get("SCAR_JOB_SHARE"),
        job_event=environ.get("SCAR_JOB_EVENT"),
        job_index=int(index) if index else None,
        event_queue=environ.get("SCAR_EVENT_QUEUE"),
        job_nodes=int(nodes) if nodes else None,
        job_containers=tuple(environ.get("SCAR_JOB_CONTAINERS", "").split()),
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
        task_metadata_url=environ.get("ECS_CONTAINER_METADATA_URI_V4"),
        has_image="SCAR_WITHOUT_IMAGE" not in environ,
        # https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
        is_child_node=(
            environ.get("AWS_BATCH_JOB_NODE_INDEX") != environ.get("AWS_BATCH_JOB_MAIN_NODE_INDEX")
        ),
        # A node is "JOB#INDEX"; SubmitJob answered with the job.
        job_id=environ.get("AWS_BATCH_JOB_ID", "").partition("#")[0] or None,
        # Counts from 1: https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
        job_attempt=int(environ.get("AWS_BATCH_JOB_ATTEMPT", "1")),
        # S3 tells where a bucket is if it is elsewhere, so that any region does to begin with.
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        s3_url=endpoint_url(environ, "S3"),
        batch_url=endpoint_url(environ, "BATCH"),
        lambda_url=endpoint_url(environ, "LAMBDA"),
        secret_urls={
            "secretsmanager": endpoint_url(environ, "SECRETS_MANAGER"),
            "ssm": endpoint_url(environ, "SSM"),
        },
        log_group=environ.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
        log_stream=environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
    )
