"""The tie between a job's thread and the event loop: how far it is, when it last moved, and whether it must stop."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.clock import Clock
from shared.errors import FlywheelError
from shared.events.vocabulary import TrainingPhase


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a job."""

    phase: TrainingPhase
    step: int = 0
    steps: int = 0
    loss: float | None = None
    eta_s: float | None = None


class JobStoppedError(FlywheelError):
    """The attempt is not to go on. ``reason`` is a code: ``fenced``, ``lease_lost``, ``stalled``, ``worker_stopped``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobControl:
    """``report`` and ``check`` are called by the job, from its thread; the rest by the loop that made this object.

    ``news`` is set whenever the job says something, so that the loop need not look.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._stop_reason: str | None = None
        self._moved_s = clock.monotonic_s()
        self._latest = Step(TrainingPhase.STARTED)
        self.news = asyncio.Event()

    def report(self, step: Step) -> None:
        """What the job does now. Raises :class:`JobStoppedError` when it must stop."""
        self.check()
        self._latest = step
        self._loop.call_soon_threadsafe(self.news.set)

    def check(self) -> None:
        """The job moved: called at every step of training and evaluation. Raises as ``report`` does."""
        if self._stop_reason is not None:
            raise JobStoppedError(self._stop_reason)
        self._moved_s = self._clock.monotonic_s()

    @property
    def latest(self) -> Step:
        return self._latest

    def still_s(self) -> float:
        """Seconds since the job last moved."""
        return self._clock.monotonic_s() - self._moved_s

    def stop(self, reason: str) -> None:
        """Make the job's next ``report`` or ``check`` raise. The first reason stays."""
        self._stop_reason = self._stop_reason or reason


async def in_daemon_thread(function: Callable[..., Any], *args: Any) -> Any:
    """``function``'s result, from a thread that cannot keep the process from ending: one that hangs must be left behind.

    Cancelling the call leaves the thread running; a job is ended by its :class:`JobControl`.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is None:
            outcome.set_result(result)
        else:
            outcome.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = function(*args)
        except BaseException as caught:
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="training-job", daemon=True).start()
    return await outcome
