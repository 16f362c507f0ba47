"""Where pure work runs: short work on the event loop, long work in a thread."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from shared.stream.offload import OffloadWhenLong


class ProcessorTime:
    """Seconds that move when work says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def working(clock: ProcessorTime, item_s: float) -> Callable[[list[int]], bool]:
    def work(items: list[int]) -> bool:
        """True if it ran on the calling thread."""
        clock.now_s += item_s * len(items)
        return threading.current_thread() is threading.main_thread()

    return work


def test_what_was_short_runs_inline_and_what_would_be_long_in_a_thread() -> None:
    async def scenario() -> None:
        clock = ProcessorTime()
        offload = OffloadWhenLong(inline_s=0.05, now_s=clock)
        work = working(clock, item_s=0.001)
        assert not await offload(work, [1])  # nothing is known of it yet
        assert await offload(work, [0] * 50)
        assert not await offload(work, [0] * 51)
        assert await offload(work, [0] * 10)

    asyncio.run(scenario())


def test_work_that_became_dear_leaves_the_loop_after_one_call() -> None:
    async def scenario() -> None:
        clock = ProcessorTime()
        offload = OffloadWhenLong(inline_s=0.05, now_s=clock)
        cheap, dear = working(clock, 0.001), working(clock, 0.1)
        assert cheap.__qualname__ == dear.__qualname__
        await offload(cheap, [1])
        assert await offload(dear, [1])
        assert not await offload(cheap, [1])

    asyncio.run(scenario())


def test_what_it_raises_is_raised_on_either_side() -> None:
    async def scenario() -> None:
        offload = OffloadWhenLong()

        def fails() -> None:
            raise KeyError("x")

        for _ in range(2):
            with pytest.raises(KeyError):
                await offload(fails)

    asyncio.run(scenario())
