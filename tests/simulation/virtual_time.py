"""An event loop whose clock jumps to the next timer, so that hours of faults take milliseconds and repeat exactly."""

import asyncio
import heapq
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _NothingToRead(selectors.DefaultSelector):
    """Nothing in a simulation reads or writes: asking the system each time would only take it."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Raises ``RuntimeError`` when nothing is left to do and nothing will ever wake: a deadlock."""

    def __init__(self) -> None:
        super().__init__(_NothingToRead())
        self._now_s = 0.0

    def time(self) -> float:
        return self._now_s

    def _run_once(self) -> None:
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        while timers and timers[0].cancelled():
            heapq.heappop(timers)._scheduled = False  # type: ignore[attr-defined]
            self._timer_cancelled_count -= 1  # type: ignore[attr-defined]
        if not self._ready:  # type: ignore[attr-defined]
            if not timers:
                raise RuntimeError("deadlock: nothing will ever happen again")
            self._now_s = max(self._now_s, timers[0].when())
        elif timers and timers[0].when() < self._now_s + self._clock_resolution:  # type: ignore[attr-defined]
            # The loop fires it now, as near enough: then it must be that time, or who waits for it waits for ever.
            self._now_s = max(self._now_s, timers[0].when())
        super()._run_once()  # type: ignore[misc]


class LoopClock:
    """Epoch and monotonic time of the running virtual loop."""

    EPOCH_MS = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.EPOCH_MS + round(asyncio.get_running_loop().time() * 1000)

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()


class SkewedClock(LoopClock):
    """A process's own clocks: its wall clock may be set, its monotonic one goes on."""

    def __init__(self) -> None:
        self._skew_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self._skew_ms

    def jump(self, by_ms: int) -> None:
        self._skew_ms += by_ms


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


async def inline(function: Any, *args: Any) -> Any:
    """In place of a thread: same order every time, with one chance for everything else to run."""
    await asyncio.sleep(0)
    return function(*args)
