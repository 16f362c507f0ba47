"""The sibling for side effects that no transaction covers: at least once, bounded in flight, watermark commits.

Per message: decode → handle, tried again after an exception and after being deferred → outputs or dead letter written
and acknowledged → finished. Only then may the committed offset pass it. A crash repeats what was not finished, so
outputs carry ids derived from the input position, and readers drop repeats by id.

A rebalance commits the watermarks and stops fetching; work in hand goes on, and is cancelled only if its partition
went elsewhere.

A long job is *claimed*: one transaction under the job's own id writes its beginning and the input's offset. From then on
it is never redelivered and no rebalance touches it; who is killed after it leaves a job that a lease must miss. A member
that stalls before its claim learns of a hand-over from the group (a commit under its generation) or from Kafka: the new
owner takes the same transactional id, which fences it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from shared import telemetry
from shared.clock import Clock, SystemClock
from shared.errors import FatalError, FlywheelError, MigratedError, PoisonError, TransientError
from shared.stream.broker import Broker, Committed, Consumer, OutRecord
from shared.stream.dead_letters import DEAD_LETTER_TOPIC, DeadLetterFactory, StopLimits
from shared.stream.engine import Timing
from shared.stream.guarded import sorted_by_kind
from shared.stream.message_context import InHand, MessageContext, count, dead_letter_record
from shared.stream.outcome import Deferred, Emit, Emitted, Rejected, Result, Skipped
from shared.stream.processor import AsyncApplication
from shared.stream.publisher import Publisher, TransactionalPublisher
from shared.stream.records import Message, Record, TopicPartition
from shared.stream.retry import Backoff, GiveUp, decide
from shared.stream.runner import check_topics, start_when_possible
from shared.stream.serde import Serde
from shared.stream.tables import BroadcastTables
from shared.stream.turns import Turns
from shared.stream.watermark import Watermark
from shared.stream.wire import decode, encode_all

_log = logging.getLogger(__name__)
_LONGEST_SPAN = 10_000


class AsyncRunner:
    """Runs an :class:`AsyncApplication` until told to stop. One object per process and run."""

    def __init__(
        self,
        application: AsyncApplication,
        broker: Broker,
        serde: Serde,
        *,
        make_dead_letter: DeadLetterFactory,
        clock: Clock | None = None,
        timing: Timing | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._application = application
        self._broker = broker
        self._serde = serde
        self._make_dead_letter = make_dead_letter
        self._clock: Clock = clock if clock is not None else SystemClock()
        self._timing = timing if timing is not None else Timing()
        self._backoff = backoff if backoff is not None else Backoff(first_s=0.2, longest_s=30.0)
        self._tables = BroadcastTables(broker, serde, application.broadcasts)
        self._publisher = Publisher(broker, serde)
        self._consumer: Consumer = broker.consumer(application.name, application.topics, self)
        self._stop_limits = StopLimits(application.name, application.stop_limit)
        self._watermarks: dict[TopicPartition, Watermark] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._work: dict[asyncio.Task[None], InHand] = {}
        self._failed: asyncio.Future[None] | None = None
        self._polling: asyncio.Task[list[Record]] | None = None
        self._committing = asyncio.Lock()
        self._commit_in_flight: asyncio.Task[None] | None = None
        self._assigned = asyncio.Event()
        self._changed = asyncio.Event()
        self._may_claim = asyncio.Event()
        self._progress_s = self._clock.monotonic_s()
        self._stopping = False
        self._turns = Turns()

    async def run(self, stop: asyncio.Event, grace_s: float = 20.0) -> None:
        """Work until ``stop`` is set, then finish what is in hand within ``grace_s`` and leave."""
        self._failed = asyncio.get_running_loop().create_future()
        side: list[asyncio.Future[Any]] = [asyncio.ensure_future(stop.wait()), self._failed]
        try:
            if await start_when_possible(self._start, stop):
                side += [asyncio.ensure_future(self._tables.run()), asyncio.ensure_future(self._fetch_and_commit())]
                await asyncio.wait(side, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping = True
            outcomes = [future for future in side if future.done() and not future.cancelled()]
            for future in side:
                future.cancel()
            await asyncio.gather(*side, return_exceptions=True)
            await self._drain(grace_s)
        for future in outcomes:
            future.result()

    def ready(self) -> bool:
        return self._assigned.is_set()

    def stalled(self, limit_s: float) -> list[str]:
        """The application's name if its loop made no step for ``limit_s`` (waiting for work in hand is a step)."""
        return [self._application.name] if self._clock.monotonic_s() - self._progress_s > limit_s else []

    async def on_revoked(self, _partitions: frozenset[TopicPartition]) -> None:
        self._assigned.clear()
        if self._polling is not None:
            self._polling.cancel()
        try:
            async with asyncio.timeout(self._timing.revoke_s):
                await self._commit(last=True)
        except (FlywheelError, TimeoutError) as error:
            _log.warning("watermarks were not committed", extra={"error": telemetry.describe_error(error)})
        finally:
            if self._commit_in_flight is not None and not self._commit_in_flight.done():
                self._commit_in_flight.cancel()
                await asyncio.wait([self._commit_in_flight])

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None:
        if self._stopping:
            return
        self._cancel({held.partition for held in self._work.values()} - partitions)
        for partition in set(self._watermarks) - partitions:
            del self._watermarks[partition]
            self._committed.pop(partition, None)
        failures = 0
        while not self._stopping:
            try:
                await self._seek(partitions)
                break
            except MigratedError:
                return
            except TransientError:
                failures += 1
                await asyncio.sleep(self._timing.backoff.delay_s(failures))
            except FlywheelError as error:
                self._fail(error)
                return
        self._assigned.set()
        self._may_claim.set()

    async def _seek(self, partitions: frozenset[TopicPartition]) -> None:
        consumer = self._consumer
        for partition in sorted(partitions):
            watermark = self._watermarks.get(partition)
            known = await sorted_by_kind("committed offset", consumer.committed(partition))
            if watermark is not None and known is not None and known.offset > watermark.committable:
                self._cancel({partition})  # this member missed a generation, whose owner went on from here
                watermark = None
            if watermark is None:
                if known is None:
                    known = Committed(await sorted_by_kind("first offset", consumer.beginning(partition)))
                self._committed[partition] = known.offset
                watermark = self._watermarks[partition] = Watermark(known.offset)
                self._stop_limits.open(partition, known.note)
            consumer.seek(partition, watermark.position)
        consumer.resume(list(partitions))

    def _cancel(self, partitions: set[TopicPartition]) -> None:
        """Work in hand of ``partitions`` is another member's by now, unless it was claimed."""
        for task, held in list(self._work.items()):
            if not held.claimed and held.partition in partitions:
                task.cancel()

    async def _start(self) -> None:
        application = self._application
        others = [*application.topics, *application.broadcasts, DEAD_LETTER_TOPIC]
        await check_topics(self._broker, application.topics[:1], others)
        await self._tables.start()
        try:
            await self._tables.wait_current()
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            await self._tables.stop()
            raise

    async def _fetch_and_commit(self) -> None:
        interval_s = self._application.commit_interval_ms / 1000
        next_commit_s = self._clock.monotonic_s() + interval_s
        while True:
            self._progress_s = self._clock.monotonic_s()
            try:
                for record in await self._fetch(max(0.0, next_commit_s - self._progress_s)):
                    self._take(record)
                if self._clock.monotonic_s() >= next_commit_s:
                    next_commit_s = self._clock.monotonic_s() + interval_s
                    await self._commit()
            except MigratedError:
                await asyncio.sleep(interval_s)  # a rebalance has begun or is about to
            except TransientError as error:
                _log.warning("fetching stands still", extra={"error": telemetry.describe_error(error)})
                await asyncio.sleep(interval_s)

    async def _fetch(self, timeout_s: float) -> list[Record]:
        """New records, as many as may be taken on; waits for room, for an assignment, or for the next commit."""
        room = self._application.max_in_flight - len(self._work)
        partitions = [p for p, watermark in self._watermarks.items() if watermark.span < _LONGEST_SPAN]
        if not self._assigned.is_set() or room <= 0 or not partitions:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(timeout_s, 0.01)):
                    await self._changed.wait()
            return []
        self._polling = asyncio.ensure_future(self._consumer.poll(self._turns.ordered(partitions), room, timeout_s))
        try:
            await asyncio.wait([self._polling])
            if self._polling.cancelled() or not self._assigned.is_set():
                return []
            records = self._polling.result()
            found = {TopicPartition(record.topic, record.partition) for record in records}
            for partition in [p for p in partitions if p not in found]:
                position = await self._consumer.position(partition)
                if (watermark := self._watermarks.get(partition)) is not None:
                    watermark.advance(position)
            return records if self._assigned.is_set() else []
        finally:
            self._polling.cancel()
            self._polling = None

    def _take(self, record: Record) -> None:
        partition = TopicPartition(record.topic, record.partition)
        watermark = self._watermarks.get(partition)
        if watermark is None or record.offset < watermark.position:
            return  # fetched before a seek or a rebalance: not this owner's, or taken already
        watermark.take(record.offset)
        held = InHand(record, watermark)
        task = asyncio.create_task(self._settle(held), name=str(record.position))
        self._work[task] = held
        task.add_done_callback(self._settled)
        telemetry.IN_FLIGHT.labels(self._application.name).set(len(self._work))

    def _settled(self, task: asyncio.Task[None]) -> None:
        del self._work[task]
        self._changed.set()
        self._may_claim.set()
        telemetry.IN_FLIGHT.labels(self._application.name).set(len(self._work))
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    async def _settle(self, held: InHand) -> None:
        """Carry one record to its end. Ends by finishing it, by being cancelled, or by an error that stops the process."""
        record = held.record
        result, attempts, outputs = await self._handled(held)
        self._turns.take(held.partition, result)
        stop_limit = self._stop_limits.of(held.partition)
        stop_limit.committed(stop_limit.after([result if isinstance(result, Rejected) else None], record))
        if isinstance(result, Rejected):
            make, now_ms = self._make_dead_letter, self._clock.now_ms()
            outputs = [dead_letter_record(self._application, make, self._serde, record, result, attempts, now_ms)]
        while outputs:
            try:
                await self._publisher.write(outputs)
                break
            except TransientError as error:  # it may not be finished before its outputs are written: wait
                _log.warning("outputs cannot be written", extra={"error": telemetry.describe_error(error)})
        count(self._application.name, result, outputs)
        held.finish()

    async def _handled(self, held: InHand) -> tuple[Result, int, list[OutRecord]]:
        """The record's final result, the calls it took, and its outputs still to be written."""
        record = held.record
        message = decode(self._serde, record, self._application.name)
        if not isinstance(message, Message):
            return message, 1, []
        attempts = 0
        while True:
            try:
                result, outputs = await self._attempt(message, held)
            except FatalError:
                raise
            except PoisonError as error:
                return Rejected(error.reason, error.detail), attempts + 1, []
            except MigratedError as error:
                _log.warning("a job was fenced", extra={"task": str(record.position), "error": str(error)})
                if held.claimed:
                    return Skipped("fenced"), attempts + 1, []
                await asyncio.sleep(self._timing.fenced_pause_s)
                continue
            except Exception as error:
                attempts += 1
                kind = type(error).__name__
                decision = decide(attempts, self._application.max_attempts, self._backoff)
                _log.warning("an attempt failed", extra={"error": telemetry.describe_error(error), "attempt": attempts})
                if held.claimed:
                    return Rejected("failed_after_claim", kind), attempts, []
                if isinstance(decision, GiveUp):
                    return Rejected(decision.reason, kind), attempts, []
                await asyncio.sleep(decision.after_s)
                continue
            if not isinstance(result, Deferred):
                return result, attempts + 1, outputs
            if held.claimed:
                return Rejected("deferred_after_claim", result.reason), attempts + 1, []
            telemetry.RECORDS.labels(self._application.name, "deferred").inc()
            await asyncio.sleep(result.retry_after_s)

    async def _attempt(self, message: Message, held: InHand) -> tuple[Result, list[OutRecord]]:
        """One call of ``handle``. A job with its own transactional id writes its outputs before this returns."""
        application = self._application
        if application.transactional_id is None:
            result = await application.processor.handle(message, MessageContext(self._tables, self._publisher))
            return result, encode_all(self._serde, result.outputs) if isinstance(result, Emit | Emitted) else []
        job = TransactionalPublisher(self._broker, self._serde, application.transactional_id(message))
        context = MessageContext(self._tables, job, partial(self._claim, held, job))
        try:
            async with self._committing:
                await self._confirm(held, id_taken=False)
            await job.start()
            result = await application.processor.handle(message, context)
            if isinstance(result, Emit | Emitted):
                await job.publish(result.outputs)
            return result, []
        finally:
            await job.close()

    async def _claim(self, held: InHand, job: TransactionalPublisher, outputs: Sequence[Emit]) -> None:
        """One transaction: ``outputs`` and the offset after ``held``. No other commit may be under way beside it: an
        older offset written after the transaction's, but before its end, would count as the newer one."""
        if held.claimed:
            raise FatalError("a message is claimed once")
        while not held.claimed:
            async with self._committing:
                if self._owns(held) and held.is_next:
                    moved = {held.partition: held.record.offset + 1}
                    await self._confirm(held, id_taken=True)
                    held.tried = True
                    await job.publish(outputs, moved, self._application.name, self._stop_limits.notes(moved))
                    held.claim()
                    self._committed.update(moved)
                    self._may_claim.set()
                else:
                    self._may_claim.clear()
            await self._may_claim.wait()

    async def _confirm(self, held: InHand, *, id_taken: bool) -> None:
        """Ask the group whether the record is still this member's: before the id is taken, so that no new owner is fenced,
        and after it, since transactional offsets carry no generation (a later owner takes the id later). What was claimed
        already, by another or by a try whose answer was lost, is let go: its lease tells."""
        if not self._owns(held):
            raise MigratedError("the partition is on its way elsewhere")
        committed = await sorted_by_kind("committed offset", self._consumer.committed(held.partition))
        if committed is not None and committed.offset > held.record.offset:
            held.claim()
            raise MigratedError("the message was claimed already")
        if id_taken or not held.tried:  # a try's transaction may still take effect until the id is taken anew
            await self._commit_alone({held.partition: held.watermark.committable})

    def _owns(self, held: InHand) -> bool:
        return self._assigned.is_set() and self._watermarks.get(held.partition) is held.watermark

    async def _commit(self, *, last: bool = False) -> None:
        """Commit what moved. One commit at a time, and none in flight once a rebalance has taken the partitions away:
        an older offset repeated under the next generation would overwrite the next owner's. ``last`` is that one."""
        async with self._committing:
            offsets = {
                partition: watermark.committable
                for partition, watermark in self._watermarks.items()
                if watermark.committable > self._committed.get(partition, -1)
            }
            if offsets and (last or self._assigned.is_set()):
                await self._commit_alone(offsets)
                self._committed.update(offsets)

    async def _commit_alone(self, offsets: dict[TopicPartition, int]) -> None:
        committing = self._consumer.commit(offsets, self._stop_limits.notes(offsets))
        commit = self._commit_in_flight = asyncio.ensure_future(committing)
        try:
            await asyncio.wait([commit])
        finally:
            commit.cancel()
        if commit.cancelled():
            raise MigratedError("a rebalance began during a commit")
        commit.result()

    async def _drain(self, grace_s: float) -> None:
        if self._work:
            _log.info("waiting for work in hand", extra={"count": len(self._work), "deadline_s": grace_s * 0.7})
            await asyncio.wait(list(self._work), timeout=grace_s * 0.7)
        left = list(self._work)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        with contextlib.suppress(FlywheelError):
            await self._commit()
        await self._consumer.stop()
        await self._publisher.close()
        await self._tables.stop()
        _log.info("left the group", extra={"application": self._application.name, "count": len(left)})

    def _fail(self, error: BaseException) -> None:
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)
