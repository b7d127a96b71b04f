"""How an execution environment's process is started, for images and for zip packages."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from scar_constructs.emulator.engine import Engine, Program, Running, StartError, spawn_kept
from scar_constructs.emulator.functions.specification import Function

Credentials = Callable[[str, str, str], Mapping[str, str]]
"""(role ARN, service principal, session name) -> AWS_* variables of a session of the role."""

_TASK_ROOT = "/var/task"
_LAMBDA = "lambda.amazonaws.com"


class Launcher:
    """Starts environments: images through the engine, zip packages through awslambdaric.

    `folder` takes the unpacked packages; `endpoint` is where AWS answers.
    """

    def __init__(
        self, engine: Engine, credentials: Credentials, folder: Path, endpoint: str
    ) -> None:
        self._engine = engine
        self._credentials = credentials
        self._folder = folder
        self._endpoint = endpoint

    def start(self, function: Function, api_address: str, stream: str) -> Running:
        """Start an environment that writes to this log stream. Raises `StartError`."""
        environment = self._environment(function, api_address, stream)
        if function.image is not None:
            return self._engine.start(_program(function, environment))
        return self._start_package(function, environment)

    def _environment(self, function: Function, api_address: str, stream: str) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        session = self._credentials(function.role_arn, _LAMBDA, function.name[:64])
        return {
            **function.variables,
            **session,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mib),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_LAMBDA_RUNTIME_API": api_address,
            "AWS_REGION": function.scope.region,
            "AWS_DEFAULT_REGION": function.scope.region,
            "LAMBDA_TASK_ROOT": _TASK_ROOT,
            "TZ": ":UTC",
        }

    def _start_package(self, function: Function, environment: Mapping[str, str]) -> Running:
        if not function.runtime.startswith("python"):
            raise StartError(f"runtime {function.runtime} cannot be run on this machine")
        root = self._unpacked(function.code or b"")
        # The package is not at Lambda's place, so variables that point into it are moved.
        moved = {
            name: value.replace(_TASK_ROOT, str(root), 1)
            if value == _TASK_ROOT or value.startswith(f"{_TASK_ROOT}/")
            else value
            for name, value in environment.items()
        }
        own = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "_HANDLER": function.handler,
        }
        command = [sys.executable, "-m", "awslambdaric", function.handler]
        return spawn_kept(command, {**own, **moved}, root)

    def _unpacked(self, code: bytes) -> Path:
        root = self._folder / hashlib.sha256(code).hexdigest()[:32]
        if root.is_dir():
            return root
        unfinished = root.with_name(f"{root.name}.{uuid4().hex}")
        with zipfile.ZipFile(io.BytesIO(code)) as package:
            package.extractall(unfinished)
        try:
            unfinished.rename(root)
        except OSError:
            if not root.is_dir():
                raise
        return root


def _program(function: Function, environment: Mapping[str, str]) -> Program:
    if function.image is None:
        raise ValueError(f"{function.name} is not a container image")
    return Program(
        name=f"lambda-{function.name}-{os.urandom(4).hex()}",
        image=function.image,
        environment=environment,
        entrypoint=function.entrypoint,
        command=function.command,
        memory_mib=function.memory_mib,
        locked_down=True,
        tmp_mib=function.tmp_mib,
        working_directory=function.working_directory,
    )
