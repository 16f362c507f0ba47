"""Whether memory stays flat under steady work: resident memory over time, and its slope by least squares."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from shared.stream.broker import NewTopic
from tests.bench.engine.arena import Arena, Contender, Run
from tests.bench.engine.event import check_exact, records
from tests.bench.engine.latency import collect, first_records, pace

SAMPLE_S = 1.0
ROUND_S = 15.0
WARM_UP_SHARE = 0.25
RETENTION = {"retention.bytes": str(128 * 2**20), "segment.bytes": str(32 * 2**20)}


@dataclass(frozen=True, slots=True)
class Soaked:
    """Samples are (seconds since the start, MiB)."""

    records: int
    samples: list[tuple[float, float]]

    @property
    def settled(self) -> list[tuple[float, float]]:
        """The samples after the warm-up."""
        return self.samples[round(len(self.samples) * WARM_UP_SHARE) :]

    @property
    def slope_mib_per_hour(self) -> float:
        return slope(self.settled) * 3600


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """MiB/s by least squares. Raises ``statistics.StatisticsError`` for fewer than two samples."""
    return statistics.linear_regression([at for at, _ in samples], [mib for _, mib in samples]).slope


async def measure(arena: Arena, contender: Contender, rate: float, minutes: float, commit_ms: int) -> Soaked:
    """Work at ``rate`` records/s for ``minutes``; every round of some seconds is checked to be exact."""
    source = f"soak.{contender.kind}"
    await arena.create(NewTopic(source, contender.partitions, configs=RETENTION))
    made = records(round(rate * ROUND_S), 11, source)
    samples: list[tuple[float, float]] = []
    passed = 0
    async with arena.run(contender, source, commit_ms) as run:
        run.reader.assign(dict.fromkeys(run.partitions, 0))
        await first_records(arena, run, source)
        started_s = time.monotonic()
        sampling = asyncio.create_task(_sample(run, started_s, samples))
        try:
            while time.monotonic() - started_s < minutes * 60:
                async with asyncio.TaskGroup() as group:
                    group.create_task(pace(arena, made, rate, []))
                    arrived = await collect(run, len(made), contender.name)
                check_exact([value for _, value in arrived], len(made))
                passed += len(made)
        finally:
            sampling.cancel()
    return Soaked(passed, samples)


async def _sample(run: Run, started_s: float, samples: list[tuple[float, float]]) -> None:
    while True:
        samples.append((time.monotonic() - started_s, run.usage().rss_mib))
        await asyncio.sleep(SAMPLE_S)
