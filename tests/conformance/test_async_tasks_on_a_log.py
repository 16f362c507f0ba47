"""The async sibling on every log: at least once, watermark commits, retries, deferrals, fenced jobs."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

from shared.errors import MigratedError, PoisonError, TransientError
from shared.stream.async_runner import AsyncRunner
from shared.stream.broker import OutRecord
from shared.stream.outcome import Deferred, Emit, Emitted, Result, Skipped
from shared.stream.processor import AsyncApplication, AsyncProcessor, Context
from shared.stream.publisher import TransactionalPublisher
from shared.stream.records import Message
from shared.stream.retry import Backoff
from shared.stream.tables import BroadcastTables
from tests.conformance.support import (
    DEAD_LETTERS,
    JsonSerde,
    Log,
    Names,
    committed,
    create,
    dead_letter,
    is_caught_up,
    numbered,
    until,
    values,
    write,
)


class AsyncRunning:
    def __init__(self, application: AsyncApplication, log: Log, client: str = "") -> None:
        self.stop = asyncio.Event()
        self.broker = log.broker(client)
        self.runner = AsyncRunner(
            application,
            self.broker,
            JsonSerde(),
            make_dead_letter=dead_letter,
            timing=log.timing,
            backoff=Backoff(first_s=0.01, longest_s=0.05),
        )
        self.task = asyncio.create_task(self.runner.run(self.stop, grace_s=5.0))

    async def stopped(self) -> None:
        self.stop.set()
        async with asyncio.timeout(60):
            await self.task
        await self.broker.close()


class Answering:
    """Finishes out of order and, on request, fails once, defers twice, or never succeeds."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.calls: Counter[int] = Counter()

    async def handle(self, message: Message, tables: Context) -> Result:
        number = message.event["id"]
        self.calls[number] += 1
        await asyncio.sleep(0.02 if number % 3 == 0 else 0)
        mode = message.event.get("mode")
        if mode == "poison":
            raise PoisonError("cannot_be", "mode")
        if mode == "never" or (mode == "once" and self.calls[number] == 1):
            raise TransientError("the model is away")
        if mode == "defer" and self.calls[number] <= 2:
            return Deferred("not_loaded", 0.01)
        if mode == "skip":
            return Skipped("asked")
        event = {"id": number, "from": str(message.position)}
        return Emitted((Emit(self.names.sink, message.key, event),))


class InTurn:
    """One at a time, slower than they come; the first twenty of partition 0 are skipped."""

    def __init__(self) -> None:
        self.handled: list[int] = []

    async def handle(self, message: Message, tables: Context) -> Result:
        if message.partition == 0 and message.offset < 20:
            return Skipped("too_old")
        await asyncio.sleep(0.01)
        self.handled.append(message.partition)
        return Emitted(())


def application(names: Names, processor: AsyncProcessor) -> AsyncApplication:
    return AsyncApplication(
        names.app, (names.source,), processor, max_in_flight=8, max_attempts=3, commit_interval_ms=20
    )


async def create_for_async(log: Log, names: Names) -> None:
    await create(log, (names.source, 2), (names.sink, 2), (DEAD_LETTERS, 1))


async def no_lag(log: Log, names: Names) -> None:
    await until(lambda: is_caught_up(log, names.app, names.source))


