"""The in-memory broker: the engine's whole seam without a server, for tests and simulations; public.

    cluster = MemoryCluster()
    cluster.create_topic(NewTopic("observation.raw", 4))
    broker = MemoryBroker(cluster)                # one per simulated process

Before every call a client passes a *fault point*; a :class:`Faults` given to it may wait there (a stopped process, a
slow network), raise (a lost request, or after ``….after`` a lost answer), or hand control to someone else.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from shared.brokers.memory_cluster import Member, MemoryCluster
from shared.errors import FatalError, MigratedError, TransientError
from shared.stream.broker import (
    NO_NOTES,
    Admin,
    Committed,
    Consumer,
    Listener,
    NewTopic,
    OutRecord,
    Producer,
    Reader,
    TransactionalProducer,
    position_is_gone,
)
from shared.stream.records import Record, TopicPartition


class Faults(Protocol):
    async def point(self, client: str, where: str, /) -> None:
        """Called before the call named ``where`` takes effect, and as ``….after`` before its answer arrives."""
        ...


class NoFaults:
    async def point(self, _client: str, _where: str, /) -> None:
        await asyncio.sleep(0)


class MemoryBroker:
    """One process's connection to a :class:`MemoryCluster`."""

    def __init__(self, cluster: MemoryCluster, client: str = "", faults: Faults | None = None) -> None:
        self.cluster = cluster
        self.client = client or f"client-{cluster.next_id()}"
        self._faults = faults if faults is not None else NoFaults()

    def consumer(self, group: str, topics: Sequence[str], listener: Listener) -> Consumer:
        return _MemoryConsumer(self, group, tuple(topics), listener)

    def reader(self) -> Reader:
        return _MemoryReader(self)

    def producer(self) -> Producer:
        return _MemoryProducer(self, None)

    def transactional_producer(self, transactional_id: str) -> TransactionalProducer:
        return _MemoryProducer(self, transactional_id)

    def admin(self) -> Admin:
        return _MemoryAdmin(self)

    async def close(self) -> None:
        return None

    async def point(self, where: str) -> None:
        await self._faults.point(self.client, where)


class _MemorySource:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._cluster = broker.cluster
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()

    async def poll(self, partitions: Sequence[TopicPartition], max_records: int, timeout_s: float) -> list[Record]:
        await self._ready()
        await self._broker.point("poll")
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        while True:
            await self._ready()
            found = self._read(partitions, max_records)
            left_s = deadline_s - loop.time()
            if found or left_s <= 0:
                return found
            await self._cluster.wait_for_data(left_s)

    def _read(self, partitions: Sequence[TopicPartition], max_records: int) -> list[Record]:
        self._cluster.expire_transactions()
        found: list[Record] = []
        for partition in partitions:
            if partition in self._paused or partition not in self._positions or len(found) >= max_records:
                continue
            log = self._cluster.log(partition)
            if not log.start <= self._positions[partition] <= log.end:
                raise position_is_gone({partition: self._positions[partition]})
            records, position = log.read(self._positions[partition], max_records - len(found))
            self._positions[partition] = position
            found.extend(records)
        return found

    async def _ready(self) -> None:
        return None

    async def position(self, partition: TopicPartition) -> int:
        try:
            return self._positions[partition]
        except KeyError:
            raise MigratedError(f"{partition} is not assigned") from None

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition not in self._positions:
            raise MigratedError(f"{partition} is not assigned")
        self._positions[partition] = offset

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        self._paused.update(partitions)

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        self._paused.difference_update(partitions)


