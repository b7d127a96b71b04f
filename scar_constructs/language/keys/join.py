"""The keys of `join`: how many files of an input become one event."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.keys.containers import Group, Key, ListOf, Origin
from scar_constructs.language.keys.formats import FUNCTION_NAME
from scar_constructs.language.keys.scalars import END, Choice, Integer, Schema, Text
from scar_constructs.language.yaml.tree import Node, Sequence
from scar_constructs.model import limits

OURS = Origin.OURS
_FIELD = r"\{[a-z_][a-z0-9_]*\}"


@dataclass(frozen=True)
class OneOrMore:
    """A text, or a list of such texts."""

    item: Text
    maximum: int

    @property
    def words(self) -> str:
        return f"{self.item.words}, or a list of such"

    def check(self, node: Node, report: Report) -> None:
        if isinstance(node, Sequence):
            self._list.check(node, report)
        else:
            self.item.check(node, report)

    def schema(self) -> Schema:
        return {"anyOf": [self.item.schema(), self._list.schema()]}

    @property
    def _list(self) -> ListOf:
        return ListOf(self.item, maximum=self.maximum, minimum=1, distinct=True)


JOIN = Group(
    {
        "of": Key(
            replace(FUNCTION_NAME, rule="bad-text"),
            "The function whose executions are joined: one event for each of them, when all that "
            "came of its outputs has arrived under this input.",
            origin=OURS,
            example="split",
        ),
        "group": Key(
            Text(
                "a pattern such as {sample}_R{read}.fastq.gz, with text between its fields",
                pattern=rf"^[^{{}}]*{_FIELD}(?:[^{{}}]+{_FIELD})*[^{{}}]*{END}",
                max_length=limits.JOIN_PATTERN_MAX,
                fix="write each field as {name}, in small letters",
            ),
            "What the paths of the files under the folder look like. A field is a text without a "
            "slash.",
            origin=OURS,
            example='"{sample}_R{read}.fastq.gz"',
        ),
        "by": Key(
            OneOrMore(Text("a field of `group`"), limits.JOIN_FIELDS_MAX),
            "The fields of `group` that are the same in files which belong together.",
            origin=OURS,
            example="sample",
        ),
        "count": Key(
            Integer(2, limits.JOIN_COUNT_MAX),
            "How many files make a group whole.",
            origin=OURS,
            example="2",
        ),
        "suffixes": Key(
            ListOf(
                Text("text", max_length=limits.FILTER_VALUE_MAX),
                minimum=2,
                maximum=limits.JOIN_SUFFIXES_MAX,
                distinct=True,
            ),
            "In place of `group`: one file with each of these ends, whose paths are the same "
            "before them, make a group whole.",
            origin=OURS,
            example="[.bam, .bam.bai]",
        ),
        "after": Key(
            Text(
                "a time such as 30m, 24h or 7d",
                pattern=rf"^[1-9][0-9]{{0,3}}[mhd]{END}",
                example="24h",
            ),
            "How long a group may wait for its last file.",
            default="as long as the spool keeps marks of files",
            origin=OURS,
            example="24h",
        ),
        "then": Key(
            Choice(("fail", "run")),
            "What happens to a group that has waited so long: an event that fails, or a run with "
            "the files that are there.",
            default="fail",
            origin=OURS,
        ),
    }
)
