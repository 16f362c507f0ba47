"""Claimed messages on every log: one transaction of beginning and offset; after it no redelivery, whatever happens."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from shared.errors import MigratedError
from shared.stream.outcome import Deferred, Emit, Emitted, Result
from shared.stream.processor import AsyncApplication, Context
from shared.stream.publisher import TransactionalPublisher
from shared.stream.records import Message
from tests.conformance.support import (
    DEAD_LETTERS,
    JsonSerde,
    Log,
    Names,
    committed,
    create,
    numbered,
    until,
    values,
    write,
)
from tests.conformance.test_async_tasks_on_a_log import AsyncRunning, no_lag


class Claiming:
    """Claims each message and says so, works until it is let go, and says that it is done."""

    def __init__(self, names: Names, log: Log) -> None:
        self.names = names
        self.log = log
        self.before: dict[int, asyncio.Event] = {}
        self.during: dict[int, asyncio.Event] = {}
        self.fenced: set[int] = set()
        self.failing: set[int] = set()
        self.deferring: set[int] = set()
        self.calls: Counter[int] = Counter()

    def hold_before(self, *numbers: int) -> None:
        self.before.update((number, asyncio.Event()) for number in numbers)

    def hold_during(self, *numbers: int) -> None:
        self.during.update((number, asyncio.Event()) for number in numbers)

    def release(self) -> None:
        for event in [*self.before.values(), *self.during.values()]:
            event.set()

    async def handle(self, message: Message, tables: Context) -> Result:
        number = message.event["id"]
        self.calls[number] += 1
        if number in self.before:
            await self.before[number].wait()
        await tables.claim([self._says(message, "started")])
        if number in self.during:
            await self.during[number].wait()
        if number in self.fenced:
            rival = TransactionalPublisher(self.log.broker("rival"), JsonSerde(), f"{self.names.app}.job.{number}")
            await rival.start()
            await rival.close()
        if number in self.failing:
            raise RuntimeError("after the claim")
        if number in self.deferring:
            return Deferred("later", 0.01)
        return Emitted((self._says(message, "done"),))

    def _says(self, message: Message, step: str) -> Emit:
        return Emit(self.names.sink, message.key, {"id": message.event["id"], "step": step})


def application(names: Names, processor: Claiming, max_in_flight: int) -> AsyncApplication:
    return AsyncApplication(
        names.app,
        (names.source,),
        processor,
        max_in_flight=max_in_flight,
        commit_interval_ms=20,
        transactional_id=lambda message: f"{names.app}.job.{message.event['id']}",
    )


async def create_topics(log: Log, names: Names, partitions: int) -> None:
    await create(log, (names.source, partitions), (names.sink, 1), (DEAD_LETTERS, 1))


async def steps(log: Log, names: Names) -> Counter[tuple[int, str]]:
    return Counter((output["id"], output["step"]) for output in await values(log, names.sink))


async def has(log: Log, names: Names, *wanted: tuple[int, str]) -> None:
    async def all_there() -> bool:
        found = await steps(log, names)
        return all(step in found for step in wanted)

    await until(all_there)


def test_a_claimed_job_outlives_its_partition_and_is_not_delivered_again(log: Log, names: Names) -> None:
    """Two jobs of two partitions run in one process when another joins: one partition goes, both jobs go on."""

    async def scenario() -> None:
        await create_topics(log, names, 2)
        await write(log, numbered(names.source, 12))
        first, second = Claiming(names, log), Claiming(names, log)
        first.hold_during(*range(12))
        one = AsyncRunning(application(names, first, 12), log, "one")
        await has(log, names, *[(number, "started") for number in range(12)])
        assert sum((await committed(log, names.app)).values()) >= 12, "the claims committed the offsets"
        two = AsyncRunning(application(names, second, 12), log, "two")

        async def handed_over() -> bool:
            return two.runner.ready() and one.runner.ready()

        await until(handed_over)
        await write(log, numbered(names.source, 12, start=12))

        async def second_works() -> bool:
            return len(second.calls) > 0

        await until(second_works)
        assert not any(step == "done" for number, step in await steps(log, names) if number < 12)
        first.release()
        await no_lag(log, names)
        await one.stopped()
        await two.stopped()
        assert await steps(log, names) == {(number, step): 1 for number in range(24) for step in ("started", "done")}
        assert set(second.calls) <= set(range(12, 24)), "what was claimed is not delivered again"

    asyncio.run(scenario())


def test_what_was_not_claimed_is_delivered_again(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_topics(log, names, 1)
        await write(log, numbered(names.source, 3))
        first, second = Claiming(names, log), Claiming(names, log)
        first.hold_before(1)
        one = AsyncRunning(application(names, first, 1), log, "one")
        await has(log, names, (0, "done"))
        await until(_called(first, 1))
        await one.stopped()
        two = AsyncRunning(application(names, second, 1), log, "two")
        await no_lag(log, names)
        await two.stopped()
        assert await steps(log, names) == {(number, step): 1 for number in range(3) for step in ("started", "done")}
        assert second.calls == {1: 1, 2: 1}

    asyncio.run(scenario())


def test_claims_of_a_partition_keep_their_order(log: Log, names: Names) -> None:
    """A claim commits every offset below it: it waits until those are finished or claimed themselves."""

    async def scenario() -> None:
        await create_topics(log, names, 1)
        await write(log, numbered(names.source, 4))
        processor = Claiming(names, log)
        processor.hold_before(0)
        running = AsyncRunning(application(names, processor, 4), log)
        await until(_called(processor, 3))
        await asyncio.sleep(0.3)
        assert await steps(log, names) == {} and not any((await committed(log, names.app)).values())
        processor.release()
        await no_lag(log, names)
        await running.stopped()
        assert await steps(log, names) == {(number, step): 1 for number in range(4) for step in ("started", "done")}
        started = [output["id"] for output in await values(log, names.sink) if output["step"] == "started"]
        assert started == [0, 1, 2, 3]

    asyncio.run(scenario())


def test_a_fenced_or_failed_job_ends_where_it_is(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_topics(log, names, 1)
        await write(log, numbered(names.source, 4))
        processor = Claiming(names, log)
        processor.fenced, processor.failing, processor.deferring = {0}, {1}, {2}
        running = AsyncRunning(application(names, processor, 1), log)
        await no_lag(log, names)
        await has(log, names, (3, "done"))
        await running.stopped()
        assert await steps(log, names) == {
            **{(number, "started"): 1 for number in range(4)},
            (3, "done"): 1,
        }
        assert processor.calls == dict.fromkeys(range(4), 1), "no attempt is repeated after its claim"
        letters = [letter for letter in await values(log, DEAD_LETTERS) if letter["application"] == names.app]
        assert [(letter["offset"], letter["reason"]) for letter in letters] == [
            (1, "failed_after_claim"),
            (2, "deferred_after_claim"),
        ]

    asyncio.run(scenario())


def test_a_publisher_goes_on_after_an_error_but_never_after_being_fenced(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_topics(log, names, 1)
        broker = log.broker()
        emit = Emit(names.sink, "k", {"id": 1, "step": "said"})
        ours = TransactionalPublisher(broker, JsonSerde(), f"{names.app}.id")
        await ours.publish([emit])
        interrupted = asyncio.create_task(ours.publish([emit]))
        await asyncio.sleep(0)
        interrupted.cancel()
        await asyncio.gather(interrupted, return_exceptions=True)
        await ours.publish([emit])
        said = (await steps(log, names))[1, "said"]
        assert said in (2, 3), "the interrupted one may have been written"
        theirs = TransactionalPublisher(broker, JsonSerde(), f"{names.app}.id")
        await theirs.start()
        for _ in range(2):
            try:
                await ours.publish([emit])
            except MigratedError:
                continue
            raise AssertionError("a fenced publisher must not write")
        await theirs.publish([emit])
        assert (await steps(log, names))[1, "said"] == said + 1
        await ours.close()
        await theirs.close()
        await broker.close()

    asyncio.run(scenario())


def _called(processor: Claiming, number: int) -> Callable[[], Awaitable[bool]]:
    async def called() -> bool:
        return number in processor.calls

    return called
