"""Trainer workers as real processes on real Kafka: killed in the middle of training, and stopped past the lease and woken.

The test plays the dispatcher with its own automaton: heartbeats and results go in, leases run on this process's clock.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.trainer_dispatcher.logic import jobs
from services.trainer_dispatcher.logic.jobs import Job, JobPhase
from shared.events.vocabulary import TrainingPhase, TrainingStatus
from shared.policy import load_policy
from shared.schema.codec import Codec
from shared.stream.broker import OutRecord
from tests.conformance.support import KafkaLog, create, lag, read, write

pytestmark = pytest.mark.servers
LEASE_S = 8.0
STEPS = 60
POLICY = load_policy("test").training.model_copy(update={"lease_s": LEASE_S, "profile": "cpu-quick"})
CODEC = Codec.from_dir(Path("schemas"))


class Trainers:
    """Worker processes of one test, ended by their own ids, and the dispatcher's view of their one job."""

    def __init__(self, bootstrap: str, group: str, topic_name: Callable[[str], str], folder: Path) -> None:
        self.log = KafkaLog(bootstrap)
        self.group, self.folder = group, folder
        self.topics = [topic_name(name) for name in ("requested", "progressed", "completed")]
        self.command = [bootstrap, group, *self.topics, str(folder / "checkpoints"), str(LEASE_S)]
        self.processes: list[subprocess.Popen[bytes]] = []
        self.job: Job = jobs.new_job("c1", "l", 1, "k", (0, 0, 1), 10, 1, 1, POLICY)
        self.read_so_far = [0, 0]
        self.said: Counter[str] = Counter()
        self.progressed: list[Any] = []
        self.completed: list[Any] = []

    def start(self, step_s: float) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.faults.training_process", *self.command, str(step_s)]
        with (self.folder / f"log-{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log)
        self.processes.append(process)
        return process

    def lines(self, number: int) -> list[dict[str, Any]]:
        text = (self.folder / f"log-{number}").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    async def prepare(self) -> None:
        await create(self.log, *[(topic, 1) for topic in self.topics], ("dead.letter", 1))
        await self.ask()

    async def ask(self) -> None:
        event = jobs.as_request(self.job, "c1", "p", 1)
        await write(self.log, [OutRecord(self.topics[0], b"c1", CODEC.encode("training.requested", event))])

    async def tick(self) -> None:
        """What the dispatcher does: read, tick, and ask for the next attempt of a job that failed."""
        for index, name in ((0, "training.progressed"), (1, "training.completed")):
            records = (await read(self.log, self.topics[index + 1]))[self.read_so_far[index] :]
            self.read_so_far[index] += len(records)
            for record in records:
                event: Any = CODEC.decode(name, record.value or b"")
                (self.progressed, self.completed)[index].append(event)
                job, said = jobs.progressed(self.job, event) if index == 0 else jobs.completed(self.job, event)
                assert job is not None
                self.job = job
                self.said[f"{name} {said}"] += 1
        self.job = jobs.ticked(self.job, round(time.monotonic() * 1000), POLICY)
        if self.job.phase is JobPhase.FAILED:
            self.job = jobs.after_failure(self.job, self.job.token + 1, POLICY.max_attempts)
            await self.ask()

    async def until(self, condition: Callable[[], bool], limit_s: float = 240.0) -> None:
        async with asyncio.timeout(limit_s):
            while not condition():
                await self.tick()
                await asyncio.sleep(0.2)

    def trains(self, token: int, step: int = 5) -> Callable[[], bool]:
        return lambda: any(
            event.fencing_token == token and event.phase is TrainingPhase.TRAINING and event.step >= step
            for event in self.progressed
        )


@pytest.fixture
def trainers(
    kafka_bootstrap: str, unique_id: str, topic_name: Callable[[str], str], tmp_path: Path
) -> Iterator[Trainers]:
    trainers = Trainers(kafka_bootstrap, unique_id, topic_name, tmp_path)
    yield trainers
    for process in trainers.processes:
        process.kill()
        process.wait()


def test_a_killed_trainers_job_is_resumed_by_another_and_accepted_once(trainers: Trainers) -> None:
    """kill -9 after the claim, in the middle of training: the lease runs out, attempt 2 goes on from the checkpoint."""

    async def scenario() -> None:
        await trainers.prepare()
        victim = trainers.start(step_s=0.2)
        await trainers.until(trainers.trains(1, step=10))
        victim.kill()
        victim.wait()
        assert await lag(trainers.log, trainers.group) == 0, "the claim has committed the request's offset"
        trainers.start(step_s=0.0)
        await trainers.until(lambda: trainers.job.phase is JobPhase.TRAINED)
        await asyncio.sleep(1)
        await trainers.tick()

    asyncio.run(scenario())
    (result,) = trainers.completed
    assert (trainers.job.attempt, result.fencing_token) == (2, 2)
    assert result.metrics["steps"] == STEPS and 10 <= result.metrics["resumed_at_step"] < STEPS
    tokens = [event.fencing_token for event in trainers.progressed]
    assert tokens == sorted(tokens) and set(tokens) == {1, 2}
    assert trainers.said["training.completed absorbed"] == 1
    assert any(line["message"] == "a job is resumed" for line in trainers.lines(1))


def test_a_trainer_stopped_past_its_lease_wakes_to_find_its_job_gone(trainers: Trainers) -> None:
    async def scenario() -> None:
        await trainers.prepare()
        sleeper = trainers.start(step_s=0.3)
        await trainers.until(trainers.trains(1))
        sleeper.send_signal(signal.SIGSTOP)
        trainers.start(step_s=0.3)
        await trainers.until(trainers.trains(2))
        sleeper.send_signal(signal.SIGCONT)
        await trainers.until(lambda: trainers.job.phase is JobPhase.TRAINED)

        def gave_up() -> bool:
            given_up = [line for line in trainers.lines(0) if line["message"] == "an attempt is given up"]
            return bool(given_up) and given_up[0]["reason"] in ("lease_lost", "fenced")

        await trainers.until(gave_up)
        await trainers.tick()

    asyncio.run(scenario())
    (result,) = trainers.completed
    assert result.fencing_token == 2 and trainers.job.token == 2
    tokens = [event.fencing_token for event in trainers.progressed]
    assert tokens == sorted(tokens), "the one that was stopped says nothing after its successor's claim"


def test_a_result_that_the_dispatcher_reads_late_counts_and_its_successors_does_not(trainers: Trainers) -> None:
    """For the dispatcher the lease ran out, and nobody has claimed the next attempt yet, so that Kafka fenced no one."""

    async def scenario() -> None:
        await trainers.prepare()
        trainers.start(step_s=0.0)
        await trainers.until(lambda: trainers.job.phase is JobPhase.TRAINED)
        (result,) = trainers.completed
        reaped = jobs.after_failure(replace(trainers.job, phase=JobPhase.FAILED), 2, POLICY.max_attempts)
        trained, said = jobs.completed(reaped, result)
        assert (said, trained and (trained.phase, trained.token)) == ("absorbed", (JobPhase.TRAINED, 1))
        again = replace(result, fencing_token=2, attempt=2)
        assert jobs.completed(trained, again) == (trained, "job_ended")
        failed = replace(result, status=TrainingStatus.FAILED)
        assert jobs.completed(reaped, failed) == (reaped, "stale_token")

    asyncio.run(scenario())
