"""What a container runs where there is no script, in Docker's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Command:
    """ENTRYPOINT and CMD; None for what is not given, or not known.

    https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
    """

    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The command line, as far as it is known."""
        return (self.entrypoint or ()) + (self.command or ())

    def over(self, image: Command) -> Command:
        """What runs when this is given in place of what the image has. An ENTRYPOINT of one's own
        leaves out the image's CMD, which was made for the other."""
        if self.entrypoint is not None:
            return Command(entrypoint=self.entrypoint, command=self.command or ())
        command = image.command if self.command is None else self.command
        return Command(entrypoint=image.entrypoint, command=command)


NO_COMMAND = Command()
