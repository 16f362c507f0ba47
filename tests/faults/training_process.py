"""The trainer's worker as a real process with a job of seconds: ``python -m tests.faults.training_process BOOTSTRAP GROUP
REQUESTED PROGRESSED COMPLETED CHECKPOINTS LEASE_S STEP_S``.

Everything is the service's own, claim, lease, checkpoints and the training loop, but the model, which is a tiny random one,
the data set, which is made up, and the names of topics and group. Each step takes ``STEP_S`` more.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.trainer_worker.control import JobControl
from services.trainer_worker.jobs import JobResult
from services.trainer_worker.lease import LeaseTiming
from services.trainer_worker.processor import TrainerWorker, application
from shared.brokers.kafka import KafkaBroker, KafkaTiming
from shared.clock import SystemClock
from shared.events import ObservationClustered, TrainingRequested
from shared.events.training import DatasetQuery
from shared.lifecycle import Process, make_dead_letter, serve
from shared.prompting.template import COMPACT_CHATML
from shared.schema.codec import Codec
from shared.settings import KafkaSettings, Settings
from shared.stream.async_runner import AsyncRunner
from shared.stream.engine import Timing
from shared.stream.outcome import Emit
from shared.stream.processor import Context
from shared.stream.records import Message


class Renamed:
    """Serde and context of one test: its own topics under the registered names' schemas."""

    def __init__(self, codec: Codec, names: dict[str, str]) -> None:
        self.codec = codec
        self.names = names
        self.registered = {ours: name for name, ours in names.items()}

    def encode(self, topic: str, event: object) -> bytes:
        return self.codec.encode(self.registered.get(topic, topic), event)

    def decode(self, topic: str, payload: bytes) -> object:
        return self.codec.decode(self.registered.get(topic, topic), payload)


class RenamedContext:
    def __init__(self, inner: Context, names: dict[str, str]) -> None:
        self._inner = inner
        self._names = names
        self.table, self.table_version = inner.table, inner.table_version

    async def publish(self, outputs: Sequence[Emit], *, while_mine: Callable[[], bool] = lambda: True) -> None:
        renamed = [emit._replace(topic=self._names[emit.topic]) for emit in outputs]
        await self._inner.publish(renamed, while_mine=while_mine)

    async def claim(self, outputs: Sequence[Emit]) -> None:
        await self._inner.claim([emit._replace(topic=self._names[emit.topic]) for emit in outputs])


class RenamedWorker:
    def __init__(self, worker: TrainerWorker, names: dict[str, str]) -> None:
        self._worker = worker
        self._names = names

    async def handle(self, message: Message, context: Context) -> Any:
        return await self._worker.handle(message, RenamedContext(context, self._names))


def run_job(request: TrainingRequested, control: JobControl, checkpoints_dir: Path, step_s: float) -> JobResult:
    import torch

    from services.trainer_worker.checkpoint import Checkpoints, Identity
    from services.trainer_worker.jobs import _train
    from services.trainer_worker.profiles import profile_by_name
    from tests.integration.tiny_model import TOKENIZER, rows, tiny_model

    torch.set_num_threads(1)
    identity = Identity("rows", profile_by_name(request.profile).content(), "base")
    kept = Checkpoints(checkpoints_dir, request.job_id, request.attempt, identity, 0.0)

    def check() -> None:
        time.sleep(step_s)
        control.check()

    trained, resumed_at = _train(tiny_model(), TOKENIZER, rows(), request, kept, control.report, check)
    total = sum(float(value.detach().sum()) for value in trained.model.parameters() if value.requires_grad)
    metrics = {"steps": float(trained.steps), "resumed_at_step": float(resumed_at), "weights": total}
    return JobResult("m@v1", "sha", Path("/adapter"), "digest", COMPACT_CHATML, 100, metrics)


def main(
    bootstrap: str,
    group: str,
    requested: str,
    progressed: str,
    completed: str,
    checkpoints: str,
    lease_s: str,
    step_s: str,
) -> int:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=bootstrap), grace_s=10.0)
    names = {"training.requested": requested, "training.progressed": progressed, "training.completed": completed}

    async def read(_: DatasetQuery) -> list[ObservationClustered]:
        await asyncio.sleep(0)
        return []

    async def run(process: Process) -> None:
        timing = KafkaTiming(session_s=6.0, heartbeat_s=0.3, rebalance_s=10.0, fetch_wait_s=0.05)
        broker = KafkaBroker(settings.kafka, group, timing)
        worker = TrainerWorker(
            read,
            lambda request, _rows, control: run_job(request, control, Path(checkpoints), float(step_s)),
            SystemClock(),
            group,
            0.0,
            LeaseTiming(float(lease_s), stall_s=120.0, progress_s=0.2),
            ended=lambda _request, _status: None,
            stuck=process.abort.set,
        )
        service = replace(
            application(worker), name=group, topics=(requested,), processor=RenamedWorker(worker, names),
            transactional_id=lambda message: f"{group}.{message.event.job_id}",
        )  # fmt: skip
        runner = AsyncRunner(
            service,
            broker,
            Renamed(Codec.from_dir(settings.schemas_dir), names),
            make_dead_letter=make_dead_letter,
            timing=Timing(revoke_s=3.0, fenced_pause_s=1.0, idle_s=0.2),
        )
        process.when_ready(runner.ready)
        await runner.run(process.stop, settings.grace_s)
        await broker.close()

    return serve(run, settings, group)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
