"""``make bench-pipeline``: how fast a call gets from ``observation.raw`` to ``observation.clustered``, on real Kafka.

Redactor, deduper and clusterer run as the processes that they are in service, each once, beside an embedded broker; the
bench itself writes and reads through the broker seam. Two questions: records/s through a backlog, and the time from the
moment a record was due to be sent until a read_committed reader has it, under a steady rate.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.kafka_runtime import KAFKA_VERSION
from infra.local.settings import LocalServers, LocalSettings
from infra.local.stack import Stack
from infra.local.topics import open_broker
from shared.errors import FatalError
from shared.events.observations import ObservationClustered
from shared.schema.codec import Codec
from shared.settings import Settings
from shared.stream.broker import Broker, OutRecord, Reader
from shared.stream.records import TopicPartition
from tests.bench.calls import observations
from tests.bench.results import quantile, spread, this_machine, write_section

SERVICES = ("clusterer", "deduper", "ingest_redactor")
SOURCE, TARGET = "observation.raw", "observation.clustered"
GOAL_P99_MS, GOAL_RATE = 1000.0, 200.0
SEND_BATCH = 500
TICK_S = 0.01
STILL_S = 60.0
PORTS = LocalServers(kafka_port=0, kafka_controller_port=0, postgres_port=0, redis_port=0)


@dataclass(frozen=True, slots=True)
class Options:
    records: int
    rounds: int
    rate: float
    seconds: float
    write: bool


class Bench:
    """Writes observations and notes when each one is visible at the other end."""

    def __init__(self, broker: Broker, codec: Codec) -> None:
        self._broker = broker
        self._codec = codec
        self._producer = broker.producer()
        self._reader: Reader = broker.reader()
        self._partitions: list[TopicPartition] = []
        self._values: list[tuple[float, bytes]] = []
        self._produced = 0

    async def start(self) -> None:
        await self._producer.start()
        await self._reader.start()
        self._partitions = list(await self._reader.partitions(TARGET))
        self._reader.assign(await self._reader.stable_ends(self._partitions))

    async def stop(self) -> None:
        await self._producer.close()
        await self._reader.stop()

    def encoded(self, count: int, seed: int) -> list[tuple[str, OutRecord]]:
        """(event id, record) ready to be sent: encoding is the router's work and not measured here."""
        made = observations(count, seed, int(time.time() * 1000))
        return [
            (one.event_id, OutRecord(SOURCE, f"{one.tenant}|{one.episode}".encode(), self._codec.encode(SOURCE, one)))
            for one in made
        ]

    async def backlog(self, count: int, seed: int) -> float:
        """Seconds from the first send until all of ``count`` records are visible as clustered ones."""
        records = self.encoded(count, seed)
        started_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send([record for _, record in records]))
            seen = await self._collect(count)
        self._check({event_id for event_id, _ in records}, seen)
        return max(at_s for at_s in seen.values()) - started_s

    async def steady(self, rate: float, seconds: float, seed: int) -> list[float]:
        """Milliseconds from due to visible, of every record, at ``rate`` records/s.

        Counted from when a record was due, not from when it was sent: a producer that falls behind is no excuse.
        """
        records = self.encoded(round(rate * seconds), seed)
        due_s: dict[str, float] = {}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pace(records, rate, due_s))
            seen = await self._collect(len(records))
        self._check(set(due_s), seen)
        return [(seen[event_id] - at_s) * 1000 for event_id, at_s in due_s.items()]

    async def _pace(self, records: Sequence[tuple[str, OutRecord]], rate: float, due_s: dict[str, float]) -> None:
        started_s, sent = time.monotonic(), 0
        while sent < len(records):
            ready = min(len(records), int((time.monotonic() - started_s) * rate) + 1)
            if ready > sent:
                for index in range(sent, ready):
                    due_s[records[index][0]] = started_s + index / rate
                await self._producer.send([record for _, record in records[sent:ready]])
                sent = ready
            await asyncio.sleep(TICK_S)

    async def _send(self, records: Sequence[OutRecord]) -> None:
        for start in range(0, len(records), SEND_BATCH):
            await self._producer.send(records[start : start + SEND_BATCH])

    async def _collect(self, count: int) -> dict[str, float]:
        """When each of the next ``count`` records arrived, by event id; decoded afterwards, off the clock."""
        arrived: list[tuple[float, bytes]] = []
        last_s = time.monotonic()
        while len(arrived) < count:
            found = await self._reader.poll(self._partitions, 2000, 0.05)
            now_s = time.monotonic()
            if found:
                last_s = now_s
                arrived += [(now_s, record.value) for record in found if record.value is not None]
            elif now_s - last_s > STILL_S:
                raise FatalError(f"only {len(arrived)} of {count} records came through within {STILL_S:.0f} s")
        seen: dict[str, float] = {}
        for at_s, value in arrived:
            event = self._codec.decode(TARGET, value)
            assert isinstance(event, ObservationClustered)
            seen[event.event_id] = at_s
        return seen

    @staticmethod
    def _check(sent: set[str], seen: dict[str, float]) -> None:
        """A fast pipeline that loses or doubles records is no pipeline."""
        if sent != set(seen):
            raise FatalError(f"{len(sent - set(seen))} records lost, {len(set(seen) - sent)} from elsewhere")


