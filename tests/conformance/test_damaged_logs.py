"""Logs that lost or spoiled something: the engine stops with a line that says where, and skips nothing silently."""

import asyncio

import pytest

from shared.errors import FatalError
from shared.stream.broker import OutRecord
from shared.stream.records import TopicPartition
from tests.conformance.support import (
    Log,
    Names,
    Running,
    committed,
    counting_application,
    create_for,
    lag,
    numbered,
    until,
    values,
    write,
)


async def work_through(log: Log, names: Names, count: int) -> None:
    running = await Running(counting_application(names), log, log.broker()).ready()

    async def no_lag() -> bool:
        return len(await values(log, names.sink)) >= count and await lag(log, names.app) == 0

    await until(no_lag)
    await running.stopped()


async def ends_fatally(log: Log, names: Names, match: str) -> None:
    running = Running(counting_application(names), log, log.broker())
    with pytest.raises(FatalError, match=match):
        async with asyncio.timeout(60):
            await running.task
    await running.broker.close()


def test_input_that_retention_took_before_it_was_read_stops_the_group(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, numbered(names.source, 10))
        await work_through(log, names, 10)
        before = await committed(log, names.app)
        await write(log, numbered(names.source, 20, start=10))
        await log.truncate(TopicPartition(names.source, 0), 25)
        await ends_fatally(log, names, rf"{names.source}.*no longer in the log")
        assert len(await values(log, names.sink)) == 10, "nothing was skipped silently"
        assert await committed(log, names.app) == before
        await go_on_from(log, names, 25)
        await work_through(log, names, 15)
        assert [output["id"] for output in (await values(log, names.sink))[10:]] == [25, 26, 27, 28, 29]

    asyncio.run(scenario())


async def go_on_from(log: Log, names: Names, offset: int) -> None:
    """As an operator does: nobody runs, and the offset is committed from outside."""
    broker = log.broker()
    assert await broker.admin().members(names.app) == 0
    producer = broker.transactional_producer(f"{names.app}.operator")
    await producer.start()
    await producer.begin()
    await producer.commit({TopicPartition(names.source, 0): offset}, names.app)
    await producer.close()
    await broker.close()


def test_a_spoilt_changelog_entry_keeps_the_task_from_running_on_it(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, numbered(names.source, 10))
        await work_through(log, names, 10)
        await write(log, [OutRecord(names.changelog, b"k1", b"\x09not ours", partition=0)])
        await write(log, numbered(names.source, 10, start=10))
        await ends_fatally(log, names, rf"{names.app}.*cannot be restored.*unknown codec")
        assert len(await values(log, names.sink)) == 10

    asyncio.run(scenario())
