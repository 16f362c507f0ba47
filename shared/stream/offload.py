"""Where a task's pure work runs: on the event loop while it is short, in a thread when it would hold the loop up.

A hop to a thread costs the loop's attention twice, and the interpreter's lock then goes back and forth between the two;
for a batch of ordinary records that is dearer than the wait it avoids.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

INLINE_S: Final = 0.1


class OffloadWhenLong:
    """Runs ``function(*arguments)`` inline if it is expected to take at most ``inline_s``.

    Expected: what one item of its list argument took the last time, times the items there are now (a call without a
    list counts as one item). The first call of every function goes to a thread.
    """

    def __init__(self, inline_s: float = INLINE_S, now_s: Callable[[], float] = time.perf_counter) -> None:
        self._inline_s = inline_s
        self._now_s = now_s
        self._item_s: dict[str, float] = {}

    async def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        items = max([1, *[len(argument) for argument in arguments if isinstance(argument, list)]])
        item_s = self._item_s.get(_name(function))
        if item_s is not None and item_s * items <= self._inline_s:
            return self._timed(function, arguments, items)
        return await asyncio.to_thread(self._timed, function, arguments, items)

    def _timed(self, function: Callable[..., Any], arguments: tuple[Any, ...], items: int) -> Any:
        started_s = self._now_s()
        try:
            return function(*arguments)
        finally:
            self._item_s[_name(function)] = (self._now_s() - started_s) / items


def _name(function: Callable[..., Any]) -> str:
    """The same for every task's own copy of one function."""
    plain = function.func if isinstance(function, partial) else function
    return plain.__qualname__
