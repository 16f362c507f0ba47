"""End to end at a steady rate: from when a record was due to be sent until a read_committed reader has its output."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from shared.stream.broker import NewTopic, OutRecord
from tests.bench.engine.arena import Arena, Contender, Patience, Run
from tests.bench.engine.event import check_exact, number_and_step, records
from tests.bench.results import quantile

TICK_S = 0.005
WARM_UP_S = 2.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; ``cpu_share`` is of one core, over the whole run."""

    p50_ms: float
    p99_ms: float
    cpu_share: float


async def measure(arena: Arena, contender: Contender, rate: float, seconds: float, commit_ms: int) -> Latency:
    """Latency of every record after the warm-up; raises if one is lost, doubled or unchanged."""
    source = f"paced.{contender.kind}.{time.monotonic_ns()}"
    await arena.create(NewTopic(source, contender.partitions))
    made = records(round(rate * (seconds + WARM_UP_S)), 7, source)
    async with arena.run(contender, source, commit_ms) as run:
        run.reader.assign(dict.fromkeys(run.partitions, 0))
        await first_records(arena, run, source)
        before, started_s = run.usage(), time.monotonic()
        due_s: list[float] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(pace(arena, made, rate, due_s))
            arrived = await collect(run, len(made), contender.name)
        took_s, after = time.monotonic() - started_s, run.usage()
    await arena.broker.admin().delete_topics([source])
    check_exact([value for _, value in arrived], len(made))
    skipped = round(rate * WARM_UP_S)
    waits_ms = [
        (at_s - due_s[number]) * 1000 for at_s, value in arrived if (number := number_and_step(value)[0]) >= skipped
    ]
    return Latency(quantile(waits_ms, 0.5), quantile(waits_ms, 0.99), (after.cpu_s - before.cpu_s) / took_s)


async def first_records(arena: Arena, run: Run, source: str) -> None:
    """Wait until the contender works: a record of every partition's has come through."""
    first = records(1, 3, source)[0]
    probes = [OutRecord(source, first.key, first.value, (), number) for number in range(len(run.partitions))]
    await arena.fill(probes)
    await collect(run, len(probes), "a first record")


async def pace(arena: Arena, made: Sequence[OutRecord], rate: float, due_s: list[float]) -> None:
    """Send ``made`` at ``rate`` records/s; ``due_s`` gets when each was due."""
    producer = arena.broker.producer()
    await producer.start()
    try:
        started_s, sent = time.monotonic(), 0
        due_s += [started_s + index / rate for index in range(len(made))]
        while sent < len(made):
            ready = min(len(made), int((time.monotonic() - started_s) * rate) + 1)
            if ready > sent:
                await producer.send(made[sent:ready])
                sent = ready
            await asyncio.sleep(TICK_S)
    finally:
        await producer.close()


async def collect(run: Run, count: int, what: str) -> list[tuple[float, bytes]]:
    """The next ``count`` outputs with when each arrived."""
    arrived: list[tuple[float, bytes]] = []
    patience = Patience(f"output of {what}")
    while len(arrived) < count:
        found = await run.reader.poll(run.partitions, 2000, 0.05)
        now_s = time.monotonic()
        arrived += [(now_s, record.value or b"") for record in found]
        patience.saw(len(arrived))
        run.check_alive()
    return arrived
