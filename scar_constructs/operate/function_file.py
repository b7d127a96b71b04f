"""A file of one function, written from SCAR's options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from scar_constructs.errors import UserError

_LAMBDA = {
    "name": "name",
    "init_script": "init_script",
    "execution_mode": "execution_mode",
    "memory": "memory",
    "timeout": "timeout",
    "description": "description",
    "log_level": "log_level",
    "layers": "layers",
    "extra_payload": "extra_payload",
}
_CONTAINER = {
    "image": "image",
    "image_file": "image_file",
    "timeout_threshold": "timeout_threshold",
}
_BATCH = {"batch_memory": "memory", "batch_vcpus": "vcpus", "enable_gpu": "enable_gpu"}
"""Option -> key of the block."""


def write_file(options: Mapping[str, Any]) -> Path:
    """Write NAME.yaml into this folder. Raises `UserError` where a name is missing, or the file is
    there with another content."""
    name = options.get("name")
    if not name or not (options.get("image") or options.get("image_file")):
        raise UserError("give -f FILE, or -n NAME and -i IMAGE (or -if FILE)")
    path = Path(f"{name}.yaml")
    if path.name != str(path):
        raise UserError(f"-n {name}: a function's name has letters, digits, - and _")
    text = text_of(options)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UserError(
            f"{path} exists with another content: deploy it with `scar init -f {path}`, or move it"
        )
    path.write_text(text, encoding="utf-8")
    return path


def text_of(options: Mapping[str, Any]) -> str:
    """The YAML of a function with these options, in SCAR's newer dialect."""
    container = _taken(options, _CONTAINER)
    if variables := options.get("environment"):
        container["environment"] = {"Variables": _variables("-e", variables)}
    function: dict[str, Any] = {**_taken(options, _LAMBDA), "container": container}
    if variables := options.get("lambda_environment"):
        function["environment"] = {"Variables": _variables("-le", variables)}
    for option, key in (("input_bucket", "input"), ("output_bucket", "output")):
        if options.get(option):
            function[key] = [{"storage_provider": "s3", "path": options[option]}]
    blocks: dict[str, Any] = {"lambda": function}
    if options.get("iam_role"):
        blocks["iam"] = {"role": options["iam_role"]}
    if options.get("api_gateway_name"):
        blocks["api_gateway"] = {"name": options["api_gateway_name"]}
    if batch := _taken(options, _BATCH):
        blocks["batch"] = batch
    document = {"functions": {"aws": [blocks]}}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _taken(options: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {
        key: _plain(options[name]) for name, key in keys.items() if options.get(name) is not None
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return list(value) if isinstance(value, tuple) else value


def _variables(option: str, given: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE, cut at the first sign: a value may have more of them."""
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise UserError(f"{option} {text}: write NAME=VALUE")
        found[name] = value
    return found
