"""Group members and group-less readers on aiokafka.

``getmany`` also reports errors of a position that a seek has replaced; they are stale and dropped. An assignment's
partitions start to be fetched at once, so they are paused until their task is ready.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka import TopicPartition as NativePartition
from aiokafka import errors as kafka_errors
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from shared.brokers.kafka.connection import (
    Connection,
    calling,
    connecting,
    to_native,
    to_ours,
    translate,
    with_notes,
)
from shared.errors import FatalError, MigratedError
from shared.stream.broker import MAX_RECORD_BYTES, NO_NOTES, Committed, Listener, position_is_gone
from shared.stream.records import Record, TopicPartition

# A member without partitions, or one whose only job takes an hour, does not poll; the client would make it leave and
# then never let it rejoin. Liveness is watched by the engine instead (``stalled``).
_MAX_POLL_INTERVAL_MS = 24 * 3_600_000
_new = tuple.__new__  # what a named tuple calls itself: one call less for every record

CommittedOf = Callable[[str, Sequence[TopicPartition]], Awaitable[dict[TopicPartition, Committed]]]
"""Committed offsets of a group; those without one are left out."""


class _KafkaSource:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._started: AIOKafkaConsumer | None = None

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        if self._started is None:
            raise MigratedError("the consumer is not started")
        return self._started

    async def poll(self, partitions: Sequence[TopicPartition], max_records: int, timeout_s: float) -> list[Record]:
        natives = [to_native(partition) for partition in partitions]
        try:
            batches = await self._fetched(natives, max_records) or await self._consumer.getmany(
                *natives, timeout_ms=max(0, round(timeout_s * 1000)), max_records=max_records
            )
        except kafka_errors.NoOffsetForPartitionError:
            return []  # raised for the assignment's own position, before the task's seek replaced it
        except kafka_errors.OffsetOutOfRangeError as error:
            gone = await self._gone(error)
            if not gone:
                return []
            raise position_is_gone(gone) from error
        except Exception as error:
            raise translate(error, "fetch") from error
        return [
            _new(Record, (topic, number, r.offset, r.timestamp, r.key, r.value, r.headers))
            for (topic, number), batch in batches.items()
            for r in batch
        ]

    async def _fetched(self, natives: list[NativePartition], max_records: int) -> dict[NativePartition, list[Any]]:
        """What has arrived, in the order named: asked for several at once, the client hands out all it has fetched of one,
        a megabyte of backlog, before it turns to the next."""
        found: dict[NativePartition, list[Any]] = {}
        for native in natives if len(natives) > 1 else ():
            try:
                batch = await self._consumer.getmany(native, max_records=max_records)
            except kafka_errors.KafkaError:
                if found:
                    break  # the next poll meets it again
                raise
            found.update(batch)
            max_records -= sum(map(len, batch.values()))
            if max_records == 0:
                break
        return found

    async def _gone(self, error: Exception) -> dict[TopicPartition, int]:
        """The positions that an out-of-range error is still about."""
        offsets = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        told = {to_ours(native): offset for native, offset in offsets.items()}
        return {partition: offset for partition, offset in told.items() if await self.position(partition) == offset}

    async def position(self, partition: TopicPartition) -> int:
        position: int = await calling("position", self._consumer.position(to_native(partition)))
        return position

    def seek(self, partition: TopicPartition, offset: int) -> None:
        try:
            self._consumer.seek(to_native(partition), offset)
        except Exception as error:
            raise translate(error, "seek") from error

    async def stop(self) -> None:
        """Close, in a task of its own: the client's ``stop`` may end as cancelled though nobody cancelled it."""
        if self._started is not None:
            consumer, self._started = self._started, None
            stopping = asyncio.ensure_future(consumer.stop())
            await asyncio.wait([stopping], timeout=self._connection.timing.session_s)
            stopping.cancel()

    def _new_consumer(self, **options: Any) -> AIOKafkaConsumer:
        """Every guarantee is written out here. Needs a running event loop."""
        return AIOKafkaConsumer(
            **self._connection.options,
            **options,
            isolation_level="read_committed",
            auto_offset_reset="none",
            enable_auto_commit=False,
            max_partition_fetch_bytes=MAX_RECORD_BYTES + 1024 * 1024,
            fetch_max_wait_ms=round(self._connection.timing.fetch_wait_s * 1000),
        )

    async def _start(self, consumer: AIOKafkaConsumer) -> None:
        self._started = consumer
        try:
            await connecting(self._connection, consumer.start())
            await asyncio.sleep(0)  # the client cannot be stopped before its background task has begun
        except BaseException:
            await self.stop()
            raise


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    def __init__(self, consumer: "KafkaConsumer", listener: Listener) -> None:
        self._consumer = consumer
        self._listener = listener

    async def on_partitions_revoked(self, revoked: Sequence[Any]) -> None:
        await self._listener.on_revoked(frozenset(to_ours(native) for native in revoked))

    async def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        partitions = frozenset(to_ours(native) for native in assigned)
        self._consumer.pause(list(partitions))
        await self._listener.on_assigned(partitions)