def test_every_message_ends_once_with_its_own_outcome(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for_async(log, names)
        modes = ["", "once", "defer", "never", "poison", "skip", "", ""] * 4
        await write(
            log,
            [
                OutRecord(names.source, b"k%d" % (number % 5), json.dumps({"id": number, "mode": mode}).encode())
                for number, mode in enumerate(modes)
            ]
            + [OutRecord(names.source, b"k", b"no json")],
        )
        processor = Answering(names)
        running = AsyncRunning(application(names, processor), log)
        await no_lag(log, names)
        await running.stopped()
        done = sorted(output["id"] for output in await values(log, names.sink))
        assert done == [number for number, mode in enumerate(modes) if mode in ("", "once", "defer")]
        letters = [letter for letter in await values(log, DEAD_LETTERS) if letter["application"] == names.app]
        assert Counter(letter["reason"] for letter in letters) == {
            "attempts_exhausted": 4,
            "cannot_be": 4,
            "bad_json": 1,
        }
        assert {letter["attempt"] for letter in letters if letter["reason"] == "attempts_exhausted"} == {3}
        assert all(processor.calls[number] == 3 for number, mode in enumerate(modes) if mode in ("never", "defer"))

    asyncio.run(scenario())


def test_a_backlog_keeps_no_other_partition_waiting(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for_async(log, names)
        records = [OutRecord(names.source, b"k", json.dumps({"id": n}).encode(), (), 0) for n in range(60)]
        records += [OutRecord(names.source, b"k", json.dumps({"id": n}).encode(), (), 1) for n in range(15)]
        await write(log, records)
        processor = InTurn()
        one_at_a_time = replace(application(names, processor), max_in_flight=1)
        running = AsyncRunning(one_at_a_time, log)
        await no_lag(log, names)
        await running.stopped()
        assert len(processor.handled) == 40 + 15
        first = Counter(processor.handled[:20])
        assert min(first[0], first[1]) >= 8, "each has every second turn, and what is skipped takes none"

    asyncio.run(scenario())


class Stuck:
    """Never finishes message 3; all others at once."""

    def __init__(self, names: Names, *, free: bool) -> None:
        self.names = names
        self.free = free

    async def handle(self, message: Message, tables: Context) -> Result:
        if message.event["id"] == 3 and not self.free:
            await asyncio.Event().wait()
        return Emitted((Emit(self.names.sink, message.key, {"id": message.event["id"]}),))


def test_the_committed_offset_never_passes_unfinished_work(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 1), (names.sink, 1), (DEAD_LETTERS, 1))
        await write(log, numbered(names.source, 12))
        running = AsyncRunning(application(names, Stuck(names, free=False)), log)

        async def others_done() -> bool:
            return len(await values(log, names.sink)) == 11

        await until(others_done)
        running.runner_stop = asyncio.create_task(running.stopped())  # type: ignore[attr-defined]
        await running.runner_stop  # type: ignore[attr-defined]
        assert list((await committed(log, names.app)).values()) == [3]
        again = AsyncRunning(application(names, Stuck(names, free=True)), log)
        await no_lag(log, names)
        await again.stopped()
        done = Counter(output["id"] for output in await values(log, names.sink))
        assert set(done) == set(range(12)), "at least once"
        assert done[3] == 1

    asyncio.run(scenario())


def test_a_second_member_takes_over_without_loss(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for_async(log, names)
        await write(log, numbered(names.source, 100))
        first = AsyncRunning(application(names, Answering(names)), log, "one")

        async def begun() -> bool:
            return len(await values(log, names.sink)) > 10

        await until(begun)
        second = AsyncRunning(application(names, Answering(names)), log, "two")
        await write(log, numbered(names.source, 100, start=100))
        await until(begun)
        await first.stopped()

        async def all_done() -> bool:
            return {output["id"] for output in await values(log, names.sink)} == set(range(200))

        await until(all_done)
        await second.stopped()

    asyncio.run(scenario())


class Job:
    """Tells progress while it works, under the job's own transactional id; a rival may take the id over."""

    def __init__(self, names: Names, log: Log) -> None:
        self.names = names
        self.log = log
        self.fenced = 0

    async def handle(self, message: Message, tables: Context) -> Result:
        number = message.event["id"]
        await tables.publish([Emit(self.names.sink, message.key, {"id": number, "step": "started"})])
        if number == 1 and not self.fenced:
            rival = TransactionalPublisher(self.log.broker("rival"), JsonSerde(), f"{self.names.app}.job.1")
            await rival.start()
            await rival.close()
            try:
                await tables.publish([Emit(self.names.sink, message.key, {"id": number, "step": "stale"})])
            except (MigratedError, TransientError):
                self.fenced += 1
                raise
        return Emitted((Emit(self.names.sink, message.key, {"id": number, "step": "done"}),))


def test_a_stale_worker_of_a_job_is_fenced(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 1), (names.sink, 1), (DEAD_LETTERS, 1))
        await write(log, numbered(names.source, 2))
        job = Job(names, log)
        running = AsyncRunning(
            AsyncApplication(
                names.app,
                (names.source,),
                job,
                max_in_flight=1,
                commit_interval_ms=20,
                transactional_id=lambda message: f"{names.app}.job.{message.event['id']}",
            ),
            log,
        )
        await no_lag(log, names)
        await running.stopped()
        steps = Counter((output["id"], output["step"]) for output in await values(log, names.sink))
        assert steps == {(0, "started"): 1, (0, "done"): 1, (1, "started"): 2, (1, "done"): 1}
        assert job.fenced == 1

    asyncio.run(scenario())


def test_broadcast_tables_follow_their_topics(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create(log, (names.source, 2))
        await write(log, [OutRecord(names.source, b"a", b"1"), OutRecord(names.source, b"a", b"2")])
        await write(log, [OutRecord(names.source, b"b", b"3"), OutRecord(names.source, b"c", b"broken")])
        seen: list[tuple[str, object]] = []
        broker = log.broker()
        tables = BroadcastTables(
            broker, JsonSerde(), [names.source], on_change=lambda topic, key, event: seen.append((key, event))
        )
        await tables.start()
        await tables.wait_current()
        assert dict(tables.table(names.source)) == {"a": 2, "b": 3}
        assert tables.table_version(names.source) == 4
        before = tables.snapshot()
        await write(log, [OutRecord(names.source, b"a", None), OutRecord(names.source, b"b", b"4")])
        await tables.wait_current()
        assert dict(tables.table(names.source)) == {"b": 4}
        assert tables.table_version(names.source) == 6
        assert dict(before.table(names.source)) == {"a": 2, "b": 3}, "a snapshot does not move"
        assert [event for key, event in seen if key == "a"] == [1, 2, None]
        await tables.stop()
        await broker.close()

    asyncio.run(scenario())
