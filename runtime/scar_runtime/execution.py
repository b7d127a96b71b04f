"""One event record from its input to its outputs: stage in, run the script, stage out.

Knows nothing of Lambda, Batch or claims: its callers do.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scar_runtime.config import Config
from scar_runtime.disk import write_file
from scar_runtime.environment import script_environment
from scar_runtime.errors import (
    OutOfTimeError,
    ScriptError,
    SupersededError,
    TerminatedError,
    with_output,
)
from scar_runtime.events import Record, StoredObject
from scar_runtime.events.filters import EMPTY
from scar_runtime.log import Log
from scar_runtime.outputs import (
    JOINS,
    Publication,
    Upload,
    hops,
    missing,
    origin,
    overwrites,
    plan,
    publish,
    stem_of,
)
from scar_runtime.process import (
    NOT_EXECUTABLE,
    NOT_FOUND,
    Finished,
    Kept,
    Terminator,
    run,
)
from scar_runtime.program import Program, program_of
from scar_runtime.providers.stores import Stores
from scar_runtime.reaper import Reaper
from scar_runtime.secrets import ScriptSecrets
from scar_runtime.spool import Spool
from scar_runtime.task import Result, Staged, Task, input_path
from scar_runtime.trace import trace_of
from scar_runtime.variables import event_variables, request_variables
from scar_runtime.workspace import WORK_ROOT, Workspace, workspace

LAST_OUTPUT_BYTES = 1000
UNCHECKED_SECONDS = 2.0


class Executor:
    """Runs tasks of one function. `image` is the image's own environment."""

    def __init__(
        self,
        config: Config,
        stores: Stores,
        log: Log,
        terminator: Terminator,
        reaper: Reaper,
        image: Mapping[str, str],
        secrets: ScriptSecrets,
        spool: Spool | None = None,
        root: Path = WORK_ROOT,
    ) -> None:
        self._config = config
        self._stores = stores
        self._log = log
        self._terminator = terminator
        self._reaper = reaper
        self._image = image
        self._secrets = secrets
        self._spool = spool
        self._root = root

    def execute(self, task: Task, publication: Publication) -> Result:
        """Run the task. Outputs are uploaded only after the script's exit code 0 and after the
        publication's `begin`.

        Raises `ScriptError`, `OutOfTimeError`, `TerminatedError` or a fault of storage.
        """
        with workspace(task.request_id, self._root, self._warn(task)) as work:
            staged = self.stage_in(task, work)
            if staged.is_empty:
                return Result(Kept(), self.stage_out(task, work, staged, publication))
            finished = self._run(task, work, staged.file)
            self._require_success(finished)
            outputs = self.stage_out(task, work, staged, publication)
        return Result(finished.output, outputs)

    def stage_in(self, task: Task, work: Workspace) -> Staged:
        """Put the record's file, or those of its group, into the input folder."""
        begin = time.monotonic()
        stored = task.record.object
        if task.record.group:
            from scar_runtime.joins.run import bring

            own = (self._config, self._spool, self._stores)
            check = functools.partial(self._require_time, task)
            metadata, stored = bring(*own, task.record.group, work, check)
            file, joins = None, ""
        else:
            file, metadata = self._input(task, work)
            joins = metadata.get(JOINS, "")
        trace_id = trace_of(metadata, stored, task.request_id)
        self._log.trace_id = trace_id
        is_empty = False
        if joins and stored and EMPTY in stored.key:
            from scar_runtime.joins.run import stands_for_nothing

            is_empty = stands_for_nothing(self._config.name, stored, metadata)
        return Staged(file, hops(metadata), begin, trace_id, joins, is_empty)

    def stage_out(
        self, task: Task, work: Workspace, staged: Staged, publication: Publication
    ) -> tuple[str, ...]:
        """Upload what the script left in the output folder; gives "bucket/key" of each."""
        stored, claim = task.record.object, publication.claim
        group = task.record.group
        uploads = [] if staged.is_empty else self._plan(task, work, publication)
        self._require_current(stored, staged.begin)
        if group:
            from scar_runtime.joins.run import first_of, require_current

            if overwrites(self._config.outputs):
                require_current(self._config, self._spool, group)
            stored = first_of(self._config, self._spool, group)
        uploads = self._begin(task, work, staged, publication, uploads)
        self._log.trace_id = trace = staged.trace_id
        metadata = origin(self._config.name, task.request_id, stored, staged.hop, trace, claim)
        self._publish(task, publication, uploads, metadata)
        return tuple(upload.path for upload in uploads)

    def _plan(self, task: Task, work: Workspace, publication: Publication) -> list[Upload]:
        record, outputs, warn = task.record, self._config.outputs, self._warn(task)
        name = record.group.name if record.group else None
        return plan(work.output, outputs, record.object, publication.request_id, warn, name)

    def _begin(
        self,
        task: Task,
        work: Workspace,
        staged: Staged,
        publication: Publication,
        uploads: list[Upload],
    ) -> list[Upload]:
        """Begin to publish; gives the uploads with what joins downstream need to know of them."""
        if not self._config.steps:
            publication.begin("")
            return uploads
        from scar_runtime.joins.run import begin

        record = task.record
        stem = record.group.name if record.group else stem_of(record.object)
        own = (staged.joins, stem, task.request_id, publication)
        return begin(self._config, *own, work, uploads)

    def _warn(self, task: Task) -> Callable[[str], None]:
        return functools.partial(self._log.warning, request_id=task.request_id)

    def _input(self, task: Task, work: Workspace) -> tuple[Path | None, dict[str, str]]:
        """The record's file in the input folder, and its metadata."""
        record, path = task.record, input_path(task.record, work)
        if path and record.payload:
            write_file(path, record.payload.content)
            return path, {}
        if path and record.object:
            self._require_time(task)
            begin = time.monotonic()
            # Outputs under fixed keys show the newest input, in whatever order events come.
            fixed = overwrites(self._config.outputs)
            store = self._stores.of_input(record.object)
            download = store.download_current if fixed else store.download
            metadata = download(record.object, path, lambda: self._require_time(task))
            self._log.debug(
                f"{record.object.path} downloaded",
                request_id=task.request_id,
                bytes=path.stat().st_size,
                seconds=round(time.monotonic() - begin, 3),
            )
            return path, metadata
        return None, {}

    def _run(self, task: Task, work: Workspace, input_file: Path | None) -> Finished:
        self._require_time(task)
        event = self.variables(task, work, input_file)
        image = {**self.parameters(task), **self._image}
        function = {**self._config.environment, **self._secrets.variables()}
        program = self.program(task.record, work, input_file)
        finished = run(
            program.words,
            folder=program.folder,
            source=program.input,
            title=program.title,
            environment=script_environment(image, function, event, work.root),
            stop_at=task.stop_at,
            grace=task.grace,
            terminator=self._terminator,
            reaper=self._reaper,
        )
        if program.doubt and finished.exit_code in (NOT_EXECUTABLE, NOT_FOUND):
            return replace(finished, reason=f"{finished.reason}: {program.doubt}")
        return finished

    def variables(self, task: Task, work: Workspace, file: Path | None) -> dict[str, str]:
        """What the script is told of its event and its folders."""
        record, warn = task.record, self._warn(task)
        told = event_variables(self._config, record, task.request_id, work, file, warn)
        return {**told, **task.variables}

    def parameters(self, task: Task) -> dict[str, str]:
        """What comes of a request's parameters; nothing that is set is replaced by it."""
        return request_variables(self._config, task.record, self._warn(task))

    def program(self, record: Record, work: Workspace, file: Path | None) -> Program:
        """What runs for the record. Raises `ConfigError` if there is nothing."""
        program = program_of(self._config, record, work, file)
        if program.doubt:
            self._log.warning(program.doubt)
        return program

    def _publish(
        self,
        task: Task,
        publication: Publication,
        uploads: Sequence[Upload],
        metadata: Mapping[str, str],
    ) -> None:
        """Upload what is not there yet. Only a run that goes on where another ended asks."""
        begin = time.monotonic()
        left = uploads
        if publication.resumed and publication.claim:
            left = missing(self._stores, uploads, publication.claim)
            self._log.debug(
                f"{len(uploads) - len(left)} of {len(uploads)} outputs are there already",
                request_id=task.request_id,
            )
        publish(self._stores, left, metadata)
        self._log.debug(
            f"{len(left)} outputs uploaded",
            request_id=task.request_id,
            seconds=round(time.monotonic() - begin, 3),
        )

    def _require_current(self, stored: StoredObject | None, begin: float) -> None:
        """Raise `SupersededError` if a newer input came while the script ran, whose outputs would
        get the same keys. A short run is not worth the question."""
        if (
            stored
            and overwrites(self._config.outputs)
            and time.monotonic() - begin > UNCHECKED_SECONDS
            and not self._stores.of_input(stored).is_current(stored)
        ):
            raise SupersededError(f"{stored.path} was replaced while the script ran")

    def _require_time(self, task: Task) -> None:
        if self._terminator.requested:
            raise TerminatedError(f"function {self._config.name} was asked to end")
        if task.stop_at is not None and time.monotonic() >= task.stop_at:
            raise OutOfTimeError(f"function {self._config.name}: no time is left to run the script")

    def _require_success(self, finished: Finished) -> None:
        name, last = self._config.name, finished.output.last(LAST_OUTPUT_BYTES)
        if finished.terminated:
            text = f"function {name} was asked to end while its script ran"
            raise TerminatedError(with_output(text, last))
        if finished.out_of_time:
            text = (
                f"function {name}: the script was stopped {self._config.timeout_threshold:g}"
                " seconds before the end of the function's time"
            )
            raise OutOfTimeError(with_output(text, last))
        if finished.exit_code != 0:
            raise ScriptError(name, finished.exit_code, finished.reason, last)
