"""The worker as an async processor: reads the data, trains in a thread, tells its progress, reports the result."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.trainer_worker.jobs import JobResult, Step
from shared.clock import Clock
from shared.errors import PoisonError
from shared.events import ObservationClustered, TrainingCompleted, TrainingProgressed, TrainingRequested
from shared.events.training import DatasetQuery
from shared.events.vocabulary import TrainingPhase, TrainingStatus
from shared.stream.outcome import Emit, Emitted, Rejected, Result
from shared.stream.processor import Context
from shared.stream.records import Message
from shared.telemetry import describe_error

PROGRESS_EVERY_MS = 2000

logger = logging.getLogger(__name__)

ReadRows = Callable[[DatasetQuery], Awaitable[Sequence[ObservationClustered]]]
RunJob = Callable[[TrainingRequested, Sequence[ObservationClustered], Callable[[Step], None]], JobResult]


def writer_of(message: Message) -> str:
    """The transactional id of a message's outputs: one per job, so that a stale worker of the same job is fenced."""
    return f"trainer.{message.event.job_id}" if isinstance(message.event, TrainingRequested) else "trainer.none"


class TrainerWorker:
    """``run_job`` is synchronous and long; it runs in a thread while the loop keeps the group's membership alive."""

    def __init__(self, read_rows: ReadRows, run_job: RunJob, clock: Clock, name: str, job_cost_usd: float) -> None:
        self._read_rows = read_rows
        self._run_job = run_job
        self._clock = clock
        self._name = name
        self._job_cost_usd = job_cost_usd

    async def handle(self, message: Message, context: Context) -> Result:
        request = message.event
        if not isinstance(request, TrainingRequested):
            return Rejected("unexpected_event", type(request).__name__)
        started_s = self._clock.monotonic_s()
        reporter = _Reporter(request, context, self._clock, self._name)
        reporter.report(Step(TrainingPhase.STARTED))
        try:
            rows = await self._read_rows(request.dataset)
            result = await asyncio.to_thread(self._run_job, request, rows, reporter.report)
        except PoisonError as error:
            logger.info("a training job is refused", extra={"reason": error.reason})
            return self._completed(self._ended(request, TrainingStatus.REFUSED, error.reason))
        except Exception as error:  # a job that fails is a result; the dispatcher decides about another attempt
            logger.error("a training job failed", extra={"error": describe_error(error)})
            return self._completed(self._ended(request, TrainingStatus.FAILED, type(error).__name__))
        finally:
            await reporter.drain()
        elapsed_s = self._clock.monotonic_s() - started_s
        return self._completed(self._succeeded(request, result, elapsed_s))

    def _completed(self, event: TrainingCompleted) -> Emitted:
        return Emitted((Emit("training.completed", event.cluster, event),))

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


class _Reporter:
    """Progress events from the training thread to the log, at most one in two seconds except for a new phase."""

    def __init__(self, request: TrainingRequested, context: Context, clock: Clock, name: str) -> None:
        self._request = request
        self._context = context
        self._clock = clock
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._last_ms = 0
        self._phase = TrainingPhase.UNKNOWN
        self._pending: set[asyncio.Task[None]] = set()

    def report(self, step: Step) -> None:
        now_ms = self._clock.now_ms()
        if step.phase is self._phase and now_ms - self._last_ms < PROGRESS_EVERY_MS:
            return
        self._last_ms, self._phase = now_ms, step.phase
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
            worker=self._name,
            progressed_at_ms=now_ms,
        )
        self._loop.call_soon_threadsafe(self._publish, event)

    def _publish(self, event: TrainingProgressed) -> None:
        task = asyncio.ensure_future(self._context.publish([Emit("training.progressed", event.cluster, event)]))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def drain(self) -> None:
        """All reports are out (or failed, which only costs progress) before the result is."""
        await asyncio.sleep(0)
        for outcome in await asyncio.gather(*self._pending, return_exceptions=True):
            if isinstance(outcome, BaseException):
                logger.warning("progress could not be reported", extra={"error": describe_error(outcome)})
