"""A bad deploy fills a backlog and not the dead letters, on every log, however often it is started again."""

import asyncio

import pytest

from shared.errors import FatalError, PoisonError
from shared.stream.broker import OutRecord
from shared.stream.outcome import Result
from shared.stream.processor import AsyncApplication, Context
from shared.stream.records import Message
from tests.conformance.support import (
    DEAD_LETTERS,
    Log,
    Names,
    Running,
    committed,
    counting_application,
    create_for,
    values,
    write,
)
from tests.conformance.test_async_tasks_on_a_log import AsyncRunning, create_for_async


async def letters_of(log: Log, names: Names) -> int:
    return len([letter for letter in await values(log, DEAD_LETTERS) if letter["application"] == names.app])


def test_a_bad_deploy_fills_a_backlog_not_the_dead_letters(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, [OutRecord(names.source, b"k", b'{"bad": true}')] * 60)
        running = Running(counting_application(names, stop_limit=20, max_batch_records=8), log, log.broker())
        with pytest.raises(FatalError, match="rejected 20 records in a row"):
            async with asyncio.timeout(60):
                await running.task
        assert await letters_of(log, names) == 16
        assert list((await committed(log, names.app)).values()) == [16] or log.name == "kafka"
        await running.broker.close()

    asyncio.run(scenario())


def test_a_bad_deploy_that_is_started_again_writes_no_more_dead_letters_until_its_offset_is_set(
    log: Log, names: Names
) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        await write(log, [OutRecord(names.source, b"k", b'{"bad": true}')] * 60)

        async def halts() -> int:
            running = Running(counting_application(names, stop_limit=20, max_batch_records=8), log, log.broker())
            with pytest.raises(FatalError, match="rejected 20 records in a row"):
                async with asyncio.timeout(60):
                    await running.task
            await running.broker.close()
            return await letters_of(log, names)

        assert [await halts(), await halts(), await halts()] == [16, 16, 16]
        broker = log.broker()
        producer = broker.transactional_producer(f"{names.app}.operator")
        await producer.start()
        await producer.begin()
        await producer.commit(await broker.admin().committed(names.app), names.app)  # as `flywheel offsets set` does
        await producer.close()
        await broker.close()
        assert await halts() == 32

    asyncio.run(scenario())


class Refusing:
    async def handle(self, message: Message, tables: Context) -> Result:
        await asyncio.sleep(0)
        raise PoisonError("deployed_badly", "")


def test_an_async_service_that_is_started_again_writes_no_more_dead_letters_either(log: Log, names: Names) -> None:
    limit = 20

    async def scenario() -> None:
        await create_for_async(log, names)
        await write(log, [OutRecord(names.source, b"one key", b'{"id": 1}')] * 60)
        refusing = AsyncApplication(
            names.app, (names.source,), Refusing(), max_in_flight=8, commit_interval_ms=20, stop_limit=limit
        )

        async def halts() -> int:
            running = AsyncRunning(refusing, log)
            with pytest.raises(FatalError, match=f"rejected {limit} records in a row"):
                async with asyncio.timeout(60):
                    await running.task
            await running.broker.close()
            return await letters_of(log, names)

        assert [await halts(), await halts(), await halts()] == [limit - 1] * 3

    asyncio.run(scenario())
