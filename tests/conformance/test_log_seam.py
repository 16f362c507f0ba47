"""What the engine relies on, of every log: order, transactions, fencing, visibility, positions, groups."""

import asyncio

import pytest

from shared.errors import FatalError, MigratedError, TransientError
from shared.stream.broker import Committed, OutRecord
from shared.stream.records import TopicPartition
from tests.conformance.support import Log, Names, create, read, until, values, write


class NoListener:
    def __init__(self) -> None:
        self.assigned: list[frozenset[TopicPartition]] = []

    async def on_revoked(self, partitions: frozenset[TopicPartition]) -> None:
        return None

    async def on_assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self.assigned.append(partitions)


def out(topic: str, value: int, key: bytes = b"k", partition: int | None = None) -> OutRecord:
    return OutRecord(topic, key, str(value).encode(), (("h", b"1"),), partition)


def test_order_per_key_and_headers(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 4))
        await write(log, [out(names.source, number, f"k{number % 5}".encode()) for number in range(500)])
        records = await read(log, names.source)
        assert len(records) == 500
        assert all(tuple(record.headers) == (("h", b"1"),) for record in records)
        for key in {record.key for record in records}:
            seen = [int(record.value or b"") for record in records if record.key == key]
            assert seen == sorted(seen)
            assert len({record.partition for record in records if record.key == key}) == 1

    asyncio.run(scenario())


def test_only_committed_transactions_are_seen(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 1))
        producer = log.broker().transactional_producer(names.app)
        await producer.start()
        for number, commit in ((1, True), (2, False), (3, True)):
            await producer.begin()
            await producer.send([out(names.source, number)])
            if commit:
                await producer.commit({}, names.app)
            else:
                await producer.abort()

        async def seen(*numbers: int) -> bool:
            return await values(log, names.source) == list(numbers)

        await until(lambda: seen(1, 3))
        await producer.begin()
        await producer.send([out(names.source, 4)])
        await write(log, [out(names.source, 5)])
        assert await seen(1, 3), "an open transaction holds back what follows it"
        await producer.commit({}, names.app)
        await until(lambda: seen(1, 3, 4, 5))
        await producer.close()

    asyncio.run(scenario())


def test_positions_move_past_markers(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 1))
        producer = log.broker().transactional_producer(names.app)
        await producer.start()
        for number in range(3):
            await producer.begin()
            await producer.send([out(names.source, number)])
            await producer.commit({}, names.app)
        await producer.close()

        async def all_seen() -> bool:
            return len(await read(log, names.source)) == 3

        await until(all_seen)
        records = await read(log, names.source)
        offsets = [record.offset for record in records]
        assert offsets == sorted(offsets)
        assert offsets != list(range(3)), "markers take offsets"
        broker = log.broker()
        reader = broker.reader()
        await reader.start()
        partition = TopicPartition(names.source, 0)
        end = (await reader.stable_ends([partition]))[partition]
        reader.assign({partition: 0})
        while await reader.position(partition) < end:
            await reader.poll([partition], 100, 0.2)
        assert await reader.position(partition) == end > offsets[-1] + 1
        await reader.stop()
        await broker.close()

    asyncio.run(scenario())


def test_a_partition_named_first_is_read_first_whatever_the_backlog_of_another(log: Log, names: Names) -> None:
    """A reader that takes a record at a time, and turns its list of partitions, serves all of them in turn."""

    async def scenario() -> None:
        await create(log, (names.source, 2))
        await write(log, [out(names.source, number, partition=number % 2) for number in range(400)])
        broker = log.broker()
        reader = broker.reader()
        await reader.start()
        partitions = [TopicPartition(names.source, 0), TopicPartition(names.source, 1)]
        reader.assign(dict.fromkeys(partitions, 0))
        read_of = dict.fromkeys(partitions, 0)
        while not all(read_of.values()):  # until both have arrived
            for partition in partitions:
                read_of[partition] += len(await reader.poll([partition], 1, 0.2))
        for turn in range(40):
            first = partitions[turn % 2]
            record = (await reader.poll([first, partitions[1 - turn % 2]], 1, 0.2))[0]
            assert TopicPartition(record.topic, record.partition) == first
        await reader.stop()
        await broker.close()

    asyncio.run(scenario())


def test_a_new_holder_fences_the_old_and_settles_its_transaction(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 1))
        old = log.broker().transactional_producer(names.app)
        await old.start()
        await old.begin()
        await old.send([out(names.source, 1)])
        new = log.broker().transactional_producer(names.app)
        await new.start()
        await new.begin()
        await new.send([out(names.source, 2)])
        await new.commit({}, names.app)
        with pytest.raises((MigratedError, TransientError)):
            await old.commit({TopicPartition(names.source, 0): 7}, names.app)
        with pytest.raises((MigratedError, TransientError)):
            await old.begin()  # dead from the first error on
        await old.close()
        await new.close()

        async def only_the_new() -> bool:
            return await values(log, names.source) == [2]

        await until(only_the_new)

    asyncio.run(scenario())


def test_offsets_are_committed_with_the_transaction_or_not_at_all(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 1))
        partition = TopicPartition(names.source, 0)
        producer = log.broker().transactional_producer(names.app)
        await producer.start()
        await producer.begin()
        await producer.send([out(names.source, 1)])
        await producer.commit({partition: 5}, names.app)
        broker = log.broker()

        async def committed_is(offset: int) -> bool:  # the markers follow a commit's answer a moment later
            return await broker.admin().committed(names.app) == {partition: offset}

        await until(lambda: committed_is(5))
        await producer.begin()
        await producer.commit({partition: 6}, names.app)  # offsets alone
        await until(lambda: committed_is(6))
        await producer.begin()
        await producer.send([out(names.source, 2)])
        await producer.abort()
        assert await committed_is(6)
        await producer.close()
        await broker.close()

    asyncio.run(scenario())


def test_a_group_shares_partitions_and_survives_a_leaver(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 4))
        first_listener, second_listener = NoListener(), NoListener()
        broker = log.broker("one")
        first = broker.consumer(names.app, [names.source], first_listener)
        second = log.broker("two").consumer(names.app, [names.source], second_listener)

        async def alone() -> bool:
            return bool(first_listener.assigned) and len(first_listener.assigned[-1]) == 4

        await first.start()
        await until(alone)
        await second.start()

        async def shared() -> bool:
            return (
                bool(second_listener.assigned)
                and len(first_listener.assigned[-1]) == len(second_listener.assigned[-1]) == 2
            )

        await until(shared)
        assert not first_listener.assigned[-1] & second_listener.assigned[-1]
        await second.stop()
        await until(alone)
        partition = TopicPartition(names.source, 0)
        await first.commit({partition: 3}, {partition: "three"})
        assert await first.committed(partition) == Committed(3, "three")
        await first.commit({partition: 4})
        assert await first.committed(partition) == Committed(4), "a commit without a note takes the old one away"
        assert await first.committed(TopicPartition(names.source, 1)) is None
        await first.stop()
        await broker.close()

    asyncio.run(scenario())


def test_unknown_topics_are_refused_and_known_ones_listed(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 3))
        broker = log.broker()
        assert (await broker.admin().topics())[names.source] == 3
        reader = broker.reader()
        await reader.start()
        with pytest.raises(FatalError, match="does not exist"):
            await reader.partitions(names.sink)
        assert len(await reader.partitions(names.source)) == 3
        await reader.stop()
        await broker.admin().delete_topics([names.source])
        await broker.close()

    asyncio.run(scenario())
