"""The worker as an async processor: claims a job, trains in a thread while its lease is kept, reports the result."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from services.trainer_worker.control import JobControl, JobStoppedError, in_daemon_thread
from services.trainer_worker.jobs import JobResult
from services.trainer_worker.lease import Lease, LeaseTiming
from shared.clock import Clock
from shared.errors import PoisonError
from shared.events import ObservationClustered, TrainingCompleted, TrainingRequested
from shared.events.training import DatasetQuery
from shared.events.vocabulary import TrainingStatus
from shared.stream.outcome import Rejected, Result, Skipped
from shared.stream.processor import AsyncApplication, Context
from shared.stream.records import Message
from shared.telemetry import describe_error

logger = logging.getLogger(__name__)

# A job told to stop does so at its next step. A process told to stop waits less for that: its grace runs.
STOP_S = 30.0
LEAVE_S = 3.0
# Before its claim a request fails only with the broker, and one that became a dead letter would be waited for for ever.
CLAIM_ATTEMPTS = 1_000_000

ReadRows = Callable[[DatasetQuery], Awaitable[Sequence[ObservationClustered]]]
RunJob = Callable[[TrainingRequested, Sequence[ObservationClustered], JobControl], JobResult]
Offload = Callable[..., Awaitable[Any]]


def writer_of(message: Message) -> str:
    """The transactional id of a message's outputs: one per job, so that a stale worker of the same job is fenced."""
    return f"trainer.{message.event.job_id}" if isinstance(message.event, TrainingRequested) else "trainer.none"


