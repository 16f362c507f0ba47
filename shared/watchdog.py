"""Ends a process that moves no more, and leaves every stack on standard error, so that a supervisor starts another.

Two ways of standing still: the event loop itself is blocked (then only a thread of the interpreter can tell), or the
loop turns but a task makes no step. Stacks name files, lines and functions; they hold no values.
"""

import asyncio
import faulthandler
import sys
import time
from collections.abc import Callable, Sequence

from shared.errors import TransientError


async def watch(stuck: Callable[[], Sequence[str]], limit_s: float) -> None:
    """Run beside a process's work; never returns.

    A loop blocked for ``limit_s`` ends the process at once with exit code 1 and the stack of every thread. What
    ``stuck`` names for ``limit_s`` without a break raises :class:`shared.errors.TransientError`, after the stacks of
    threads and tasks. Time is monotonic: a process that was stopped for longer than the limit ends too, and has lost
    its place in its groups anyway.
    """
    since_s: dict[str, float] = {}
    try:
        while True:
            faulthandler.dump_traceback_later(limit_s, exit=True)
            await asyncio.sleep(limit_s / 10)
            now_s, names = time.monotonic(), stuck()
            since_s = {name: since_s.get(name, now_s) for name in names}
            late = tuple(name for name, first_s in since_s.items() if now_s - first_s >= limit_s)
            if late:
                _dump()
                raise TransientError(f"no progress for {limit_s:.0f} s: {', '.join(late)}")
    finally:
        faulthandler.cancel_dump_traceback_later()


def _dump() -> None:
    faulthandler.dump_traceback(all_threads=True)
    for task in asyncio.all_tasks():
        task.print_stack(limit=8, file=sys.stderr)
