"""A task's life, and the pure part of its work: records in, one transaction's content out. No I/O here."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.errors import FatalError, PoisonError
from shared.state.store import TaskState
from shared.stream.broker import MAX_RECORD_BYTES, OutRecord
from shared.stream.checks import check_conservation, check_tick
from shared.stream.dead_letters import DEAD_LETTER_TOPIC, DeadLetterFactory, StopLimit, note_of, noted_run
from shared.stream.outcome import Emit, Emitted, Measured, Outcomes, Rejected, Result
from shared.stream.processor import Application, Tables, TaskId
from shared.stream.records import Record
from shared.stream.replays import earlier_attempts
from shared.stream.serde import Serde
from shared.stream.wire import check_size, decode_all, encode_all

_WRITTEN = Emitted(())


class Phase(StrEnum):
    """``closed_clean``: all it did is committed. ``closed_dirty``: staged work was dropped; the next owner redoes it."""

    RESTORING = "restoring"
    RUNNING = "running"
    SUSPENDED = "suspended"
    CLOSED_CLEAN = "closed_clean"
    CLOSED_DIRTY = "closed_dirty"


_LEGAL: dict[Phase, frozenset[Phase]] = {
    Phase.RESTORING: frozenset({Phase.RESTORING, Phase.RUNNING, Phase.CLOSED_DIRTY}),
    Phase.RUNNING: frozenset({Phase.SUSPENDED, Phase.RESTORING, Phase.CLOSED_DIRTY}),
    Phase.SUSPENDED: frozenset({Phase.RUNNING, Phase.RESTORING, Phase.CLOSED_CLEAN, Phase.CLOSED_DIRTY}),
    Phase.CLOSED_CLEAN: frozenset(),
    Phase.CLOSED_DIRTY: frozenset(),
}


def check_transition(task: str, old: Phase, new: Phase) -> None:
    """Raises :class:`FatalError` for a step that a task's life does not have."""
    if new not in _LEGAL[old]:
        raise FatalError(f"task {task} cannot go from {old} to {new}")


