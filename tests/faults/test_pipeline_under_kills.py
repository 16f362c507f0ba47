"""The kill loop: the real pipeline under random kill -9, SIGSTOP past the session, and deaths of the broker, with
traffic flowing. In the end every id is accounted for, and PostgreSQL equals a fresh replay of the log."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.pipeline import Pipeline

KINDS = ("kill", "kill", "kill", "stop", "broker")


async def kill_loop(pipeline: Pipeline, faults: int, between_s: float, rate: float) -> None:
    await pipeline.start()
    await pipeline.feed(60, rate, seed=7)
    await pipeline.caught_up(120)
    feeding = asyncio.create_task(pipeline.feed(round(faults * (between_s + 4) * rate), rate, seed=100_000))
    kinds = [*KINDS, *(pipeline.rng.choice(KINDS) for _ in range(faults - len(KINDS)))]
    pipeline.rng.shuffle(kinds)
    for kind in kinds:
        await asyncio.sleep(between_s * 2 * pipeline.rng.random())
        print(f"{kind}", flush=True)
        await pipeline.hurt(kind)
    await feeding
    await pipeline.caught_up(240)
    assert sum(pipeline.done.values()) == faults and min(pipeline.done[kind] for kind in KINDS) > 0
    await pipeline.check_conservation()
    await pipeline.check_tables()


@pytest.mark.timeout(400)
def test_five_random_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path, seed=20)
    try:
        asyncio.run(kill_loop(pipeline, faults=5, between_s=2.0, rate=40))
    finally:
        pipeline.end()


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1])
def test_thirty_random_faults_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    pipeline = Pipeline(tmp_path, seed=seed)
    try:
        asyncio.run(kill_loop(pipeline, faults=30, between_s=3.0, rate=40))
    finally:
        pipeline.end()
