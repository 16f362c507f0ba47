"""Records/s through a backlog, from the broker's own time stamps on the output."""

import asyncio
from dataclasses import dataclass

from tests.bench.engine.arena import Arena, Contender, Patience, Usage
from tests.bench.engine.event import check_exact

POLL_S = 0.1
SETTLED_S = 0.6
WARM_UP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Speed:
    """One run. Processor time is per record, without start-up; the broker's is its own process."""

    records_per_s: float
    cpu_us: float
    broker_cpu_us: float
    rss_mib: float


async def measure(arena: Arena, contender: Contender, source: str, count: int, commit_ms: int) -> Speed:
    """Run ``contender`` over the ``count`` records of ``source``; raises if one of them is lost, doubled or unchanged."""
    async with arena.run(contender, source, commit_ms) as run:
        patience = Patience(f"output of {contender.name}")
        begun: tuple[int, Usage, float] | None = None
        last = (0, run.usage(), arena.broker_cpu_s())
        while True:
            await asyncio.sleep(POLL_S)
            written = await run.written()
            if written > last[0]:
                last = (written, run.usage(), arena.broker_cpu_s())
            if begun is None and written >= WARM_UP_SHARE * count:
                begun = last
            if patience.saw(written) > SETTLED_S and written >= count:
                break
        outputs = await run.outputs()
    assert begun is not None
    check_exact([record.value or b"" for record in outputs], count)
    moved = last[0] - begun[0]
    per_record_us = 1e6 / moved if moved else float("nan")
    return Speed(
        rate([record.timestamp_ms for record in outputs]),
        (last[1].cpu_s - begun[1].cpu_s) * per_record_us,
        (last[2] - begun[2]) * per_record_us,
        last[1].rss_mib,
    )


def rate(stamps_ms: list[int]) -> float:
    """Records/s between the first tenth of the output and its end. Raises ``ValueError`` if no time passed."""
    ordered = sorted(stamps_ms)
    start_ms = ordered[round(len(ordered) * WARM_UP_SHARE)]
    after = sum(stamp > start_ms for stamp in ordered)
    took_s = (ordered[-1] - start_ms) / 1000
    if took_s <= 0:
        raise ValueError("too few records to measure a rate")
    return after / took_s
