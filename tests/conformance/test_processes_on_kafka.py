"""Real processes on real Kafka: killed, stopped inside a transaction, and told to end; every record exactly once."""

import asyncio
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.kafka import KafkaServer
from tests.conformance.support import (
    KafkaLog,
    Names,
    Running,
    committed,
    counting_application,
    counts_by_key,
    create_for,
    lag,
    numbered,
    until,
    values,
    write,
)

pytestmark = pytest.mark.servers


class Fleet:
    """Counting processes of one test; ended by their own ids."""

    def __init__(self, bootstrap: str, names: Names, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.names = names
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, mark: Path | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.conformance.counting_process", self.bootstrap]
        command += [self.names.app, self.names.source, self.names.sink, *([str(mark)] if mark else [])]
        with (self.folder / f"log-{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log)
        self.processes.append(process)
        return process

    def lines(self, number: int) -> list[dict[str, Any]]:
        path = self.folder / f"log-{number}"
        return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]

    def said(self, number: int, message: str) -> bool:
        return any(line["message"] == message for line in self.lines(number))


@pytest.fixture
def fleet(kafka_bootstrap: str, names: Names, tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(kafka_bootstrap, names, tmp_path)
    yield fleet
    for process in fleet.processes:
        process.kill()
        process.wait()


async def sink_has(log: KafkaLog, names: Names, count: int) -> None:
    async def enough() -> bool:
        return len(await values(log, names.sink)) >= count

    await until(enough, 90)


async def assert_exactly_once(log: KafkaLog, names: Names, count: int) -> None:
    outputs = await values(log, names.sink)
    assert sorted(output["id"] for output in outputs) == list(range(count))
    assert all(counts == list(range(1, len(counts) + 1)) for counts in counts_by_key(outputs).values())


def test_kill_minus_nine_loses_and_doubles_nothing(fleet: Fleet, names: Names, kafka_bootstrap: str) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names)
        fleet.start()
        victim = fleet.start()

        async def both_work() -> bool:
            return fleet.said(0, "a task runs") and fleet.said(1, "a task runs")

        await until(both_work)
        for start in range(0, 600, 20):
            await write(log, numbered(names.source, 20, start=start))
            if start == 300:
                victim.kill()
                victim.wait()
                fleet.start()
        await sink_has(log, names, 600)
        await assert_exactly_once(log, names, 600)

    asyncio.run(scenario())


def test_a_process_stopped_inside_a_transaction_wakes_to_find_itself_fenced(
    fleet: Fleet, names: Names, kafka_bootstrap: str, tmp_path: Path
) -> None:
    """SIGSTOP between the records and the commit, past the session, while another process takes over; then SIGCONT."""
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names, partitions=2)
        mark = tmp_path / "inside"
        sleeper = fleet.start(mark)
        await write(log, numbered(names.source, 200))

        async def inside() -> bool:
            return mark.exists()

        await until(inside)
        sleeper.send_signal(signal.SIGSTOP)
        fleet.start()
        await sink_has(log, names, 200)
        await assert_exactly_once(log, names, 200)
        sleeper.send_signal(signal.SIGCONT)
        await write(log, numbered(names.source, 200, start=200))

        async def fenced() -> bool:
            return fleet.said(0, "a task is opened again") or fleet.said(0, "a rebalance began")

        await until(fenced)
        await sink_has(log, names, 400)
        await assert_exactly_once(log, names, 400)

    asyncio.run(scenario())


def test_sigterm_under_load_ends_clean_and_leaves_the_group(fleet: Fleet, names: Names, kafka_bootstrap: str) -> None:
    log = KafkaLog(kafka_bootstrap)

    async def scenario() -> None:
        await create_for(log, names)
        first = fleet.start()
        await write(log, numbered(names.source, 400))
        await sink_has(log, names, 1)
        first.send_signal(signal.SIGTERM)
        assert first.wait(20) == 0
        assert fleet.said(0, "left the group")
        fleet.start()
        await sink_has(log, names, 400)
        await assert_exactly_once(log, names, 400)

        def get(path: str) -> int:
            started = next(line for line in fleet.lines(1) if line["message"] == "started")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{started['port']}{path}") as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

        paths = ("/healthz", "/readyz", "/metrics", "/nothing")
        assert [await asyncio.to_thread(get, path) for path in paths] == [200, 200, 200, 404]

    asyncio.run(scenario())


def test_the_death_of_the_broker_is_survived_in_place(names: Names, tmp_path: Path) -> None:
    """kill -9 of the broker under load, then the same folder started again; nothing is lost, doubled or restarted."""
    server = KafkaServer(tmp_path, fast_failover=True)
    server.start()

    async def scenario() -> None:
        await asyncio.to_thread(server.wait_ready, 60)
        log = KafkaLog(server.address)
        await create_for(log, names)
        running = await Running(counting_application(names, max_batch_records=10), log, log.broker()).ready()
        await write(log, numbered(names.source, 3000))

        async def begun() -> bool:
            return sum((await committed(log, names.app)).values()) > 100

        await until(begun)
        server.kill()
        server.start()
        await asyncio.to_thread(server.wait_ready, 60)

        async def caught_up() -> bool:
            return await lag(log, names.app) == 0

        await until(caught_up, 120)
        await running.stopped()
        await assert_exactly_once(log, names, 3000)

    try:
        asyncio.run(scenario())
    finally:
        server.stop()
