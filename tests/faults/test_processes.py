"""Real processes on real Kafka: killed, joined, blocked, badly deployed and told to end; every record exactly once."""

import asyncio
import json
import signal
import time
from pathlib import Path

import pytest

from infra.local.kafka import KafkaServer
from shared.lifecycle import ExitCode
from shared.stream.broker import OutRecord
from tests.conformance.support import (
    DEAD_LETTERS,
    KafkaLog,
    Names,
    Running,
    create_for,
    numbered,
    until,
    values,
    write,
)
from tests.faults.fleet import Fleet, assert_exactly_once, sink_has, survives


def test_kill_minus_nine_loses_and_doubles_nothing(fleet: Fleet, names: Names, kafka_bootstrap: str) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names)
        fleet.start()
        victim = fleet.start()
        await fleet.has_said(0, "a task runs")
        await fleet.has_said(1, "a task runs")
        for start in range(0, 600, 20):
            await write(log, numbered(names.source, 20, start=start))
            if start == 300:
                victim.kill()
                victim.wait()
                fleet.start()
        await sink_has(log, names, 600)
        await assert_exactly_once(log, names, 600)

    asyncio.run(scenario())


def test_one_process_becomes_three_and_one_again_under_load(fleet: Fleet, names: Names, kafka_bootstrap: str) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names)
        for step in range(30):
            if step in (0, 6, 8):
                fleet.start()
            if step in (18, 22):
                fleet.processes[step // 20].send_signal(signal.SIGTERM)
            await write(log, numbered(names.source, 20, start=20 * step))
            await asyncio.sleep(0.2)
        await sink_has(log, names, 600)
        await assert_exactly_once(log, names, 600)
        assert [await asyncio.to_thread(p.wait, 30) for p in fleet.processes[:2]] == [0, 0]
        assert all(fleet.said(number, "a task runs") for number in range(3)), "each had its share"

    asyncio.run(scenario())


def test_a_member_without_partitions_stands_by_and_takes_over(fleet: Fleet, names: Names, kafka_bootstrap: str) -> None:
    """More members than partitions: the surplus one is ready, does nothing, and is not shut out for it."""
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        for number in range(2):
            fleet.start()
            await fleet.has_said(number, "a task runs")
        fleet.start()

        async def one_has_none() -> bool:
            return any(fleet.said(number, "no partition is left for this member") for number in range(3))

        await until(one_has_none, 90)
        spare = next(n for n in range(3) if fleet.said(n, "no partition is left for this member"))
        assert [await fleet.answers(spare, path) for path in ("/healthz", "/readyz")] == [200, 200]
        await write(log, numbered(names.source, 100))
        for number in set(range(3)) - {spare}:
            fleet.processes[number].kill()
        await write(log, numbered(names.source, 100, start=100))
        await sink_has(log, names, 200)
        await assert_exactly_once(log, names, 200)

    asyncio.run(scenario())


def test_the_transaction_of_a_dead_process_holds_readers_back_no_longer_than_its_time_out(
    fleet: Fleet, names: Names, kafka_bootstrap: str, tmp_path: Path
) -> None:
    """Killed inside a transaction, and nobody takes over: read_committed readers go on once the coordinator aborts it."""
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        mark = tmp_path / "inside"
        victim = fleet.start("--stop-inside", str(mark), "--transaction-s", "6")
        await write(log, numbered(names.source, 200))

        async def inside() -> bool:
            return mark.exists()

        await until(inside)
        victim.kill()
        victim.wait()
        seen = len(await values(log, names.sink))
        await write(log, [OutRecord(names.sink, b"k", json.dumps({"key": "after", "id": -1, "count": 0}).encode())])
        killed_s = time.monotonic()
        await sink_has(log, names, seen + 1, 60)
        stalled_s = time.monotonic() - killed_s
        assert (await values(log, names.sink))[-1]["id"] == -1, "none of the aborted records is seen"
        print(f"readers stood still for {stalled_s:.1f} s behind a dead process's transaction (time-out 6 s)")

    asyncio.run(scenario())


def test_a_blocked_event_loop_ends_the_process_and_the_next_goes_on(
    fleet: Fleet, names: Names, kafka_bootstrap: str, tmp_path: Path
) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        stuck = fleet.start("--stop-inside", str(tmp_path / "inside"), "--stuck-after-s", "1")
        await write(log, numbered(names.source, 200))
        assert await asyncio.to_thread(stuck.wait, 60) == ExitCode.FAILED
        assert "in commit" in fleet.text(0), "the stacks tell where it stood"
        fleet.start()
        await sink_has(log, names, 200)
        await assert_exactly_once(log, names, 200)

    asyncio.run(scenario())


def test_a_bad_deploy_halts_with_its_own_code_and_fills_no_dead_letters(
    fleet: Fleet, names: Names, kafka_bootstrap: str
) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names, partitions=1)
        before = len(await values(log, DEAD_LETTERS))
        await write(log, [OutRecord(names.source, b"k", json.dumps({"bad": True}).encode()) for _ in range(300)])
        halted = fleet.start("--stop-limit", "50")
        assert await asyncio.to_thread(halted.wait, 60) == ExitCode.FATAL
        (told,) = [line for line in fleet.lines(0) if line["message"] == "stopped by an error"]
        assert "rejected 50 records in a row" in told["error"] and "Mend the service" in told["error"]
        assert len(await values(log, DEAD_LETTERS)) - before < 50, "the backlog stays in the topic"
        fleet.start("--stop-limit", "1000")  # the mended deploy goes on where the first one halted

        async def all_handled() -> bool:
            return len(await values(log, DEAD_LETTERS)) - before == 300

        await until(all_handled, 90)

    asyncio.run(scenario())


