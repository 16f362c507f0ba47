"""An attempt's right to speak for its job: the claim, heartbeats by time, and the worker's own view of its lease."""

import asyncio
import logging
from dataclasses import dataclass

from services.trainer_worker.control import JobControl, Step
from shared.clock import Clock
from shared.errors import MigratedError, TransientError
from shared.events import TrainingCompleted, TrainingProgressed, TrainingRequested
from shared.stream.outcome import Emit
from shared.stream.processor import Context
from shared.telemetry import describe_error

logger = logging.getLogger(__name__)

# Less than this is now: a wait too short for the clock to show would never end.
SOON_S = 0.001


@dataclass(frozen=True, slots=True)
class LeaseTiming:
    """Seconds. The dispatcher gives a job away after ``lease_s`` without a heartbeat. The worker counts from before it
    sent one, and its own lease is a quarter shorter: what is under way at its end lands while it still holds.

    ``stall_s``: an attempt whose job takes no step for so long has failed. ``progress_s``: steps are told this often.
    """

    lease_s: float
    stall_s: float
    progress_s: float = 2.0
    pause_s: float = 0.5

    @property
    def beat_s(self) -> float:
        return self.lease_s / 4

    @property
    def own_s(self) -> float:
        return self.lease_s * 3 / 4


class Lease:
    """One attempt's voice. Everything is said under the job's transactional id, so that a newer attempt's claim ends it.

    The id may be taken again after an error only while the lease holds: later it could be a successor's.
    """

    def __init__(
        self,
        request: TrainingRequested,
        context: Context,
        control: JobControl,
        clock: Clock,
        timing: LeaseTiming,
        worker: str,
    ) -> None:
        self._request = request
        self._context = context
        self._control = control
        self._clock = clock
        self._timing = timing
        self._worker = worker
        self._said = control.latest
        self._renewed_s = clock.monotonic_s()
        self._ending = False

    async def claim(self) -> None:
        """Take the job over for good. Until this returns, it is redelivered; from then on the lease runs."""
        started_s = self._clock.monotonic_s()
        await self._context.claim([self._beat(self._said)])
        self._renewed_s = started_s

    async def keep(self) -> str:
        """Beat until told to end, every quarter of the lease whatever the job does. Returns why the attempt must not go
        on, or an empty text once it has ended."""
        while not self._ending or self._control.latest.phase is not self._said.phase:
            if self._control.still_s() > self._timing.stall_s:
                return "stalled"
            if self._left_s() < 0:
                return "lease_lost"
            due_s = self._due_in_s()
            if due_s > SOON_S:
                await self._news(due_s)
                continue
            try:
                await self._speak()
            except MigratedError:
                return "fenced"
            except TransientError as error:
                logger.warning("a heartbeat could not be sent", extra=self._named(error=describe_error(error)))
                await asyncio.sleep(self._timing.pause_s)
        return ""

    def end(self) -> None:
        """Let ``keep`` finish what it is saying and return."""
        self._ending = True
        self._control.news.set()

    async def report(self, result: TrainingCompleted) -> str:
        """Say how the job ended. Returns an empty text once that is written, or why it must not be said any more.

        Raises what cannot be mended: :class:`shared.errors.MigratedError`, a result too large.
        """
        while self._left_s() >= 0:
            try:
                await self._context.publish(
                    [Emit("training.completed", result.cluster, result)], while_mine=self._holds
                )
                return ""
            except TransientError as error:
                logger.warning("a result could not be sent", extra=self._named(error=describe_error(error)))
                await asyncio.sleep(self._timing.pause_s)
        return "lease_lost"

    async def _speak(self) -> None:
        started_s, step = self._clock.monotonic_s(), self._control.latest
        await self._context.publish([self._beat(step)], while_mine=self._holds)
        self._renewed_s, self._said = started_s, step

    async def _news(self, limit_s: float) -> None:
        self._control.news.clear()
        try:
            async with asyncio.timeout(limit_s):
                await self._control.news.wait()
        except TimeoutError:
            pass

    def _due_in_s(self) -> float:
        latest, since_s = self._control.latest, self._clock.monotonic_s() - self._renewed_s
        if latest.phase is not self._said.phase:
            return 0.0
        wait_s = self._timing.beat_s
        if latest != self._said:
            wait_s = min(wait_s, self._timing.progress_s)
        return max(0.0, wait_s - since_s)

    def _holds(self) -> bool:
        return self._left_s() >= 0

    def _left_s(self) -> float:
        return self._renewed_s + self._timing.own_s - self._clock.monotonic_s()

    def _beat(self, step: Step) -> Emit:
        event = TrainingProgressed(
            job_id=self._request.job_id,
            cluster=self._request.cluster,
            attempt=self._request.attempt,
            fencing_token=self._request.fencing_token,
            phase=step.phase,
            step=step.step,
            steps=step.steps,
            loss=step.loss,
            eta_s=step.eta_s,
            worker=self._worker,
            progressed_at_ms=self._clock.now_ms(),
        )
        return Emit("training.progressed", event.cluster, event)

    def _named(self, **fields: object) -> dict[str, object]:
        return {"job": self._request.job_id, "attempt": self._request.attempt, **fields}
