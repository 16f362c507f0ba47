"""State = replay of the changelog (I5), asked of running tasks under load, on every log; planted differences are caught."""

import asyncio
from typing import Any

from services.cli.state_verify import Finding, claims, verify
from shared.stream.broker import OutRecord
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
    write,
)


async def verified(log: Log, names: Names, *running: Running) -> list[Finding]:
    documents = [await one.runner.state_report() for one in running]
    broker = log.broker()
    try:
        return await verify(broker, names.app, ["counts"], claims(names.app, documents))
    finally:
        await broker.close()


async def caught_up(log: Log, names: Names) -> None:
    async def no_lag() -> bool:
        return len(await committed(log, names.app)) == 2 and await lag(log, names.app) == 0

    await until(no_lag)


def test_a_task_says_what_a_restore_gives_in_the_middle_of_its_work(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        running = await Running(counting_application(names, max_batch_records=5), log, log.broker()).ready()
        stop = asyncio.Event()

        async def feed() -> None:
            start = 0
            while not stop.is_set():
                await write(log, numbered(names.source, 20, start=start, keys=40))
                start += 20

        feeding = asyncio.create_task(feed())
        try:
            compared = 0
            for _ in range(8):
                findings = await verified(log, names, running)
                assert [found.result for found in findings] == ["equal", "equal"]
                compared += sum(found.entries or 0 for found in findings)
            assert compared > 40, "it was asked while there was something to compare"
        finally:
            stop.set()
            await feeding
        await running.stopped()

    asyncio.run(scenario())


def test_partitions_of_several_processes_and_of_none(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        await write(log, numbered(names.source, 60))
        first = await Running(counting_application(names), log, log.broker("one")).ready()
        await caught_up(log, names)
        second = await Running(counting_application(names), log, log.broker("two")).ready()

        async def shared_out() -> bool:
            return all([len((await one.runner.state_report())["tasks"]) == 1 for one in (first, second)])

        await until(shared_out)
        assert [found.result for found in await verified(log, names, first, second)] == ["equal", "equal"]
        alone = await verified(log, names, first)
        assert sorted(found.result.split(":")[0] for found in alone) == ["equal", "not compared"]
        await first.stopped()
        await second.stopped()
        nobody = await verified(log, names)
        assert all(found.is_good and found.result.startswith("not compared") for found in nobody)
        assert sum(found.replayed or 0 for found in nobody) == 7

    asyncio.run(scenario())


def test_a_planted_difference_and_a_corrupt_entry_are_caught(log: Log, names: Names) -> None:
    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        await write(log, numbered(names.source, 60))
        running = await Running(counting_application(names), log, log.broker()).ready()
        await caught_up(log, names)

        loops: dict[int, Any] = running.runner._loops
        work: Any = loops[0]._work
        kept = work.state.store("counts")._kept
        key = next(iter(kept))
        kept[key] += 1  # as a value that was mutated after it was put
        found = {one.partition: one for one in await verified(log, names, running)}
        assert not found[0].is_good and found[0].result.startswith("differs") and found[1].is_good
        assert found[0].entries == found[0].replayed, "a difference that no count would show"
        kept[key] -= 1
        assert all(one.is_good for one in await verified(log, names, running))

        await write(log, [OutRecord(names.changelog, b"foreign", b"\x011", (), 1)])
        found = {one.partition: one for one in await verified(log, names, running)}
        assert found[0].is_good and not found[1].is_good and found[1].replayed == (found[1].entries or 0) + 1

        await write(log, [OutRecord(names.changelog, b"k", b"no codec wrote this", (), 1)])
        for asked in ((running,), ()):
            found = {one.partition: one for one in await verified(log, names, *asked)}
            assert found[0].is_good and not found[1].is_good and "unknown codec" in found[1].result
        await running.stopped()

    asyncio.run(scenario())
