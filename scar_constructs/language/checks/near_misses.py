"""Chains that do not meet: an input that no function feeds, and almost the same output that no
function reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.parse.file import ParsedFile
from scar_constructs.language.parse.function import Located, ParsedFunction
from scar_constructs.language.yaml.faults import problem
from scar_constructs.model import Input, Output
from scar_constructs.model.filters import folder_prefix

MOST_EDITS = 2
LEAST_LENGTH = 3
"""Shorter words, such as `in`, `a` or `v1`, differ on purpose."""


@dataclass(frozen=True)
class _Folder:
    """A folder that a function reads or writes; the server and the bucket are its first parts."""

    function: str
    parts: tuple[str, ...]
    at: Located

    @property
    def text(self) -> str:
        return "/".join(self.parts[1:])


def check_near_misses(files: Sequence[ParsedFile], report: Report) -> None:
    """Add a warning for each input that nothing feeds and that almost is an unread output."""
    functions = [parsed for file in files for parsed in file.functions]
    inputs: list[_Folder] = []
    outputs: list[_Folder] = []
    for parsed in functions:
        inputs += _folders(parsed, parsed.function.inputs, parsed.inputs_at)
        outputs += _folders(parsed, parsed.function.outputs, parsed.outputs_at)
    unread = _apart(outputs, from_=inputs)
    by_mask: dict[tuple[str, ...], list[_Folder]] = {}
    for output in unread:
        for mask in _masks(output.parts):
            by_mask.setdefault(mask, []).append(output)
    for source in _apart(inputs, from_=outputs):
        near = next(_near(source, by_mask), None)
        if near is not None:
            message = (
                f"no function of these files writes to {source.text}; {near.function} writes to "
                f"{near.text}, which no function reads"
            )
            fix = "make the two the same, if one is to start the other"
            at = source.at
            report.add(problem("chain-does-not-meet", at.path, at.position, message, "", fix))


def _folders(
    parsed: ParsedFunction, places: Iterable[Input | Output], located: Iterable[Located]
) -> Iterator[_Folder]:
    function = parsed.function
    for place, at in zip(places, located, strict=True):
        folders = [part for part in folder_prefix(place.folder).split("/") if part]
        yield _Folder(function.name, (*function.place(place), *folders), at)


def _apart(folders: Sequence[_Folder], *, from_: Sequence[_Folder]) -> Iterator[_Folder]:
    """The folders that are neither one of the others, nor above or below one."""
    others = {one.parts for one in from_}
    above = {parts[:count] for parts in others for count in range(2, len(parts) + 1)}
    for folder in folders:
        below = (folder.parts[:count] for count in range(2, len(folder.parts) + 1))
        if folder.parts not in above and not any(parts in others for parts in below):
            yield folder


def _masks(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The folder with one of its parts left open, each in turn; the server always counts."""
    for index in range(1, len(parts)):
        yield (*parts[:index], "", *parts[index + 1 :])


def _near(source: _Folder, by_mask: dict[tuple[str, ...], list[_Folder]]) -> Iterator[_Folder]:
    for index, mask in enumerate(_masks(source.parts), start=1):
        for output in by_mask.get(mask, ()):
            if output.function != source.function and looks_misspelt(
                source.parts[index], output.parts[index]
            ):
                yield output


def looks_misspelt(one: str, other: str) -> bool:
    """Whether one name looks like the other with a slip of the hand.

    >>> looks_misspelt("contig", "contigs"), looks_misspelt("step-1", "step-2")
    (True, False)
    """
    words, others = re.split(r"[-_. ]", one.lower()), re.split(r"[-_. ]", other.lower())
    if one == other or len(words) != len(others):
        return one != other and "".join(words) == "".join(others)
    for word, against in zip(words, others, strict=True):
        is_short = min(len(word), len(against)) < LEAST_LENGTH
        if word != against and (is_short or not _is_slip(word, against)):
            return False
    return True


def _is_slip(one: str, other: str) -> bool:
    """Whether few letters differ, and more than the numbers in the names."""
    plain = [re.sub(r"[0-9]+", "0", name) for name in (one, other)]
    return plain[0] != plain[1] and _edits(one, other) <= MOST_EDITS


def _edits(one: str, other: str) -> int:
    """How many letters to put in, leave out or change to get the other name (Levenshtein)."""
    if abs(len(one) - len(other)) > MOST_EDITS:
        return MOST_EDITS + 1
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, start=1):
        before, row[0] = row[0], count
        for index, against in enumerate(other, start=1):
            before, row[index] = (
                row[index],
                min(row[index] + 1, row[index - 1] + 1, before + (letter != against)),
            )
    return row[-1]
