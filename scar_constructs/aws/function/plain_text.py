"""What an image or a zip holds of a function, as lines of text: in a template it would be a hash.

`cdk diff` compares lists in a template's metadata line by line, so that it shows which line of a
script changed. The lines are data: whatever CloudFormation, the CDK or a terminal would take for an
order in them is written so that they do not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256

from scar_constructs.model import Function, Input, Output, Script, ScriptCredentials, limits
from scar_constructs.model.storage import OWN
from scar_constructs.terminal import visible

MOST_LINES = 80
MOST_CHARACTERS = 3_000
"""Of a script, and of the settings: a template has a megabyte for all functions of a file."""
LONGEST_LINE = 200
_ORDERS = re.compile(
    r"(?i:(\$|#)(?=\{(?:AWS::|Token\[))|(\{)(?=\{\s*resolve))"
    r"|\$(?=\{[A-Za-z0-9]+[0-9A-F]{8}(?:\.[A-Za-z.]+)?\})"
)
"""Pseudo parameters, and names of resources, which the CDK looks for outside of `Fn::Sub`; its own
marks; dynamic references.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""


def script_lines(script: Script) -> list[str]:
    """The script, or its beginning."""
    return _cut(script.content.splitlines(), script.content)


def setting_lines(function: Function) -> list[str]:
    """What is packaged beside the script, but for what has its default."""
    lines = list(_settings(function))
    return _cut(lines, "\n".join(lines))


def _cut(lines: Sequence[str], whole: str) -> list[str]:
    """The lines as long as there is room; then how many more, and a digest of all of them."""
    found: list[str] = []
    room = MOST_CHARACTERS
    for line in lines[:MOST_LINES]:
        shown = _inert(line)
        room -= len(shown)
        if room < 0:
            break
        found.append(shown)
    left = len(lines) - len(found)
    if left or any(len(line) > LONGEST_LINE for line in lines):
        digest = sha256(whole.encode(errors="surrogatepass")).hexdigest()
        found.append(f"({left} lines more; sha256 of all: {digest[:16]})")
    return found


def _inert(line: str) -> str:
    """At most so many characters, none of which is an order to anybody."""
    shown = visible(line[:LONGEST_LINE])
    return _ORDERS.sub(lambda found: f"{found[0]} ", shown)


def _settings(function: Function) -> Iterator[str]:
    if function.log_level != limits.LOG_LEVEL:
        yield f"log_level {function.log_level}"
    if function.timeout_threshold_seconds != limits.timeout_threshold(function.timeout_seconds):
        yield f"timeout_threshold {function.timeout_threshold_seconds}"
    if function.credentials is not ScriptCredentials.ROLE:
        yield f"credentials {function.credentials.value}"
    for name, words in (
        ("entrypoint", function.command.entrypoint),
        ("command", function.command.command),
    ):
        if words is not None and function.script is None:
            yield f"{name} {json.dumps(words)}"
    yield from (f"variable {name}={value}" for name, value in sorted(function.environment.items()))
    yield from (f"secret {name} {arn}" for name, arn in sorted(function.secrets.items()))
    yield from (f"input {_filters(one)}" for one in function.inputs if _is_filtered(one))
    if (source := function.join_input) and source.join:
        said = {name: value for name, value in asdict(source.join).items() if value}
        yield f"join {place(source)} {json.dumps(said)}"
    yield from (f"output {_output(one)}" for one in function.outputs)
    for parameter in sorted(set(function.api.parameters)) if function.api else ():
        yield f"parameter {parameter}"
    for provider in function.storage_providers:
        yield (
            f"storage_provider {provider.name} {provider.endpoint or ''} {provider.secret or ''}"
        ).rstrip()


def _output(target: Output) -> str:
    return f"{_filters(target)} as {target.key}"


def _is_filtered(folder: Input | Output) -> bool:
    return bool(folder.prefixes or folder.suffixes)


def _filters(folder: Input | Output) -> str:
    parts = [place(folder)]
    parts += [f"prefix {json.dumps(folder.prefixes)}"] if folder.prefixes else []
    parts += [f"suffix {json.dumps(folder.suffixes)}"] if folder.suffixes else []
    return " ".join(parts)


def place(folder: Input | Output) -> str:
    """A folder as "bucket/folder", of other providers with their name before it."""
    path = f"{folder.bucket}/{folder.folder}" if folder.folder else folder.bucket
    return path if folder.provider == OWN else f"{folder.provider}:{path}"
