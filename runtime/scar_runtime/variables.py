"""The variables by which a script learns of its event and of its folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from scar_runtime.config import Config
from scar_runtime.environment import fits_a_variable, instance_ip, parameter_variables
from scar_runtime.events import Record
from scar_runtime.workspace import Workspace

SHOWN_NAMES = 20
SHOWN_LETTERS = 100

Warn = Callable[[str], None]


def event_variables(
    config: Config, record: Record, request_id: str, work: Workspace, file: Path | None, warn: Warn
) -> dict[str, str]:
    """An absent fact is an absent variable. Of a fact that cannot be a variable, such as a key with
    a NUL, `warn` is told. `file` is the input file."""
    facts = {
        **_folders(work, file),
        **_of_group(record, work),
        **_facts(config, record, request_id),
    }
    unfit = [name for name, value in facts.items() if value and not fits_a_variable(value)]
    for name in unfit:
        warn(f"{name} is not set: no variable can have its value")
    return {name: value for name, value in facts.items() if value and name not in unfit}


def request_variables(config: Config, record: Record, warn: Warn) -> dict[str, str]:
    """Those for the parameters of a request over HTTP, which never replace another."""
    variables, left_out = parameter_variables(record.parameters, config.parameters)
    if left_out:
        names = ", ".join(repr(name)[:SHOWN_LETTERS] for name in left_out[:SHOWN_NAMES])
        more = f" and {len(left_out) - SHOWN_NAMES} more" if len(left_out) > SHOWN_NAMES else ""
        warn(f"parameters that cannot be variables, and are in EVENT only: {names}{more}")
    return variables


def _facts(config: Config, record: Record, request_id: str) -> dict[str, str | None]:
    return {
        "REQUEST_ID": request_id,
        "INSTANCE_IP": instance_ip(),
        "EXTRA_PAYLOAD": str(config.payload) if config.payload else None,
        "STORAGE_OBJECT_KEY": record.object.key if record.object else None,
        "EVENT_TIME": record.time,
        "EVENT": _as_json(record),
    }


def _of_group(record: Record, work: Workspace) -> dict[str, str | None]:
    """Where the script finds the files, if there are many."""
    if record.group is None:
        return {}
    return {"SCAR_INPUT_FILES": str(work.input_list), "SCAR_GROUP": record.group.name}


def _as_json(record: Record) -> str:
    """The event; nested too deeply to be written, something that no variable can hold."""
    try:
        return json.dumps(record.event)
    except RecursionError:
        return "\0"


def _folders(work: Workspace, input_file: Path | None) -> dict[str, str | None]:
    """The same facts in both dialects' words, classic first."""
    file = str(input_file) if input_file else None
    return {
        "SCAR_INPUT_DIR": str(work.input),
        "SCAR_OUTPUT_DIR": str(work.output),
        "TMP_INPUT_DIR": str(work.input),
        "TMP_OUTPUT_DIR": str(work.output),
        "SCAR_INPUT_FILE": file,
        "INPUT_FILE_PATH": file,
    }
