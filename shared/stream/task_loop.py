"""The loop of one task: open, fetch, process, commit, until it is suspended.

open    = start the producer (fences the predecessor) → committed offsets → restore → tables current → seek
commit  = apply staged state → one transaction {outputs + dead letters + changelog + offsets}

While a commit waits for its answer the next batch is fetched and processed, if it is full already: on top of the state
that the commit will have made true, and written only once it has. One transaction is in flight at a time.

What happens when a step fails:

- while processing: nothing of this batch was begun; its staged state is dropped, a new processor starts over what is
  kept;
- from the begin of the transaction on: the outcome is unknown, so producer and state are dropped and the task is opened
  again, which settles the transaction and reads what was really committed;
- fenced: a newer owner took over, or a stale one did for a moment. The task pauses for longer than a heartbeat: if this
  process lost its place it is told meanwhile; if it did not, it opens again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from shared import telemetry
from shared.errors import CorruptedError, FatalError, FlywheelError, MigratedError, TransientError
from shared.stream.batches import as_rejected, handed_over, heads, merge_topics, offsets_after
from shared.stream.broker import Committed, TransactionalProducer
from shared.stream.counting import count_committed, count_outputs
from shared.stream.engine import Engine
from shared.stream.guarded import GuardedTransactions, gave_up, told_to_cancel
from shared.stream.inquiry import Inquiry
from shared.stream.processor import TaskId
from shared.stream.records import Record, TopicPartition
from shared.stream.restore import restore
from shared.stream.task import Phase, Prepared, Work, check_transition

_log = logging.getLogger(__name__)
_SORTED_BY_KIND = (FatalError, CorruptedError, MigratedError, TransientError)


class TaskLoop:
    """One task of one process. ``on_change`` is called after every step of its life."""

    def __init__(self, task: TaskId, engine: Engine, on_change: Callable[[], None]) -> None:
        self.task = task
        self.phase = Phase.RESTORING
        self.progress_s = engine.clock.monotonic_s()
        self._engine = engine
        self._on_change = on_change
        self._partitions = tuple(TopicPartition(topic, task.partition) for topic in task.topics)
        self._committed: dict[TopicPartition, int] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._work: Work | None = None
        self._producer: TransactionalProducer | None = None
        self._running: asyncio.Task[None] | None = None
        self._in_flight: asyncio.Task[None] | None = None
        self._stopping = False
        self._in_batch = False
        self._last_commit_s = 0.0
        self._next_tick_s = 0.0
        self._tick_failures = 0
        self.inquiry = Inquiry()

    def start(self) -> asyncio.Task[None]:
        """Run, from the start or from where it was suspended. The asyncio task ends when suspended, or raises."""
        self._stopping = False
        self._running = asyncio.create_task(self._run(), name=self.task.transactional_id)
        return self._running

    async def suspend(self, deadline_s: float) -> None:
        """Stop fetching, let the batch in hand be committed within ``deadline_s``, else drop it."""
        self._stopping = True
        running = self._running
        if running is None or running.done():
            return
        if not self._in_batch:
            running.cancel()
        await asyncio.wait([running], timeout=deadline_s)
        if not running.done():
            _log.warning("the batch in hand was dropped", extra={"task": self._name, "deadline_s": deadline_s})
            running.cancel()
            await asyncio.wait([running])

    async def close(self) -> None:
        """Let go of a suspended task. It may be opened elsewhere at once."""
        clean = self.phase is Phase.SUSPENDED
        self.inquiry.close()
        await self._drop()
        self._enter(Phase.CLOSED_CLEAN if clean else Phase.CLOSED_DIRTY)

    @property
    def _name(self) -> str:
        return self.task.transactional_id

    def _enter(self, phase: Phase) -> None:
        check_transition(self._name, self.phase, phase)
        self.phase = phase
        self._touch()
        self._on_change()

    def _touch(self) -> None:
        self.progress_s = self._engine.clock.monotonic_s()

    async def _run(self) -> None:
        failures, corrupted = 0, 0
        while True:
            try:
                if self.phase is Phase.SUSPENDED:
                    work = self._resumed()
                else:
                    work = await self._open()
                self._enter(Phase.RUNNING)
                failures = corrupted = 0
                await self._fetch_process_commit(work)
                self._enter(Phase.SUSPENDED)
                return
            except asyncio.CancelledError:
                if self._stopping or told_to_cancel():
                    await self._restart_from_log()
                    if self._stopping:
                        return
                    raise
                failures += 1
                pause_s = self._engine.timing.backoff.delay_s(failures)
                self._tell("transient", gave_up())
            except MigratedError as error:
                pause_s = self._engine.timing.fenced_pause_s
                self._tell("migrated", error)
            except TransientError as error:
                failures += 1
                pause_s = self._engine.timing.backoff.delay_s(failures)
                self._tell("transient", error)
            except CorruptedError as error:
                corrupted += 1
                pause_s = self._engine.timing.backoff.delay_s(corrupted)
                self._tell("corrupted", error)
                if corrupted >= self._engine.timing.corrupted_tries:
                    await self._drop()
                    raise FatalError(f"the changelog of {self._name} cannot be restored: {error}") from error
            except Exception:
                await self._drop()
                raise
            await self._restart_from_log()
            await self._pause(pause_s)

    def _tell(self, kind: str, error: FlywheelError) -> None:
        telemetry.REOPENED.labels(self.task.application, kind).inc()
        _log.warning(
            "a task is opened again",
            extra={"task": self._name, "kind": kind, "phase": self.phase, "error": telemetry.describe_error(error)},
        )

    async def _pause(self, pause_s: float) -> None:
        if self._stopping:
            raise asyncio.CancelledError
        self._touch()
        await asyncio.sleep(pause_s)

    async def _restart_from_log(self) -> None:
        await self._drop()
        self._enter(Phase.RESTORING)

    async def _drop(self) -> None:
        self._in_batch = False
        self._work = None
        if self._producer is not None:
            closing = asyncio.ensure_future(_let_go(self._in_flight, self._producer))
            self._in_flight = self._producer = None
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError:
                await asyncio.wait([closing])  # bounded by close() itself; a producer left half closed may still write
                raise

    async def _open(self) -> Work:
        engine, started_s = self._engine, self._engine.clock.monotonic_s()
        self._enter(Phase.RESTORING)
        self._producer = GuardedTransactions(engine.broker.transactional_producer(self._name))
        await self._producer.start()
        notes = []
        for partition in self._partitions:
            committed = await engine.consumer.committed(partition)
            if committed is None:
                committed = Committed(await engine.consumer.beginning(partition))
            else:
                notes.append(committed.note)
            self._committed[partition] = committed.offset
        work = Work(
            engine.application,
            self.task,
            engine.serde,
            engine.make_dead_letter,
            engine.tables.snapshot(),
            engine.journal,
        )
        work.noted(notes)
        entries = await restore(engine.broker, work, engine.offload, self._touch)
        await engine.tables.wait_current()
        work.state.use_tables(engine.tables.snapshot())
        await engine.offload(work.restored)
        self._work = work
        self._seek()
        duration_s = engine.clock.monotonic_s() - started_s
        telemetry.RESTORE_SECONDS.labels(self.task.application).observe(duration_s)
        _log.info(
            "a task runs",
            extra={
                "task": self._name,
                "count": entries,
                "duration_s": round(duration_s, 3),
                "offsets": ",".join(str(offset) for offset in self._committed.values()),
            },
        )
        return work

    def _resumed(self) -> Work:
        """Go on where it was suspended. If another process owned the task meanwhile, the first commit is fenced."""
        if self._work is None:
            raise FatalError(f"task {self._name} was suspended without state")
        self._seek()
        return self._work

    def _seek(self) -> None:
        self._positions = dict(self._committed)
        for partition, offset in self._committed.items():
            self._engine.consumer.seek(partition, offset)
        self._engine.consumer.resume(self._partitions)
        self._last_commit_s = self._engine.clock.monotonic_s()
        self._next_tick_s = self._last_commit_s + (self._engine.application.tick_interval_s or 0.0)

    async def _fetch_process_commit(self, work: Work) -> None:
        clock, application = self._engine.clock, self._engine.application
        self._in_batch = True
        try:
            while not self._stopping:
                busy = await self._collect_and_process(work)
                if not busy and self._positions != self._committed and self._idle_for_s() >= self._engine.timing.idle_s:
                    await self._begin_commit(work, Prepared([]), self._positions)
                if application.tick_interval_s is not None and clock.monotonic_s() >= self._next_tick_s:
                    await self._tick(work)
                    self._next_tick_s = clock.monotonic_s() + application.tick_interval_s
                if self.inquiry.is_asked:
                    await self._answer_inquiry(work)
                self._touch()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or self._in_batch or not self._stopping:
                raise
            task.uncancel()  # told to stop fetching: the commit in flight is still waited for
            self._in_batch = True
        await self._settled()
        self._in_batch = False

    async def _collect_and_process(self, work: Work) -> bool:
        """Whether there were records. They end with this call: kept until the next are here, both fill the cache."""
        records = await self._collect()
        if records:
            await self._process(work, records)
        return bool(records)

    async def _answer_inquiry(self, work: Work) -> None:
        await self._settled()
        await self._begin_commit(work, Prepared([]), dict(self._committed))  # settles the markers of all before it
        await self._settled()
        await self.inquiry.answer(self._engine.broker, work, self._engine.offload)

    def _idle_for_s(self) -> float:
        return self._engine.clock.monotonic_s() - self._last_commit_s

    async def _collect(self) -> list[Record]:
        """Records until the batch is full or the commit interval is over; empty when a tick or nothing is due.

        While a commit is in flight only what is there at once is taken, and only a full batch is returned."""
        clock, application = self._engine.clock, self._engine.application
        collected: list[Record] = []
        size_bytes = 0
        interval_s = application.commit_interval_ms / 1000
        wake_s = clock.monotonic_s() + self._engine.timing.idle_s
        if application.tick_interval_s is not None:
            wake_s = min(wake_s, self._next_tick_s)
        while True:
            due_s = self._last_commit_s + interval_s if collected else wake_s
            wait_s = 0.0 if self._in_flight is not None else max(0.0, due_s - clock.monotonic_s())
            room = application.max_batch_records - len(collected)
            is_due = wait_s <= 0 and self._in_flight is None
            if room <= 0 or size_bytes >= application.max_batch_bytes or (is_due and collected):
                return collected
            records = await self._poll(room, wait_s)
            if not records and self._in_flight is not None:
                await self._settled()
                continue
            collected.extend(records)
            size_bytes += sum([len(value) for _, _, _, _, _, value, _ in records if value is not None])
            if is_due and not collected:
                return collected

    async def _poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """One fetch and the positions right after it. Records from before this task's seek are not this task's. May be
        cancelled: what it has taken is left in the log."""
        consumer = self._engine.consumer
        expected = self._positions
        self._in_batch = False
        records = await consumer.poll(self._partitions, max_records, timeout_s)
        first = records[:1] if len(self._partitions) == 1 else heads(records)
        if any(record.offset < expected[TopicPartition(record.topic, record.partition)] for record in first):
            for partition, offset in expected.items():
                consumer.seek(partition, offset)
            records = []
        else:
            self._positions = {partition: await consumer.position(partition) for partition in self._partitions}
        self._in_batch = True
        return records

    async def _process(self, work: Work, records: list[Record]) -> None:
        """Process and commit ``records``, in one transaction unless one of them makes the processor raise: then in
        halves down to that record, which becomes a dead letter if it fails twice alone."""
        engine = self._engine
        if len(self._partitions) > 1:
            records = merge_topics(records)
        start, size, lone_failures = 0, len(records), 0
        while start < len(records) and not (self._stopping and start):
            chunk = records[start : start + size]
            now_ms, tables = engine.clock.now_ms(), engine.tables.snapshot()
            try:
                with telemetry.PROCESS_SECONDS.labels(engine.application.name).time():
                    prepared = await engine.offload(work.prepare, chunk, tables, now_ms)
            except _SORTED_BY_KIND:
                await self._settled()  # what came before it stands
                raise
            except Exception as error:
                await engine.offload(work.reset)
                size = max(1, len(chunk) // 2)
                lone_failures += len(chunk) == 1
                if len(chunk) > 1 or lone_failures < 2:
                    continue
                rejected = as_rejected(error)
                _log.error("a record makes the processor fail", extra={"task": self._name, "error": rejected.detail})
                prepared = await engine.offload(work.prepare_rejected, chunk[0], rejected, now_ms)
            start, lone_failures = start + len(chunk), 0
            size = min(2 * size, len(records))
            await self._begin_commit(work, prepared, offsets_after(records, start, self._positions))

    async def _tick(self, work: Work) -> None:
        engine = self._engine
        try:
            prepared = await engine.offload(work.prepare_tick, engine.clock.now_ms(), engine.tables.snapshot())
        except _SORTED_BY_KIND:
            raise
        except Exception as error:
            await engine.offload(work.reset)
            self._tick_failures += 1
            kind = type(error).__name__
            _log.error("a tick failed", extra={"task": self._name, "error": kind, "attempt": self._tick_failures})
            if self._tick_failures >= engine.timing.tick_tries:
                raise FatalError(
                    f"on_tick of {self._name} failed {self._tick_failures} times in a row: {kind}"
                ) from error
            return
        self._tick_failures = 0
        if prepared is not None:
            await self._begin_commit(work, prepared, {})

    async def _begin_commit(self, work: Work, prepared: Prepared, offsets: Mapping[TopicPartition, int]) -> None:
        """Begin a transaction once the one before it is committed. What it made of the state counts from here on: from
        here on a failure drops the whole of ``work``."""
        await self._settled()
        for partition, offset in offsets.items():
            if offset < self._committed[partition]:
                raise FatalError(f"{partition}: offset {offset} was about to replace {self._committed[partition]}")
        work.applied(prepared)
        notes = dict.fromkeys(offsets, work.note(prepared))
        self._in_flight = asyncio.create_task(self._commit(prepared, offsets, notes))

    async def _settled(self) -> None:
        """Wait until the transaction in flight, if there is one, is committed. Raises what it failed with."""
        if self._in_flight is not None:
            await self._in_flight
            self._in_flight = None

    async def _commit(
        self, prepared: Prepared, offsets: Mapping[TopicPartition, int], notes: Mapping[TopicPartition, str]
    ) -> None:
        producer, name = self._producer, self._engine.application.name
        if producer is None:
            raise FatalError(f"task {self._name} commits without a producer")
        outputs = count_outputs(prepared.records)
        with telemetry.COMMIT_SECONDS.labels(name).time():
            await producer.begin()
            await producer.send(handed_over(prepared.records))
            await producer.commit(offsets, name, notes)
        self._committed.update(offsets)
        self._last_commit_s = self._engine.clock.monotonic_s()
        count_committed(name, prepared, outputs)


async def _let_go(in_flight: asyncio.Task[None] | None, producer: TransactionalProducer) -> None:
    """End the transaction in flight, whatever becomes of it, then its producer."""
    if in_flight is not None:
        in_flight.cancel()
        await asyncio.gather(in_flight, return_exceptions=True)
    await producer.close()