def changelog_topic(application: str, store: str) -> str:
    return f"{application}.{store}.changelog"


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes one record per transaction that tells what it read, so that a test can replay a task exactly (I5)."""

    topic: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """One transaction's content, and what to count once it is committed. ``reject_run``: the rejected records in a row
    that it ends with; ``None`` when it reads no record and leaves the count as it is."""

    records: list[OutRecord]
    results: Sequence[Result] = ()
    reject_run: int | None = None
    measured: Sequence[Measured] = ()


class Work:
    """One task's processor and state. Not thread-safe: the engine calls it from one place at a time.

    After :meth:`prepare` or :meth:`prepare_tick`, call :meth:`applied` as the transaction is begun, or :meth:`reset` if
    it will not be. If the transaction then fails, drop the whole object and restore another.
    """

    def __init__(
        self,
        application: Application,
        task: TaskId,
        serde: Serde,
        make_dead_letter: DeadLetterFactory,
        tables: Tables,
        journal: Journal | None = None,
    ) -> None:
        self.application = application
        self.task = task
        self.state = TaskState(application.stores, tables)
        self.last_tick_ms = 0
        self._serde = serde
        self._make_dead_letter = make_dead_letter
        self._journal = journal
        self._stop_limit = StopLimit(application.name, application.stop_limit)
        self._changelogs = {spec.name: changelog_topic(application.name, spec.name) for spec in application.stores}
        self._processor = application.processor(task)

    def restored(self) -> None:
        """The state is complete: let the processor build on it."""
        self._processor.restored(self.state)

    def reset(self) -> None:
        """Drop staged writes and the processor that made them; start a new one over what is kept."""
        self.state.discard()
        self._processor = self.application.processor(self.task)
        self._processor.restored(self.state)

    def applied(self, prepared: Prepared) -> None:
        self.state.apply()
        self._stop_limit.committed(self._run_after(prepared))

    def note(self, prepared: Prepared) -> str:
        """What to commit beside the offsets of ``prepared``, for :meth:`noted` of the task's next owner."""
        return note_of(self._run_after(prepared))

    def noted(self, notes: Sequence[str]) -> None:
        """Go on counting from the notes beside the committed offsets. Each commit writes the same on every partition of
        the task, so the least is the newest: one of them may have been taken away by hand."""
        self._stop_limit.committed(min(map(noted_run, notes), default=0))

    def _run_after(self, prepared: Prepared) -> int:
        return self._stop_limit.run if prepared.reject_run is None else prepared.reject_run

    def prepare(self, records: Sequence[Record], tables: Tables, now_ms: int) -> Prepared:
        """Decode, process, encode. Any exception leaves staged writes behind: call :meth:`reset`.

        Slice by slice, so that what a slice decodes to is still in the processor's cache when it is encoded; a
        processor's answers do not depend on where its input is cut.
        """
        self.state.use_tables(tables)
        out: list[OutRecord] = []
        results: list[Result] = []
        also: list[Emit] = []
        measured: list[Measured] = []
        width = self.application.slice_records
        for start in range(0, len(records), width):
            part = records[start : start + width]
            answers, outcomes = self._answers(part)
            self._write(part, answers, out, now_ms)
            results += answers
            also += outcomes.also
            measured += outcomes.measured
        return replace(self._finish(records, results, out, also), measured=measured)

    def prepare_rejected(self, record: Record, rejected: Rejected, now_ms: int) -> Prepared:
        """A transaction in which ``record`` alone becomes a dead letter without being processed."""
        out: list[OutRecord] = []
        results: list[Result] = [rejected]
        self._write([record], results, out, now_ms, attempt=2)
        return self._finish([record], results, out, ())

    def prepare_tick(self, now_ms: int, tables: Tables) -> Prepared | None:
        """One tick; ``None`` if it did nothing. Time never goes back: ``now_ms`` is raised to the last tick's."""
        now_ms = max(now_ms, self.last_tick_ms)
        self.state.use_tables(tables)
        outcomes = self._processor.on_tick(now_ms, self.state)
        check_tick(self.application.name, outcomes)
        self.last_tick_ms = now_ms
        stamp = (("tick_at_ms", str(now_ms).encode()),)
        out = encode_all(self._serde, outcomes.also)
        changes = self._changelog(stamp)
        if not out and not changes:
            return None
        out.extend(changes)
        self._add_journal(out, (), now_ms)
        return Prepared(out, measured=outcomes.measured)

    def _answers(self, records: Sequence[Record]) -> tuple[list[Result], Outcomes]:
        """One result for each of ``records``, and the outcomes of those that could be read."""
        name = self.application.name
        messages, unread = decode_all(self._serde, records, name)
        outcomes = self._processor.process(messages, self.state) if messages else Outcomes()
        check_conservation(name, len(messages), outcomes)
        results = list(outcomes.results)
        for index, answer in unread:  # ascending: each is put where it stood
            results.insert(index, answer)
        return results, outcomes

    def _write(
        self, records: Sequence[Record], results: list[Result], out: list[OutRecord], now_ms: int, attempt: int = 1
    ) -> None:
        """Outputs and dead letters into ``out``. Of an emitted result only its kind is kept."""
        if set(map(type, results)) == {Emit}:
            try:
                out += encode_all(self._serde, results)  # type: ignore[arg-type]  # the check above is not seen
            except PoisonError:
                pass  # found again below, one by one
            else:
                results[:] = [_WRITTEN] * len(results)
                return
        for index, result in enumerate(results):
            if isinstance(result, Emit | Emitted):
                try:
                    out += encode_all(self._serde, result.outputs)
                except PoisonError as error:
                    result = results[index] = Rejected(error.reason, error.detail)
                else:
                    results[index] = _WRITTEN
            if isinstance(result, Rejected):
                out.append(self._dead_letter(records[index], result, attempt, now_ms))

    def _finish(
        self, records: Sequence[Record], results: list[Result], out: list[OutRecord], also: Sequence[Emit]
    ) -> Prepared:
        run = 0
        rejections = [result if isinstance(result, Rejected) else None for result in results]
        if any(rejections):
            run = self._stop_limit.after(rejections, records[-1])
        out += encode_all(self._serde, also)
        out += self._changelog(())
        self._add_journal(out, records, None)
        return Prepared(out, results, run)

    def _changelog(self, headers: tuple[tuple[str, bytes], ...]) -> list[OutRecord]:
        topics, partition = self._changelogs, self.task.partition
        made = [
            OutRecord(topics[change.store], change.key.encode(), change.value, headers, partition)
            for change in self.state.changes()
        ]
        for record in made:
            check_size(record)
        return made

    def _dead_letter(self, record: Record, rejected: Rejected, attempt: int, now_ms: int) -> OutRecord:
        event = dead_letter_event(
            self._make_dead_letter,
            record,
            rejected,
            application=self.application.name,
            attempt=attempt,
            keep_payload=self.application.keep_dead_letter_payload,
            now_ms=now_ms,
        )
        return OutRecord(DEAD_LETTER_TOPIC, record.topic.encode(), self._serde.encode(DEAD_LETTER_TOPIC, event))

    def _add_journal(self, out: list[OutRecord], records: Sequence[Record], tick_ms: int | None) -> None:
        if self._journal is None:
            return
        positions = [[record.topic, record.partition, record.offset] for record in records]
        versions = {topic: self.state.table_version(topic) for topic in self.application.broadcasts}
        entry = {"positions": positions, "tick_ms": tick_ms, "versions": versions}
        key = self.task.transactional_id.encode()
        out.append(OutRecord(self._journal.topic, key, json.dumps(entry).encode(), (), self.task.partition))


def dead_letter_event(
    make: DeadLetterFactory,
    record: Record,
    rejected: Rejected,
    *,
    application: str,
    attempt: int,
    keep_payload: bool,
    now_ms: int,
) -> object:
    """The dead-letter event of ``record``. A payload too large to travel in an envelope is left out, its hash stays."""
    value = record.value
    fits = value is not None and len(value) <= MAX_RECORD_BYTES - 16_384
    return make(
        position=record.position,
        application=application,
        reason=rejected.reason,
        detail=rejected.detail,
        attempt=attempt + earlier_attempts(record.headers),
        payload=value if keep_payload and fits else None,
        payload_sha256=None if value is None else hashlib.sha256(value).hexdigest(),
        at_ms=now_ms,
    )