class _MemoryConsumer(_MemorySource):
    def __init__(self, broker: MemoryBroker, group: str, topics: tuple[str, ...], listener: Listener) -> None:
        super().__init__(broker)
        self._group = self._cluster.group(group)
        self._listener = listener
        self._member = Member(f"{broker.client}-{self._cluster.next_id()}", broker.client, topics)
        self._generation = 0
        self._assigned = asyncio.Event()
        self._coordination: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._broker.point("join")
        for topic in self._member.topics:
            self._cluster.partitions(topic)
        self._coordination = asyncio.create_task(self._coordinate(), name=f"{self._member.id}-coordination")
        await self._ready()

    async def stop(self) -> None:
        if self._coordination is not None:
            self._coordination.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._coordination
        with contextlib.suppress(TransientError):  # dead or unheard, it does not leave: its session runs out
            await self._broker.point("leave")
            self._group.leave(self._member)

    async def committed(self, partition: TopicPartition) -> Committed | None:
        await self._broker.point("committed")
        offset = self._group.offsets.get(partition)
        return None if offset is None else Committed(offset, self._group.notes.get(partition, ""))

    async def beginning(self, partition: TopicPartition) -> int:
        await self._broker.point("beginning")
        return self._cluster.log(partition).start

    async def commit(
        self, offsets: Mapping[TopicPartition, int], notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        await self._broker.point("commit_offsets")
        if not self._group.is_current(self._member, self._generation):
            raise MigratedError("the member's generation is over")
        self._group.commit(offsets, notes)
        await self._broker.point("commit_offsets.after")

    async def _ready(self) -> None:
        await self._assigned.wait()

    async def _coordinate(self) -> None:
        while True:
            self._assigned.clear()
            if self._generation:
                await self._listener.on_revoked(frozenset(self._positions))
            try:
                self._generation, partitions = await self._group.join(self._member)
            except asyncio.CancelledError:
                if self._member.rebalance.is_set() and not self._is_stopping():
                    continue
                raise
            self._paused.clear()
            self._positions = {
                partition: self._group.offsets.get(partition, self._cluster.log(partition).start)
                for partition in sorted(partitions)
            }
            self._assigned.set()
            await self._patiently("assigned")
            await self._listener.on_assigned(partitions)
            await self._member.rebalance.wait()
            await self._patiently("rebalance")

    async def _patiently(self, where: str) -> None:
        """The client itself repeats lost group requests until they come through."""
        while True:
            try:
                return await self._broker.point(where)
            except TransientError:
                continue

    @staticmethod
    def _is_stopping() -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0


class _MemoryReader(_MemorySource):
    async def start(self) -> None:
        await self._broker.point("reader.start")

    async def stop(self) -> None:
        self._positions = {}

    async def partitions(self, topic: str) -> tuple[TopicPartition, ...]:
        return tuple(TopicPartition(topic, number) for number in range(len(self._cluster.partitions(topic))))

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        self._positions = dict(positions)

    async def beginnings(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        await self._broker.point("beginnings")
        return {partition: self._cluster.log(partition).start for partition in partitions}

    async def stable_ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        await self._broker.point("stable_ends")
        return self._cluster.stable_ends(partitions)


class _MemoryProducer:
    """Idempotent, or transactional when it has an id. Dead once it raised anything."""

    def __init__(self, broker: MemoryBroker, transactional_id: str | None) -> None:
        self._broker = broker
        self._cluster = broker.cluster
        self._id = transactional_id
        self._epoch = 0
        self._open = False
        self._dead = False

    async def start(self) -> None:
        await self._call("producer.start")
        if self._id is not None:
            self._epoch = self._cluster.fence(self._id)
        await self._call("producer.start.after")

    async def begin(self) -> None:
        await self._call("begin")
        self._act(lambda: self._cluster.begin(self._name(), self._epoch))
        self._open = True
        await self._call("begin.after")

    async def send(self, records: Iterable[OutRecord]) -> None:
        await self._call("send")
        written = list(records)
        half = len(written) // 2
        self._append(written[:half])
        await self._call("send.middle")
        self._append(written[half:])
        if self._id is None:
            self._cluster.wake()
        await self._call("send.after")

    async def commit(
        self, offsets: Mapping[TopicPartition, int], group: str, notes: Mapping[TopicPartition, str] = NO_NOTES
    ) -> None:
        await self._call("offsets")
        if offsets:
            self._act(lambda: self._cluster.add_offsets(self._name(), self._epoch, group, offsets, notes))
        await self._call("offsets.after")
        await self._call("commit")
        self._act(lambda: self._cluster.end(self._name(), self._epoch, commit=True))
        self._open = False
        await self._call("commit.after")

    async def abort(self) -> None:
        await self._call("abort")
        self._act(lambda: self._cluster.end(self._name(), self._epoch, commit=False))
        self._open = False
        await self._call("abort.after")

    async def close(self) -> None:
        if self._open and not self._dead:
            with contextlib.suppress(MigratedError, TransientError):
                await self.abort()
        self._dead = True

    def _name(self) -> str:
        if self._id is None:
            raise FatalError("a producer without a transactional id has no transactions")
        return self._id

    def _append(self, records: Sequence[OutRecord]) -> None:
        def append() -> None:
            for record in records:
                self._cluster.append(record, self._id, self._epoch)

        self._act(append)

    def _act(self, action: "_Action") -> None:
        try:
            action()
        except BaseException:
            self._dead = True
            raise

    async def _call(self, where: str) -> None:
        if self._dead:
            raise TransientError("the producer is dead")
        try:
            await self._broker.point(where)
        except BaseException:
            self._dead = True
            raise


class _Action(Protocol):
    def __call__(self) -> None: ...


class _MemoryAdmin:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._cluster = broker.cluster

    async def create_topics(self, topics: Sequence[NewTopic]) -> list[str]:
        return [topic.name for topic in topics if self._cluster.create_topic(topic)]

    async def delete_topics(self, names: Sequence[str]) -> None:
        for name in names:
            self._cluster.logs.pop(name, None)

    async def topics(self) -> dict[str, int]:
        await self._broker.point("topics")
        return {name: len(logs) for name, logs in self._cluster.logs.items()}

    async def end_offsets(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in range(len(self._cluster.logs[topic]))
        ]
        return self._cluster.stable_ends(partitions)

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        return dict(self._cluster.group(group).offsets)

    async def members(self, group: str) -> int:
        return len(self._cluster.group(group).members)

    async def lag(self, group: str) -> dict[TopicPartition, int]:
        committed = self._cluster.group(group).offsets
        ends = self._cluster.stable_ends(list(committed))
        return {partition: ends[partition] - offset for partition, offset in committed.items()}
