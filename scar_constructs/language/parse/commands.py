"""What a function's container runs: what the file says of it, and what is known of the image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scar_constructs.language.lock import Lock
from scar_constructs.language.parse.outside_files import is_allowed
from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.tree import Scalar
from scar_constructs.model import NO_COMMAND, Architecture, Command


def parse_commands(
    section: Section, image: str, saved: Path | None, architecture: Architecture, lock: Lock
) -> dict[str, Any]:
    """The fields of a function that say what its container runs."""
    of_image = _saved_command(section, saved, architecture) if saved else NO_COMMAND
    config = lock[image].configs.get(architecture) if image in lock else None
    return {
        "own_command": Command(
            entrypoint=section.words("lambda.container.entrypoint"),
            command=section.words("lambda.container.command"),
        ),
        "image_command": config.runs if config else of_image,
    }


def _saved_command(section: Section, saved: Path, architecture: Architecture) -> Command:
    """What the image in a file runs. What is wrong with the file is told by its own check."""
    node = section.find("lambda.container.image_file")
    if not isinstance(node, Scalar) or not is_allowed(saved, node, section.report):
        return NO_COMMAND
    # Imported when asked for: few functions have such a file, and every check would wait for it.
    from scar_constructs.language.archive import ImageFileError
    from scar_constructs.language.saved_image import find_image

    try:
        settings = find_image(saved, architecture).settings
    except ImageFileError:
        return NO_COMMAND
    return Command(entrypoint=settings.entrypoint, command=settings.command)
