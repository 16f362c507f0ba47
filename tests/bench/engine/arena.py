"""One embedded broker, the contenders as processes on it, and what is written and read around them."""

import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.local.process import ChildProcess
from infra.local.settings import CHECKOUT
from shared.brokers.kafka import KafkaBroker
from shared.errors import FatalError
from shared.schema.derive import schema_of
from shared.settings import KafkaSettings
from shared.stream.broker import NewTopic, OutRecord, Reader
from shared.stream.records import Record, TopicPartition
from tests.bench.engine.event import Call
from tests.bench.engine.options import Options

START_S = 60.0
STILL_S = 60.0
SEND_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work: ``kind`` names the module, ``python`` the interpreter that has its libraries."""

    kind: str
    partitions: int
    max_batch: int
    python: str = sys.executable

    @property
    def name(self) -> str:
        return f"{self.kind} {self.partitions}p ≤{self.max_batch}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it started."""

    cpu_s: float
    rss_mib: float


class Arena:
    """Makes topics, fills sources, starts contenders, reads sinks."""

    def __init__(self, bootstrap: str, broker_pid: int, home: Path) -> None:
        self.bootstrap = bootstrap
        self.home = home
        self.broker = KafkaBroker(KafkaSettings(bootstrap_servers=bootstrap), client_id="bench")
        self._broker_pid = broker_pid
        self._runs = 0
        self.schema = home / "call.avsc"
        self.schema.write_text(json.dumps(schema_of(Call)))

    async def create(self, *topics: NewTopic) -> None:
        await self.broker.admin().create_topics(topics)

    async def fill(self, records: Sequence[OutRecord]) -> None:
        producer = self.broker.producer()
        await producer.start()
        try:
            for start in range(0, len(records), SEND_BATCH):
                await producer.send(records[start : start + SEND_BATCH])
        finally:
            await producer.close()

    @asynccontextmanager
    async def run(self, contender: Contender, source: str, commit_ms: int) -> AsyncIterator["Run"]:
        """A contender at work, on a group and a sink of its own; stopped and its sink deleted at the end."""
        self._runs += 1
        name = f"{contender.kind}-{self._runs}"
        stamped = {"message.timestamp.type": "LogAppendTime"}
        sink = f"sink.{name}"
        await self.create(NewTopic(sink, contender.partitions, configs=stamped))
        data = self.home / name
        data.mkdir()
        options = Options(
            self.bootstrap, name, source, sink, contender.partitions, contender.max_batch, commit_ms, self.schema, data
        )
        command = [contender.python, "-m", f"tests.bench.engine.with_{contender.kind}", *options.argv()]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "ignore"}
        child = ChildProcess(name, command, log_path=data / "log", env=environment, cwd=CHECKOUT)
        child.start()
        reader = self.broker.reader()
        try:
            await reader.start()
            yield Run(child, sink, reader, await reader.partitions(sink))
        finally:
            await reader.stop()
            child.stop(grace_s=20.0)
            await self.broker.admin().delete_topics([sink])

    def broker_cpu_s(self) -> float:
        return usage(self._broker_pid).cpu_s


class Run:
    """One contender while it works."""

    def __init__(self, child: ChildProcess, sink: str, reader: Reader, partitions: tuple[TopicPartition, ...]) -> None:
        self.child = child
        self.sink = sink
        self.reader = reader
        self.partitions = partitions

    async def written(self) -> int:
        """Offsets of the sink's stable ends together: records, and the markers between them."""
        self.check_alive()
        return sum((await self.reader.stable_ends(self.partitions)).values())

    def check_alive(self) -> None:
        if not self.child.is_running:
            raise FatalError(f"{self.child.name} ended by itself ({self.child.exit_code})\n{self.child.log_tail(30)}")

    def usage(self) -> Usage:
        self.check_alive()
        assert self.child.pid is not None
        return usage(self.child.pid)

    async def outputs(self) -> list[Record]:
        """Every committed record of the sink as it stands."""
        ends = await self.reader.stable_ends(self.partitions)
        left = [partition for partition in self.partitions if ends[partition] > 0]
        self.reader.assign(dict.fromkeys(left, 0))
        found: list[Record] = []
        while left:
            found += await self.reader.poll(left, 20_000, 0.2)
            left = [partition for partition in left if await self.reader.position(partition) < ends[partition]]
        return found


def usage(pid: int) -> Usage:
    process = psutil.Process(pid)
    times = process.cpu_times()
    return Usage(times.user + times.system, process.memory_info().rss / 2**20)


class Patience:
    """Raises :class:`FatalError` when a count stands still for too long."""

    def __init__(self, what: str, limit_s: float = STILL_S) -> None:
        self._what = what
        self._limit_s = limit_s
        self._count = -1
        self._since_s = time.monotonic()

    def saw(self, count: int) -> float:
        """Seconds since ``count`` last changed."""
        now_s = time.monotonic()
        if count != self._count:
            self._count, self._since_s = count, now_s
        if now_s - self._since_s > self._limit_s:
            raise FatalError(f"{self._what} stands at {count} for {self._limit_s:.0f} s")
        return now_s - self._since_s
