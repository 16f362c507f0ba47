"""What the conformance suite runs on: one face over the in-memory log and real Kafka, and applications to run."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import TopicPartition as NativePartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.brokers.kafka import KafkaBroker, KafkaTiming
from shared.brokers.memory import Faults, MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import PoisonError
from shared.settings import KafkaSettings
from shared.stream.broker import Broker, NewTopic, OutRecord
from shared.stream.engine import Timing
from shared.stream.outcome import Emit, Emitted, Outcomes, Rejected, Result, Skipped
from shared.stream.processor import Application, State, StoreSpec, TaskId
from shared.stream.records import Message, Position, Record, TopicPartition
from shared.stream.runner import Runner
from shared.stream.task import Journal

DEAD_LETTERS = "dead.letter"


class JsonSerde:
    """Events are JSON values; bytes that are no JSON are poison."""

    def encode(self, topic: str, event: object) -> bytes:
        return json.dumps(event).encode()

    def decode(self, topic: str, payload: bytes) -> object:
        try:
            return json.loads(payload)
        except ValueError:
            raise PoisonError("bad_json", f"{len(payload)} bytes") from None


def dead_letter(*, position: Position, payload: bytes | None, **fields: Any) -> object:
    return {
        "topic": position.topic,
        "partition": position.partition,
        "offset": position.offset,
        "payload": None if payload is None else payload.decode("latin-1"),
        **fields,
    }


class Log(Protocol):
    """A log under test. ``client`` names a process; ``faults`` act only in memory."""

    name: str
    timing: Timing
    replication: int

    def broker(self, client: str = "", faults: Faults | None = None) -> Broker: ...

    async def truncate(self, partition: TopicPartition, before: int) -> None:
        """Drop the records below ``before``, as retention does."""
        ...


class MemoryLog:
    name = "memory"
    timing = Timing(revoke_s=2.0, fenced_pause_s=0.05, idle_s=0.05)
    replication = 1

    def __init__(self) -> None:
        self.cluster = MemoryCluster(rebalance_timeout_s=1.0)

    def broker(self, client: str = "", faults: Faults | None = None) -> Broker:
        return MemoryBroker(self.cluster, client, faults)

    async def truncate(self, partition: TopicPartition, before: int) -> None:
        self.cluster.truncate(partition, before)


class KafkaLog:
    name = "kafka"
    timing = Timing(revoke_s=3.0, fenced_pause_s=1.0, idle_s=0.2)

    def __init__(self, bootstrap: str, timing: KafkaTiming | None = None, replication: int = 1) -> None:
        self.replication = replication
        self._settings = KafkaSettings(bootstrap_servers=bootstrap)
        self._timing = timing or KafkaTiming(session_s=6.0, heartbeat_s=0.3, rebalance_s=10.0, fetch_wait_s=0.05)

    def broker(self, client: str = "", faults: Faults | None = None) -> Broker:
        return KafkaBroker(self._settings, client or "conformance", self._timing)

    async def truncate(self, partition: TopicPartition, before: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap_servers)
        await admin.start()
        try:
            native = NativePartition(partition.topic, partition.partition)
            await admin.delete_records({native: RecordsToDelete(before_offset=before)})
        finally:
            await admin.close()


async def create(log: Log, *topics: tuple[str, int]) -> None:
    broker = log.broker()
    await broker.admin().create_topics([NewTopic(name, partitions, log.replication) for name, partitions in topics])
    await broker.close()


async def write(log: Log, records: Sequence[OutRecord]) -> None:
    producer = log.broker().producer()
    await producer.start()
    await producer.send(records)
    await producer.close()


async def read(log: Log, topic: str) -> list[Record]:
    """Every committed record of ``topic``, partition by partition."""
    broker = log.broker()
    reader = broker.reader()
    await reader.start()
    try:
        partitions = await reader.partitions(topic)
        positions = await reader.beginnings(partitions)
        ends = await reader.stable_ends(partitions)
        reader.assign(positions)
        records: list[Record] = []
        left = [p for p in partitions if positions[p] < ends[p]]
        while left:
            records.extend(await reader.poll(left, 10_000, 0.2))
            left = [p for p in left if await reader.position(p) < ends[p]]
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        await reader.stop()
        await broker.close()


async def values(log: Log, topic: str) -> list[Any]:
    """Of the dead letters, which real services on the same broker write too, only those of this suite's serde."""
    records = await read(log, topic)
    if topic == DEAD_LETTERS:
        records = [record for record in records if (record.value or b"").startswith(b"{")]
    return [None if record.value is None else json.loads(record.value) for record in records]