async def measure(stack: Stack, options: Options) -> tuple[list[float], list[float]]:
    """Records/s of each round, and the latencies under the steady rate in ms."""
    broker = open_broker(stack.kafka_settings)
    bench = Bench(broker, Codec.from_dir(Settings().schemas_dir))
    await bench.start()
    try:
        say("warming up: 500 records")
        await bench.backlog(500, seed=1)
        rates = []
        for number in range(options.rounds):
            took_s = await bench.backlog(options.records, seed=10 + number)
            rates.append(options.records / took_s)
            say(f"round {number + 1}: {options.records} records in {took_s:.1f} s = {rates[-1]:,.0f} records/s")
        say(f"steady: {options.rate:.0f} records/s for {options.seconds:.0f} s")
        latencies = await bench.steady(options.rate, options.seconds, seed=99)
        return rates, latencies
    finally:
        await bench.stop()
        await broker.close()


def run(options: Options) -> tuple[list[float], list[float]]:
    """Start what is measured in a folder of its own, measure, stop everything."""
    with (
        tempfile.TemporaryDirectory(prefix="flywheel-bench-") as home,
        Stack(LocalSettings(home=Path(home), local=PORTS), announce=say) as stack,
    ):
        stack.start_servers(only=("kafka",))
        for name in SERVICES:
            stack.start_service(name)
        for name in SERVICES:
            stack.wait_service(name, timeout_s=120.0)
        return asyncio.run(measure(stack, options))


def report(options: Options, rates: list[float], latencies: list[float]) -> tuple[list[str], bool]:
    p50, p99, worst = quantile(latencies, 0.5), quantile(latencies, 0.99), max(latencies)
    holds = p99 <= GOAL_P99_MS
    at_goal = options.rate >= GOAL_RATE
    verdict = ("held" if holds else "MISSED") if at_goal else "not put to the test: the rate was lower"
    lines = [
        "",
        "| measured | value |",
        "|---|---|",
        f"| raw → clustered, backlog of {options.records:,}, median of {options.rounds} | {spread(rates)} records/s |",
        f"| latency p50 / p99 / worst at {options.rate:.0f} records/s for {options.seconds:.0f} s "
        f"| {p50:.0f} / {p99:.0f} / {worst:.0f} ms |",
        f"| goal: p99 ≤ {GOAL_P99_MS:.0f} ms at {GOAL_RATE:.0f} records/s | {verdict} |",
        "",
        "Embedded broker with 4 partitions, one process each of redactor, deduper and clusterer, exactly-once, "
        "`commit_interval_ms` 100, the demo's traffic (≈ 20 % multi-step). The broker, the three services and the bench's "
        "own writer and reader share the cores. Nothing was lost and nothing came twice (checked by event id).",
    ]
    return lines, holds or not at_goal


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.pipeline", description="raw → clustered: rate, latency"
    )
    parser.add_argument("--records", type=int, default=6000, help="size of the backlog (default 6000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the backlog (default 3)")
    parser.add_argument("--rate", type=float, default=GOAL_RATE, help="records/s of the steady part (default 200)")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the steady part (default 30)")
    parser.add_argument("--no-write", action="store_true", help="print only; leave RESULTS.md as it is")
    given = parser.parse_args(arguments)
    return Options(given.records, given.rounds, given.rate, given.seconds, not given.no_write)


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    options = parse(sys.argv[1:])
    machine = this_machine("aiokafka", "fastavro", "google-re2", "rensa", "wordllama")
    rates, latencies = run(options)
    lines, holds = report(options, rates, latencies)
    lines = [*machine.lines(), f"- broker: Apache Kafka {KAFKA_VERSION}, embedded", *lines]
    say(f"median {statistics.median(rates):,.0f} records/s")
    sys.stdout.write((write_section("Pipeline", lines) if options.write else "\n".join(lines)) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
