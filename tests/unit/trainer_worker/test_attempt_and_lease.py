"""One attempt from claim to result: heartbeats by time, losing the lease, being fenced, standing still, being stopped."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.trainer_worker.control import JobControl, Step
from services.trainer_worker.jobs import JobResult
from services.trainer_worker.lease import LeaseTiming
from services.trainer_worker.leftovers import drop_job, is_over, sweep
from services.trainer_worker.processor import TrainerWorker
from shared.clock import SystemClock
from shared.errors import MigratedError, PoisonError, TransientError
from shared.events import ObservationClustered, TrainingCompleted, TrainingProgressed, TrainingRequested
from shared.events.training import DatasetQuery
from shared.events.vocabulary import TrainingPhase, TrainingStatus
from shared.prompting.template import COMPACT_CHATML
from shared.stream.outcome import Emit, Result, Skipped
from shared.stream.records import Message
from shared.stream.testing import FixedTables
from tests.unit.trainer_worker.test_dataset_and_job import REQUEST, observation

RESULT = JobResult("m@v2", "sha", Path("/x"), "digest", COMPACT_CHATML, 100, {"parity": 1.0})
PATIENT = LeaseTiming(lease_s=120.0, stall_s=120.0, pause_s=0.01)
Job = Callable[[JobControl], JobResult]


class Log(FixedTables):
    """What was said; ``errors`` are raised in turn by what is published after the claim."""

    def __init__(self, errors: Sequence[Exception | None] = (), always: Exception | None = None) -> None:
        super().__init__()
        self.errors = list(errors)
        self.always = always

    async def publish(self, outputs: Sequence[Emit], *, while_mine: Callable[[], bool] = lambda: True) -> None:
        error = self.errors.pop(0) if self.errors else self.always
        if error is not None:
            raise error
        await super().publish(outputs, while_mine=while_mine)

    def beats(self) -> list[TrainingProgressed]:
        return [emit.event for emit in self.published if isinstance(emit.event, TrainingProgressed)]

    def results(self) -> list[TrainingCompleted]:
        return [emit.event for emit in self.published if isinstance(emit.event, TrainingCompleted)]


class Attempt:
    """A worker with one request."""

    def __init__(self, job: Job, log: Log | None = None, timing: LeaseTiming = PATIENT, stop_s: float = 60.0) -> None:
        self.log = log or Log()
        self.ended: list[TrainingStatus] = []
        self.stuck = 0
        self.rows: asyncio.Event | None = None

        async def read(_: DatasetQuery) -> list[ObservationClustered]:
            if self.rows is not None:
                await self.rows.wait()
            return [observation(1)]

        def note(_: TrainingRequested, status: TrainingStatus) -> None:
            self.ended.append(status)

        def count() -> None:
            self.stuck += 1

        self.worker = TrainerWorker(
            read, lambda _request, _rows, control: job(control), SystemClock(), "w1", 0.01, timing,
            ended=note, stuck=count, stop_s=stop_s,
        )  # fmt: skip

    async def handle(self) -> Result:
        message = Message("training.requested", 0, 0, 1, "c1", REQUEST)
        async with asyncio.timeout(60):
            return await self.worker.handle(message, self.log)

    def run(self) -> Result:
        return asyncio.run(self.handle())


def test_success_carries_the_adapter_and_the_token() -> None:
    def job(control: JobControl) -> JobResult:
        control.report(Step(TrainingPhase.TRAINING, 5, 10, 0.5, 3.0))
        return RESULT

    attempt = Attempt(job)
    assert attempt.run() == Skipped("reported")
    (completed,) = attempt.log.results()
    assert completed.status is TrainingStatus.SUCCEEDED and completed.fencing_token == 3 and completed.cost_usd == 0.01
    assert completed.prompt_template_hash == COMPACT_CHATML.hash
    assert [beat.phase for beat in attempt.log.beats()] == [TrainingPhase.STARTED, TrainingPhase.TRAINING]
    assert attempt.log.claims == 1 and attempt.ended == [TrainingStatus.SUCCEEDED]


def test_refusal_and_failure_are_results_with_their_reason() -> None:
    def refuse(_: JobControl) -> JobResult:
        raise PoisonError("too_few_rows", "1 of 240")

    def fail(_: JobControl) -> JobResult:
        raise RuntimeError("content that must not travel")

    for job, status, reason in ((refuse, "refused", "too_few_rows"), (fail, "failed", "RuntimeError")):
        attempt = Attempt(job)
        attempt.run()
        (completed,) = attempt.log.results()
        assert (str(completed.status), completed.reason) == (status, reason)


def test_heartbeats_come_by_time_while_the_data_are_read_and_the_job_is_silent() -> None:
    let_go = threading.Event()

    def job(_: JobControl) -> JobResult:
        assert let_go.wait(60)
        return RESULT

    async def scenario() -> None:
        attempt = Attempt(job, timing=LeaseTiming(lease_s=2.0, stall_s=60.0))
        attempt.rows = asyncio.Event()
        handling = asyncio.create_task(attempt.handle())
        await _until(lambda: len(attempt.log.beats()) >= 3)
        attempt.rows.set()
        read = len(attempt.log.beats())
        await _until(lambda: len(attempt.log.beats()) >= read + 3)
        let_go.set()
        assert await handling == Skipped("reported")

    asyncio.run(scenario())


def test_a_fenced_attempt_is_told_to_stop_and_says_no_more() -> None:
    stopped: list[str] = []
    attempt = Attempt(_endless(stopped), Log([MigratedError("fenced")]))
    assert attempt.run() == Skipped("fenced")
    assert stopped == ["fenced"] and not attempt.log.results() and not attempt.ended and not attempt.stuck


def test_an_attempt_whose_lease_ran_out_says_no_more() -> None:
    """As after an outage of the broker, or SIGSTOP: it may not even take its own id again."""
    stopped: list[str] = []
    log = Log(always=TransientError("away"))
    attempt = Attempt(_endless(stopped), log, LeaseTiming(lease_s=0.4, stall_s=60.0, pause_s=0.01))
    assert attempt.run() == Skipped("lease_lost")
    assert stopped == ["lease_lost"] and not log.results()


def test_a_result_whose_lease_ran_out_is_not_said() -> None:
    log = Log(always=TransientError("away"))
    attempt = Attempt(lambda _: RESULT, log, LeaseTiming(lease_s=0.4, stall_s=60.0, pause_s=0.01))
    assert attempt.run() == Skipped("lease_lost") and not attempt.ended


def test_a_short_outage_costs_nothing() -> None:
    log = Log([TransientError("away"), TransientError("away"), None, TransientError("away")])

    def job(control: JobControl) -> JobResult:
        control.report(Step(TrainingPhase.TRAINING, 1, 2))
        return RESULT

    attempt = Attempt(job, log)
    assert attempt.run() == Skipped("reported")
    assert [result.status for result in log.results()] == [TrainingStatus.SUCCEEDED]


def test_a_job_that_stands_still_has_failed_and_is_reported() -> None:
    released = threading.Event()

    def job(_: JobControl) -> JobResult:
        released.wait(60)
        return RESULT

    attempt = Attempt(job, timing=LeaseTiming(lease_s=2.0, stall_s=0.3), stop_s=0.1)
    result = attempt.run()
    released.set()
    assert result == Skipped("reported")
    (completed,) = attempt.log.results()
    assert (completed.status, completed.reason) == (TrainingStatus.FAILED, "stalled")
    assert attempt.stuck == 1, "its thread cannot be ended: the process is"


def test_a_process_that_is_stopped_hands_its_job_back() -> None:
    stopped: list[str] = []

    async def scenario() -> None:
        attempt = Attempt(_endless(stopped))
        handling = asyncio.create_task(attempt.handle())
        await _until(lambda: any(beat.phase is TrainingPhase.TRAINING for beat in attempt.log.beats()))
        handling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await handling
        (completed,) = attempt.log.results()
        assert (completed.status, completed.reason) == (TrainingStatus.FAILED, "worker_stopped")

    asyncio.run(scenario())
    assert stopped == ["worker_stopped"]


def test_checkpoints_go_when_no_attempt_will_come_or_after_a_week(tmp_path: Path) -> None:
    assert is_over(REQUEST, TrainingStatus.SUCCEEDED, 3) and is_over(REQUEST, TrainingStatus.REFUSED, 3)
    assert not is_over(REQUEST, TrainingStatus.FAILED, 3) and is_over(REQUEST, TrainingStatus.FAILED, 1)
    for job in ("done", "kept"):
        (tmp_path / job / "1").mkdir(parents=True)
        (tmp_path / job / "1" / "state.json").write_text("{}")
    drop_job(tmp_path, "done")
    drop_job(tmp_path, "never was")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    written_s = (tmp_path / "kept" / "1" / "state.json").stat().st_mtime
    assert sweep(tmp_path, written_s + 3600) == 0
    assert sweep(tmp_path, written_s + 30 * 86_400) == 1 and not list(tmp_path.iterdir())
    assert sweep(tmp_path / "absent", written_s) == 0


def _endless(stopped: list[str]) -> Job:
    def job(control: JobControl) -> JobResult:
        pause = threading.Event()
        try:
            while True:
                control.report(Step(TrainingPhase.TRAINING, 1, 2))
                pause.wait(0.01)
        except Exception as error:
            stopped.append(str(error))
            raise

    return job


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)
