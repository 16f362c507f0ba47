"""Old and new processes in one group on Kafka, schemas of both versions in the log: replaced one by one without a stop,
everything exactly once; and in the wrong order, everything waits and nothing becomes a dead letter."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.kafka import KafkaServer
from shared.events.vocabulary import TrainingPhase
from shared.lifecycle import ExitCode
from shared.schema.codec import Codec
from shared.schema.release import release
from shared.stream.broker import NewTopic, OutRecord
from tests.conformance.support import KafkaLog, committed, lag, read, until, write
from tests.integration.upgrading_process import GROUP, SINK, SOURCE, STORE, classes
from tests.unit.schema.versions import ADDED, DEFAULT

PARTITIONS, KEYS = 4, 24
LIMIT_S = 120.0

pytestmark = pytest.mark.timeout(400)


@dataclass
class Upgrade:
    """One broker, one folder of schemas (version 1 released), and the processes of one test."""

    log: KafkaLog
    bootstrap: str
    folder: Path
    schemas: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    written: list[int] = field(default_factory=list)

    def start(self, version: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.integration.upgrading_process", self.bootstrap, str(self.schemas)]
        with self.log_of(len(self.processes)).open("wb") as sink:
            process = subprocess.Popen([*command, str(version)], stdout=sink, stderr=sink)
        self.processes.append(process)
        return process

    def log_of(self, number: int) -> Path:
        return self.folder / f"process-{number}.log"

    def said(self, number: int, message: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log_of(number).read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    def release_version_2(self) -> None:
        assert release(self.schemas, check=False, events=classes(2)) == [f"{SINK} v2", f"{SOURCE} v2"]

    async def write(self, version: int, count: int, schemas: Path | None = None) -> None:
        """``count`` new events as a writer of ``version`` writes them."""
        codec, kind = Codec.from_dir(schemas or self.schemas, classes(version)), classes(version)[SOURCE]
        records = []
        for _ in range(count):
            number = len(self.written)
            self.written.append(version)
            more = {ADDED: f"n{number}"} if version == 2 else {}
            event = kind(
                job_id=str(number), cluster="c", attempt=1, fencing_token=1, phase=TrainingPhase.TRAINING, worker="writer",
                progressed_at_ms=number, **more,
            )  # fmt: skip
            records.append(OutRecord(SOURCE, f"k{number % KEYS}".encode(), codec.encode(SOURCE, event)))
        await write(self.log, records)

    async def all_passed(self) -> None:
        async def done() -> bool:
            for number, process in enumerate(self.processes):
                assert process.poll() in (None, ExitCode.CLEAN), self.log_of(number).read_text()
            return len(await read(self.log, SINK)) >= len(self.written)

        await until(done, LIMIT_S)

    async def passed(self, version: int) -> list[Any]:
        """Everything in the sink, as a reader of ``version`` sees it."""
        codec = Codec.from_dir(self.schemas, classes(version))
        return [codec.decode(SINK, record.value or b"") for record in await read(self.log, SINK)]

    async def stopped(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, LIMIT_S) == ExitCode.CLEAN


@pytest.fixture
def upgrade(tmp_path: Path) -> Iterator[Upgrade]:
    server = KafkaServer(tmp_path / "kafka", fast_failover=True)
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    release(schemas, check=False, events=classes(1))
    server.start()
    try:
        server.wait_ready(LIMIT_S)
        made = Upgrade(KafkaLog(server.address), server.address, tmp_path, schemas)
        asyncio.run(_create(made.log))
        yield made
        for process in made.processes:
            process.kill()
            process.wait()
    finally:
        server.stop()


async def _create(log: KafkaLog) -> None:
    broker = log.broker()
    names = (SOURCE, SINK, f"{GROUP}.{STORE.name}.changelog")
    await broker.admin().create_topics([*(NewTopic(n, PARTITIONS) for n in names), NewTopic("dead.letter", 1)])
    await broker.close()


async def assert_exactly_once(upgrade: Upgrade) -> None:
    """Each event once, in order per key and counted without a gap; new fields kept by new code, defaulted or dropped by
    old; nothing rejected; no lag."""
    by_new, by_old = await upgrade.passed(2), await upgrade.passed(1)
    assert sorted(int(event.job_id) for event in by_new) == list(range(len(upgrade.written)))
    assert [event.job_id for event in by_old] == [event.job_id for event in by_new], "old readers read on"
    for event in by_new:
        number = int(event.job_id)
        kept = upgrade.written[number] == 2 and event.worker == "v2"
        assert getattr(event, ADDED) == (f"n{number}" if kept else DEFAULT)
    for key in range(KEYS):
        mine = [event for event in by_new if int(event.job_id) % KEYS == key]
        assert [event.step for event in mine] == list(range(1, len(mine) + 1))
        assert [int(event.job_id) for event in mine] == sorted(int(event.job_id) for event in mine)
    assert await read(upgrade.log, "dead.letter") == []

    async def no_lag() -> bool:
        return await lag(upgrade.log, GROUP) == 0

    await until(no_lag, LIMIT_S)


def test_processes_are_replaced_one_by_one_without_a_stop(upgrade: Upgrade) -> None:
    async def scenario() -> None:
        old = upgrade.start(1)
        await upgrade.write(1, 120)
        await upgrade.all_passed()
        upgrade.release_version_2()  # schemas first: the old process finds them when it meets their id
        for _ in range(3):
            await upgrade.write(1, 40)
            await upgrade.write(2, 40)
        await upgrade.all_passed()
        new = upgrade.start(2)

        async def shares() -> bool:
            return len(upgrade.said(1, "a task runs")) >= PARTITIONS // 2

        while not await shares():  # under load all the while
            await upgrade.write(1, 10)
            await upgrade.write(2, 10)
        before = len(upgrade.written)
        for _ in range(3):
            await upgrade.write(1, 40)
            await upgrade.write(2, 40)
        await upgrade.all_passed()
        both = {event.worker for event in await upgrade.passed(2) if int(event.job_id) >= before}
        assert both == {"v1", "v2"}, "old and new code worked side by side"
        stopping = asyncio.create_task(upgrade.stopped(old))
        for _ in range(3):
            await upgrade.write(2, 40)
            await upgrade.write(1, 40)
        await stopping
        before = len(upgrade.written)
        await upgrade.write(2, 80)
        await upgrade.all_passed()
        late = {event.worker for event in await upgrade.passed(2) if int(event.job_id) >= before}
        assert late == {"v2"}
        await assert_exactly_once(upgrade)
        await upgrade.stopped(new)

    asyncio.run(scenario())


def test_a_writer_ahead_of_the_schemas_halts_readers_and_loses_nothing(upgrade: Upgrade) -> None:
    """The wrong order: the old process does not know the id. It ends with one clear line, commits nothing of it and
    writes no dead letter; once the schemas are there, it goes on where it was."""

    async def scenario() -> None:
        first = upgrade.start(1)
        await upgrade.write(1, 100)
        await upgrade.all_passed()
        elsewhere = upgrade.folder / "elsewhere"
        elsewhere.mkdir()
        release(elsewhere, check=False, events=classes(1))
        release(elsewhere, check=False, events=classes(2))
        await upgrade.write(2, 200, schemas=elsewhere)
        assert await asyncio.to_thread(first.wait, LIMIT_S) == ExitCode.FATAL
        (line,) = upgrade.said(0, "stopped by an error")
        assert f"{SOURCE} holds a record of schema id" in line["error"] and "the record waits" in line["error"]
        assert await read(upgrade.log, "dead.letter") == []
        assert sum((await committed(upgrade.log, GROUP)).values()) == 100, "nothing of the new version"
        assert len(await upgrade.passed(1)) == 100
        upgrade.processes.clear()
        upgrade.release_version_2()
        again = upgrade.start(1)
        await upgrade.all_passed()
        await assert_exactly_once(upgrade)
        await upgrade.stopped(again)

    asyncio.run(scenario())