class KafkaConsumer(_KafkaSource):
    def __init__(
        self,
        connection: Connection,
        group: str,
        topics: tuple[str, ...],
        listener: Listener,
        committed_of: CommittedOf,
    ) -> None:
        super().__init__(connection)
        self._committed_of = committed_of
        self._group = group
        self._topics = topics
        self._listener = listener

    async def start(self) -> None:
        timing = self._connection.timing
        consumer = self._new_consumer(
            group_id=self._group,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=round(timing.session_s * 1000),
            heartbeat_interval_ms=round(timing.heartbeat_s * 1000),
            rebalance_timeout_ms=round(timing.rebalance_s * 1000),
            max_poll_interval_ms=_MAX_POLL_INTERVAL_MS,
        )
        consumer.subscribe(topics=list(self._topics), listener=_Rebalances(self, self._listener))
        await self._start(consumer)

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        with contextlib.suppress(kafka_errors.IllegalStateError):
            self._consumer.pause(*[to_native(partition) for partition in partitions])

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        try:
            self._consumer.resume(*[to_native(partition) for partition in partitions])
        except Exception as error:
            raise translate(error, "resume") from error

    async def committed(self, partition: TopicPartition) -> Committed | None:
        return (await self._committed_of(self._group, [partition])).get(partition)

    async def beginning(self, partition: TopicPartition) -> int:
        native = to_native(partition)
        offsets = await calling("first offset", self._consumer.beginning_offsets([native]))
        first: int = offsets[native]
        return first

    async def commit(
        self, offsets: Mapping[TopicPartition, int], notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        try:
            async with asyncio.timeout(self._connection.timing.commit_s):
                await self._consumer.commit(with_notes(offsets, notes))
        except Exception as error:
            raise translate(error, "commit") from error


class KafkaReader(_KafkaSource):
    def __init__(self, connection: Connection, topics: Callable[[], Awaitable[dict[str, int]]]) -> None:
        super().__init__(connection)
        self._topics = topics

    async def start(self) -> None:
        await self._start(self._new_consumer(group_id=None))

    async def partitions(self, topic: str) -> tuple[TopicPartition, ...]:
        count = (await self._topics()).get(topic)
        if count is None:
            raise FatalError(
                f"topic {topic} does not exist or this user may not see it: `flywheel topics apply` creates it, "
                "`flywheel topics acl` grants it"
            )
        return tuple(TopicPartition(topic, number) for number in range(count))

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        self._consumer.assign([to_native(partition) for partition in positions])
        for partition, offset in positions.items():
            self.seek(partition, offset)

    async def beginnings(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        natives = [to_native(partition) for partition in partitions]
        offsets = await calling("first offsets", self._consumer.beginning_offsets(natives))
        return {to_ours(native): offset for native, offset in offsets.items()}

    async def stable_ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        natives = [to_native(partition) for partition in partitions]
        offsets = await calling("stable ends", self._consumer.end_offsets(natives))
        return {to_ours(native): offset for native, offset in offsets.items()}