class TrainerWorker:
    """``run_job`` is synchronous and long; it runs in a thread while the loop keeps the lease.

    ``ended`` is told of each request whose result is written. ``stuck`` is called when a job that was told to stop goes
    on: its thread cannot be ended, so the process should be.
    """

    def __init__(
        self,
        read_rows: ReadRows,
        run_job: RunJob,
        clock: Clock,
        name: str,
        job_cost_usd: float,
        timing: LeaseTiming,
        *,
        ended: Callable[[TrainingRequested, TrainingStatus], None],
        stuck: Callable[[], None],
        offload: Offload = in_daemon_thread,
        stop_s: float = STOP_S,
    ) -> None:
        self._read_rows = read_rows
        self._run_job = run_job
        self._clock = clock
        self._name = name
        self._job_cost_usd = job_cost_usd
        self._timing = timing
        self._ended_for_good = ended
        self._stuck = stuck
        self._offload = offload
        self._stop_s = stop_s

    async def handle(self, message: Message, context: Context) -> Result:
        """Claim, train, report. Whatever happens after the claim ends this attempt and no other."""
        request = message.event
        if not isinstance(request, TrainingRequested):
            return Rejected("unexpected_event", type(request).__name__)
        control = JobControl(self._clock)
        lease = Lease(request, context, control, self._clock, self._timing, self._name)
        await lease.claim()
        keeping = asyncio.create_task(lease.keep())
        working = asyncio.create_task(self._work(request, control))
        try:
            await asyncio.wait([keeping, working], return_when=asyncio.FIRST_COMPLETED)
            if not keeping.done():
                lease.end()
            lost = await keeping
            if not lost:
                return await self._report(lease, request, await working)
            logger.warning("an attempt is given up", extra={"job": request.job_id, "reason": lost})
            await self._stop(control, working, lost)
            if lost == "stalled":
                return await self._report(lease, request, self._ended(request, TrainingStatus.FAILED, lost))
            return Skipped(lost)
        except asyncio.CancelledError:
            await self._leave(request, control, lease, keeping, working)
            raise
        finally:  # whatever went wrong, nothing of this attempt goes on
            control.stop("ended")
            keeping.cancel()
            working.cancel()

    async def _work(self, request: TrainingRequested, control: JobControl) -> TrainingCompleted:
        started_s = self._clock.monotonic_s()
        try:
            rows = await self._read_rows(request.dataset)
            control.check()
            result = await self._offload(self._run_job, request, rows, control)
        except PoisonError as error:
            logger.info("a training job is refused", extra={"reason": error.reason})
            return self._ended(request, TrainingStatus.REFUSED, error.reason)
        except JobStoppedError as error:
            return self._ended(request, TrainingStatus.FAILED, error.reason)
        except Exception as error:  # a job that fails is a result; the dispatcher decides about another attempt
            logger.error("a training job failed", extra={"error": describe_error(error)})
            return self._ended(request, TrainingStatus.FAILED, type(error).__name__)
        return self._succeeded(request, result, self._clock.monotonic_s() - started_s)

    async def _report(self, lease: Lease, request: TrainingRequested, result: TrainingCompleted) -> Result:
        try:
            lost = await lease.report(result)
        except PoisonError as error:
            result = self._ended(request, TrainingStatus.REFUSED, error.reason)
            lost = await lease.report(result)
        if lost:
            logger.warning("a result came too late to be said", extra={"job": request.job_id, "reason": lost})
            return Skipped(lost)
        self._ended_for_good(request, result.status)
        return Skipped("reported")

    async def _stop(self, control: JobControl, working: asyncio.Task[TrainingCompleted], reason: str) -> None:
        """Tell the job to stop and wait for that; the thread of one that does not is left behind."""
        control.stop(reason)
        await asyncio.wait([working], timeout=self._stop_s)
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            self._stuck()

    async def _leave(
        self,
        request: TrainingRequested,
        control: JobControl,
        lease: Lease,
        keeping: asyncio.Task[str],
        working: asyncio.Task[TrainingCompleted],
    ) -> None:
        """This process ends: say so, so that the next attempt need not wait for the lease to run out."""
        control.stop("worker_stopped")
        lease.end()
        done, pending = await asyncio.wait([keeping, working], timeout=LEAVE_S)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if keeping in done and not keeping.exception() and not keeping.result():
            result = working.result() if working in done else None
            try:
                async with asyncio.timeout(LEAVE_S):
                    await self._report(
                        lease, request, result or self._ended(request, TrainingStatus.FAILED, "worker_stopped")
                    )
            except Exception as error:  # then the lease runs out
                logger.warning("the end of an attempt was not told", extra={"error": describe_error(error)})

    def _ended(self, request: TrainingRequested, status: TrainingStatus, reason: str) -> TrainingCompleted:
        return TrainingCompleted(
            job_id=request.job_id,
            cluster=request.cluster,
            attempt=request.attempt,
            fencing_token=request.fencing_token,
            status=status,
            reason=reason,
            base_model=request.base_model,
            metrics={},
            epoch=request.epoch,
            completed_at_ms=self._clock.now_ms(),
        )

    def _succeeded(self, request: TrainingRequested, result: JobResult, elapsed_s: float) -> TrainingCompleted:
        return TrainingCompleted(
            job_id=request.job_id,
            cluster=request.cluster,
            attempt=request.attempt,
            fencing_token=request.fencing_token,
            status=TrainingStatus.SUCCEEDED,
            model=result.model,
            base_model=request.base_model,
            base_digest=result.base_digest,
            adapter_uri=str(result.folder.resolve()),
            manifest_digest=result.manifest_digest,
            prompt_template_hash=result.template.hash,
            max_prompt_tokens=result.max_prompt_tokens,
            metrics=result.metrics,
            record=result.record,
            training_s=elapsed_s,
            cost_usd=self._job_cost_usd,
            epoch=request.epoch,
            completed_at_ms=self._clock.now_ms(),
        )


def application(worker: TrainerWorker) -> AsyncApplication:
    """The worker as the engine runs it: one job at a time, under the job's own transactional id."""
    return AsyncApplication(
        name="trainer_worker",
        topics=("training.requested",),
        processor=worker,
        max_in_flight=1,
        max_attempts=CLAIM_ATTEMPTS,
        transactional_id=writer_of,
    )
