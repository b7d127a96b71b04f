"""The function's configuration: the document that `fdl config` prints and the image carries.

The writer is `scar_constructs.language.runtime_config`; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scar_runtime.errors import ConfigError
from scar_runtime.log import LEVELS

VERSION = 1
PAYLOAD = "payload"
"""The folder of `extra_payload`, beside the configuration document in the image."""
MODES = ("lambda", "lambda-batch", "auto", "batch")
OWN = "s3"
"""The provider that needs no definition: S3 of the function's own account."""


@dataclass(frozen=True)
class Script:
    """The user's script. Bytes that are no UTF-8 came through JSON as lone surrogates."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Join:
    """How the files of an input become one event.

    `of`: when all that came of one execution of this function has arrived. `group`: when `count`
    files whose path under the folder fits this pattern have the same values of the fields `by`.
    `suffixes`: when a file with each of these ends has arrived, whose paths are the same before it.
    A group that is not whole `after_seconds` runs (`then` is "run") or fails.
    """

    of: str | None = None
    group: str | None = None
    by: tuple[str, ...] = ()
    count: int = 0
    suffixes: tuple[str, ...] = ()
    after_seconds: int | None = None
    then: str = "fail"


@dataclass(frozen=True)
class Input:
    """A folder whose files the function takes, and the provider that holds it.

    A file is taken when its key starts with the folder and any of `prefixes`, and ends in any of
    `suffixes`; an empty tuple passes all.
    """

    bucket: str
    folder: str
    provider: str = OWN
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    join: Join | None = None

    def takes(self, key: str) -> bool:
        folder = f"{self.folder}/" if self.folder else ""
        starts = tuple(folder + prefix for prefix in self.prefixes or ("",))
        return key.startswith(starts) and key.endswith(self.suffixes or ("",))


@dataclass(frozen=True)
class Taker:
    """A function on the way to a join, and the inputs by which it takes its files."""

    function: str
    inputs: tuple[Input, ...]

    def takes(self, bucket: str, key: str) -> bool:
        return any(one.bucket == bucket and one.takes(key) for one in self.inputs)


@dataclass(frozen=True)
class EmptyPlace:
    """Where an object that stands for no file goes, so that `function` takes it: its key has this
    start and this end."""

    function: str
    bucket: str
    start: str
    end: str


@dataclass(frozen=True)
class Step:
    """What the function hands on to the function `join`, which joins: the files that any of
    `takers` takes. `opens`: whether it is an execution of this very function that is joined."""

    join: str
    opens: bool
    takers: tuple[Taker, ...]
    empty: EmptyPlace


@dataclass(frozen=True)
class Output:
    """A folder that takes the files passing the filters; `key` is a template (see outputs)."""

    bucket: str
    folder: str
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    key: str
    provider: str = OWN


@dataclass(frozen=True)
class Provider:
    """A storage provider of the user's; None for what its kind has not.

    `endpoint` is a URL, `space` a space of Onedata; `verify` says whether the server's certificate
    is checked. `secret` is the ARN of the credentials, None for the function's own role.
    """

    name: str
    kind: str
    endpoint: str | None = None
    region: str | None = None
    space: str | None = None
    verify: bool = True
    secret: str | None = None


@dataclass(frozen=True)
class Config:
    """All the runtime knows of its function. `timeout_threshold` is in seconds; `secrets` are
    variables with the ARNs of their values; `payload` is the folder of `extra_payload`, if any.

    `entrypoint` and `command` are what the image runs, in Docker's sense; None: not known.
    `gives_credentials` is whether the script may act as the function's role. `has_image` is whether
    this process is in the image, and is not in the document. `parameters` are those of a request
    over HTTP that the script gets as variables of the same name. `lambda_up_to`: how many bytes a
    record may have that is worked on in Lambda; None: any.
    """

    name: str
    mode: str
    log_level: str
    timeout_threshold: float
    environment: Mapping[str, str]
    script: Script | None
    outputs: tuple[Output, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)
    payload: Path | None = None
    inputs: tuple[Input, ...] = ()
    providers: tuple[Provider, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    gives_credentials: bool = True
    has_image: bool = True
    parameters: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()
    lambda_up_to: int | None = None

    @property
    def delegates(self) -> bool:
        """Whether a job takes over what Lambda does not finish in its time."""
        return self.mode in ("lambda-batch", "auto")

    @property
    def join_input(self) -> Input | None:
        """The input whose files are joined."""
        return next((one for one in self.inputs if one.join), None)


def read_config(path: Path) -> Config:
    """Read the document at `path`. Raises `ConfigError`, which names the file."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"the configuration {path} is not JSON: {error}") from error
    try:
        config = _config(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"the configuration {path} lacks a part: {error!r}") from error
    except ValueError as error:
        raise ConfigError(f"the configuration {path}: {error}") from error
    payload = path.parent / PAYLOAD
    return replace(config, payload=payload) if payload.is_dir() else config


def _config(document: Mapping[str, Any]) -> Config:
    if document["version"] != VERSION:
        raise ValueError(f"version must be {VERSION}, got {document['version']!r}")
    if document["execution_mode"] not in MODES:
        raise ValueError(f"execution_mode must be one of {MODES}")
    if document["log_level"] not in LEVELS:
        raise ValueError(f"log_level must be one of {tuple(LEVELS)}")
    return Config(
        name=document["name"],
        mode=document["execution_mode"],
        log_level=document["log_level"],
        timeout_threshold=float(document["timeout_threshold"]),
        environment=dict(document["environment"]),
        script=_script(document["script"]),
        outputs=tuple(_output(output) for output in document["output"]),
        secrets=dict(document.get("secrets", {})),
        inputs=tuple(_input(source) for source in document["input"]),
        providers=tuple(
            Provider(name, **settings)
            for name, settings in document.get("storage_providers", {}).items()
        ),
        entrypoint=_words(document.get("entrypoint")),
        command=_words(document.get("command")),
        parameters=frozenset(document.get("parameters", ())),
        steps=tuple(_step(step) for step in document.get("joins", ())),
        gives_credentials=document.get("credentials") != "none",
        lambda_up_to=document.get("lambda_up_to"),
    )


def _words(document: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if document is None else tuple(document)


def _script(document: Mapping[str, str] | None) -> Script | None:
    if document is None:
        return None
    content = document["content"].encode("utf-8", "surrogateescape")
    return Script(document["name"], content)


def _step(document: Mapping[str, Any]) -> Step:
    takers = (
        Taker(one["function"], tuple(_input(source) for source in one["input"]))
        for one in document["takers"]
    )
    empty = EmptyPlace(**document["empty"])
    return Step(document["join"], document["opens"], tuple(takers), empty)


def _join(document: Mapping[str, Any]) -> Join:
    texts = {name: tuple(document.get(name, ())) for name in ("by", "suffixes")}
    return Join(**{**document, **texts})


def _input(document: Mapping[str, Any]) -> Input:
    return Input(
        bucket=document["bucket"],
        folder=document["folder"],
        provider=document["storage_provider"],
        prefixes=tuple(document["prefix"]),
        suffixes=tuple(document["suffix"]),
        join=_join(document["join"]) if document.get("join") else None,
    )


def _output(document: Mapping[str, Any]) -> Output:
    return Output(
        bucket=document["bucket"],
        folder=document["folder"],
        prefixes=tuple(document["prefix"]),
        suffixes=tuple(document["suffix"]),
        key=document["key"],
        provider=document["storage_provider"],
    )