def test_sigterm_under_load_ends_clean_and_leaves_the_group(fleet: Fleet, names: Names, kafka_bootstrap: str) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names)
        first = fleet.start()
        await write(log, numbered(names.source, 400))
        await sink_has(log, names, 1)
        first.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(first.wait, 20) == ExitCode.CLEAN
        assert fleet.said(0, "left the group")
        fleet.start()
        await sink_has(log, names, 400)
        await assert_exactly_once(log, names, 400)
        paths = ("/healthz", "/readyz", "/metrics", "/nothing")
        assert [await fleet.answers(1, path) for path in paths] == [200, 200, 200, 404]

    asyncio.run(scenario())


@pytest.mark.parametrize("when", ["at_once", "while_it_joins", "twice"])
def test_sigterm_during_the_start_or_twice_loses_nothing(
    fleet: Fleet, names: Names, kafka_bootstrap: str, when: str
) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names)
        await write(log, numbered(names.source, 400))
        first = fleet.start()
        await fleet.has_said(0, "started")
        if when != "at_once":
            await fleet.has_said(0, "a task runs" if when == "twice" else "started")
        if when == "while_it_joins":
            await asyncio.sleep(0.3)
        first.send_signal(signal.SIGTERM)
        if when == "twice":
            first.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(first.wait, 20)
        assert code in ((ExitCode.CLEAN, ExitCode.ABORTED) if when == "twice" else (ExitCode.CLEAN,))
        fleet.start()
        await sink_has(log, names, 400)
        await assert_exactly_once(log, names, 400)

    asyncio.run(scenario())


def test_the_death_of_the_broker_is_survived_in_place(names: Names, tmp_path: Path) -> None:
    """kill -9 of the broker under load, then the same folder started again; nothing is lost, doubled or restarted."""
    server = KafkaServer(tmp_path, fast_failover=True)
    server.start()

    async def kill(_: Running) -> None:
        server.kill()

    try:
        asyncio.run(survives(server, names, 3000, kill))
    finally:
        server.stop()
