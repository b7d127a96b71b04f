"""The shape of a command line: a list of words, as in the exec form of a Dockerfile."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.keys.containers import ListOf
from scar_constructs.language.keys.scalars import Shape, Value, wrong_type
from scar_constructs.language.yaml.tree import Node, Scalar

_WORDS_MAX = 1_500
"""https://docs.aws.amazon.com/lambda/latest/api/API_ImageConfig.html"""
_WORD = Value()
_OF_A_SHELL = re.compile(r"[|&;<>()$`*?\\\n#~\[\]{}]")


@dataclass(frozen=True)
class CommandLine(ListOf):
    """Words; numbers travel as the text that the user wrote.

    One text is refused: Docker's tools differ in whether they split it or give it to a shell.
    """

    item: Shape = _WORD
    maximum: int | None = _WORDS_MAX

    @property
    def words(self) -> str:
        return "a list of words, as in [program, argument]"

    def _not_a_list(self, node: Node) -> Problem:
        if not isinstance(node, Scalar):
            return wrong_type(node, self.words, "write [program, argument]")
        return wrong_type(node, self.words, f"write {json.dumps(_split(node.text[:200]))}")


def _split(text: str) -> list[str]:
    """The words that the text stands for; a shell's command line is given to a shell."""
    try:
        return ["/bin/sh", "-c", text] if _OF_A_SHELL.search(text) else shlex.split(text)
    except ValueError:  # a quotation without end
        return ["/bin/sh", "-c", text]