async def committed(log: Log, group: str) -> dict[TopicPartition, int]:
    broker = log.broker()
    try:
        return await broker.admin().committed(group)
    finally:
        await broker.close()


async def lag(log: Log, group: str) -> int:
    broker = log.broker()
    try:
        return sum((await broker.admin().lag(group)).values())
    finally:
        await broker.close()


async def is_caught_up(log: Log, group: str, topic: str) -> bool:
    """Whether ``group`` has committed all of ``topic``: a partition of which it has committed nothing yet counts too."""
    broker = log.broker()
    try:
        admin = broker.admin()
        done, ends = await admin.committed(group), await admin.end_offsets([topic])
        return all(done.get(partition, 0) >= end for partition, end in ends.items())
    finally:
        await broker.close()


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = 60.0) -> None:
    async with asyncio.timeout(limit_s):
        while not await condition():
            await asyncio.sleep(0.03)


@dataclass(frozen=True, slots=True)
class Names:
    """Topics of one test, unique in a shared broker."""

    app: str
    source: str
    sink: str

    @property
    def changelog(self) -> str:
        return f"{self.app}.counts.changelog"


class Counting:
    """Counts each key's records in its store and passes the count on. ``{"bad": true}`` is rejected,
    ``{"boom": true}`` makes it raise, ``{"skip": true}`` is skipped."""

    def __init__(self, names: Names, task: TaskId) -> None:
        self.names = names
        self.task = task
        self.restores = 0

    def restored(self, state: State) -> None:
        self.restores += 1

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        results: list[Result] = []
        store = state.store("counts")
        for message in batch:
            event = message.event
            if event.get("boom"):
                raise RuntimeError("the content of a record must not be seen in a dead letter")
            if event.get("bad"):
                results.append(Rejected("bad_field", "bad"))
                continue
            if event.get("skip"):
                results.append(Skipped("asked"))
                continue
            count = (store.get(message.key) or 0) + 1
            store.put(message.key, count)
            emitted = {"key": message.key, "id": event["id"], "count": count, "from": message.offset}
            results.append(Emitted((Emit(self.names.sink, message.key, emitted),)))
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        return Outcomes()


def counting_application(names: Names, **options: Any) -> Application:
    settings: dict[str, Any] = {"tick_interval_s": None, "commit_interval_ms": 10, "max_batch_records": 50, **options}
    return Application(
        name=names.app,
        topics=(names.source,),
        processor=lambda task: Counting(names, task),
        stores=(StoreSpec("counts"),),
        **settings,
    )


async def create_for(log: Log, names: Names, partitions: int = 4) -> None:
    await create(
        log, (names.source, partitions), (names.sink, partitions), (names.changelog, partitions), (DEAD_LETTERS, 1)
    )


def numbered(source: str, count: int, keys: int = 7, start: int = 0) -> list[OutRecord]:
    return [
        OutRecord(source, f"k{number % keys}".encode(), json.dumps({"id": number}).encode())
        for number in range(start, start + count)
    ]


class Running:
    """A runner in this process, to be stopped in order or killed."""

    def __init__(self, application: Application, log: Log, broker: Broker, journal: Journal | None = None) -> None:
        self.stop = asyncio.Event()
        self.broker = broker
        self.runner = Runner(
            application, broker, JsonSerde(), make_dead_letter=dead_letter, timing=log.timing, journal=journal
        )
        self.task = asyncio.create_task(self.runner.run(self.stop, grace_s=10.0))

    async def ready(self) -> "Running":
        async with asyncio.timeout(60):
            while not self.runner.ready():
                if self.task.done():
                    self.task.result()
                await asyncio.sleep(0.01)
        return self

    async def stopped(self) -> None:
        self.stop.set()
        async with asyncio.timeout(60):
            await self.task
        await self.broker.close()


def expected_counts(records: Mapping[str, int]) -> dict[str, list[int]]:
    return {key: list(range(1, count + 1)) for key, count in records.items()}


def counts_by_key(outputs: Sequence[Any]) -> dict[str, list[int]]:
    by_key: dict[str, list[int]] = {}
    for output in outputs:
        by_key.setdefault(output["key"], []).append(output["count"])
    return by_key
