"""What the recorder cannot record becomes a dead letter, once, before the offset moves; a backlog of it halts."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from services.recorder.logic import Row
from services.recorder.processor import GROUP, TOPICS
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import FatalError, TransientError
from shared.events import TOPIC_EVENTS
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.records import Position, TopicPartition
from shared.stream.replays import replay_headers
from tests.contract.test_bad_input_of_services import CANARY, CODEC, PARTITION, bad_records, read_dead_letters
from tests.fuzz.decoding import sample
from tests.integration.recording import recorder_on

TOPIC = "model.registered"
GOOD = CODEC.encode(TOPIC, sample(TOPIC_EVENTS[TOPIC], random.Random(1)))


class Tables:
    """PostgreSQL as the recorder sees it; ``refusals`` is how many writes still fail."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.next: dict[TopicPartition, int] = {}
        self.refusals = 0

    async def prepare(self) -> None:
        return None

    async def offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {partition: self.next.get(partition, 0) for partition in partitions}

    async def write(self, rows: list[Row], moves: dict[TopicPartition, tuple[int, int]]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise TransientError("postgresql: away")
        self.rows += rows
        self.next |= {partition: following for partition, (_, following) in moves.items()}


@pytest.fixture
def cluster() -> MemoryCluster:
    cluster = MemoryCluster(rebalance_timeout_s=1.0)
    for name in (*TOPICS, "dead.letter"):
        cluster.create_topic(NewTopic(name, 2))
    return cluster


@asynccontextmanager
async def recording(cluster: MemoryCluster, tables: Tables) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(recorder_on(MemoryBroker(cluster), CODEC, tables).run(stop))
    try:
        yield task
    finally:
        stop.set()
        with contextlib.suppress(FatalError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


def put(cluster: MemoryCluster, *records: OutRecord) -> None:
    for record in records:
        cluster.append(record)
    cluster.wake()


def test_every_bad_record_can_be_found_and_the_good_ones_are_recorded(cluster: MemoryCluster) -> None:
    wanted = [item for topic in TOPICS for item in bad_records(topic)]

    async def scenario() -> None:
        tables = Tables()
        put(cluster, *[record for _, record in wanted], OutRecord(TOPIC, b"k", GOOD, partition=PARTITION))
        async with recording(cluster, tables):
            await until(lambda: len(tables.rows) == 1)
            ends = {TopicPartition(topic, PARTITION): len(bad_records(topic)) for topic in TOPICS}
            await until(lambda: all(tables.next.get(partition, 0) >= end for partition, end in ends.items()))
        letters = await read_dead_letters(MemoryBroker(cluster))
        assert {(one.application, one.attempt, one.origin_partition) for one in letters} == {(GROUP, 1, PARTITION)}
        assert all(CANARY.decode() not in one.detail for one in letters)
        found = sorted((one.origin_topic, one.origin_offset, one.reason) for one in letters)
        assert found == sorted(
            (topic, offset, reason) for topic in TOPICS for offset, (reason, _) in enumerate(bad_records(topic))
        )

    asyncio.run(scenario())


def test_while_postgresql_is_away_a_bad_record_gets_one_letter_and_its_offset_waits(cluster: MemoryCluster) -> None:
    async def scenario() -> None:
        tables = Tables()
        tables.refusals = 2
        put(cluster, OutRecord(TOPIC, b"k", b"\x07", partition=0), OutRecord(TOPIC, b"k", GOOD, partition=0))
        async with recording(cluster, tables):
            await until(lambda: tables.refusals < 2)
            assert not tables.next
            await until(lambda: len(tables.rows) == 1)
        assert tables.next[TopicPartition(TOPIC, 0)] == 2
        assert len(await read_dead_letters(MemoryBroker(cluster))) == 1

    asyncio.run(scenario())


def test_a_record_that_is_replayed_for_the_recorder_is_recorded_and_others_copies_are_not(
    cluster: MemoryCluster,
) -> None:
    async def scenario() -> None:
        tables = Tables()
        for number, reader in enumerate((GROUP, "promoter", GROUP)):
            headers = replay_headers((), Position(TOPIC, 0, 7), reader, 1)
            put(cluster, OutRecord(TOPIC, b"k", GOOD if number < 2 else b"\x07", headers, partition=0))
        async with recording(cluster, tables):
            await until(lambda: tables.next.get(TopicPartition(TOPIC, 0)) == 3)
        assert len(tables.rows) == 1
        (letter,) = await read_dead_letters(MemoryBroker(cluster))
        assert letter.attempt == 2

    asyncio.run(scenario())


def test_a_backlog_where_everything_fails_halts_also_after_a_restart(cluster: MemoryCluster) -> None:
    async def scenario() -> None:
        tables = Tables()
        put(cluster, *[OutRecord(TOPIC, b"k", b"\x07", partition=0)] * 60)
        async with recording(cluster, tables):
            await until(lambda: tables.next.get(TopicPartition(TOPIC, 0)) == 60)
        put(cluster, *[OutRecord(TOPIC, b"k", b"\x07", partition=0)] * 60)
        for _ in range(2):
            async with recording(cluster, tables) as task:
                with pytest.raises(FatalError, match="rejected 100 records in a row"):
                    async with asyncio.timeout(60):
                        await asyncio.shield(task)
        assert tables.next[TopicPartition(TOPIC, 0)] == 60, "the rest is a backlog"
        assert len(await read_dead_letters(MemoryBroker(cluster))) == 60

    asyncio.run(scenario())
