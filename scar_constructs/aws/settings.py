"""What the command line asks of the app, read from CDK's context once and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from constructs import Node

from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.aws.policy.compliance import ALL_PACKS, PACKS
from scar_constructs.errors import UserError
from scar_constructs.language.lock import Lock, LockError, find_lock
from scar_constructs.model.limits import HELPER_IMAGE


class SettingsError(UserError):
    """A context value (`-c name=value`) is missing or cannot be used."""


@dataclass(frozen=True)
class Settings:
    """The context values of this app; paths are relative to the folder of the call."""

    functions: tuple[Path, ...]
    defaults: Path | None
    compliance: tuple[str, ...]
    runtime_image: str
    helper_image: str = HELPER_IMAGE
    image_lock: Lock = field(default_factory=dict)
    untrusted: bool = False
    without: frozenset[str] = frozenset()


def read_settings(node: Node) -> Settings:
    """The settings from the app's context. Raises SettingsError."""
    functions = _words(_text(node, "functions"))
    if not functions:
        raise SettingsError(
            "-c functions=PATH[,PATH...] is missing: name YAML files or folders of them, such as "
            "-c functions=examples/hello"
        )
    defaults = _text(node, "defaults")
    return Settings(
        functions=tuple(Path(path) for path in functions),
        defaults=Path(defaults) if defaults else None,
        compliance=_packs(_text(node, "compliance")),
        runtime_image=_text(node, "runtime_image") or RUNTIME_IMAGE,
        helper_image=_text(node, "helper_image") or HELPER_IMAGE,
        untrusted=_is_true(node, "untrusted"),
        without=frozenset(_words(_text(node, "without"))),
        image_lock=_image_lock(_text(node, "images_lock")),
    )


def _text(node: Node, name: str) -> str:
    value = node.try_get_context(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SettingsError(f"-c {name}=...: must be text, got {value!r}")
    return value.strip()


def _is_true(node: Node, name: str) -> bool:
    value = node.try_get_context(name)
    if value in (None, "", False, "false"):
        return False
    if value in (True, "true"):
        return True
    raise SettingsError(f"-c {name}=...: must be true or false, got {value!r}")


def _image_lock(given: str) -> Lock:
    try:
        return find_lock(Path(given) if given else None)
    except LockError as error:
        raise SettingsError(str(error)) from error


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _packs(text: str) -> tuple[str, ...]:
    if text == ALL_PACKS:
        return tuple(PACKS)
    names = _words(text)
    unknown = [name for name in names if name not in PACKS]
    if unknown:
        known = ", ".join(PACKS)
        raise SettingsError(
            f"-c compliance={text}: must be `{ALL_PACKS}` or some of {known}, got `{unknown[0]}`"
        )
    return names
