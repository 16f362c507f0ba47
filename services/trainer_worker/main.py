"""Composition root of the trainer's worker: ``python -m services.trainer_worker.main``."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from services.trainer_worker.adapters import read_rows
from services.trainer_worker.jobs import run_job, warm_up
from services.trainer_worker.lease import LeaseTiming
from services.trainer_worker.leftovers import drop_job, is_over, sweep
from services.trainer_worker.processor import TrainerWorker, application
from services.trainer_worker.settings import TrainerSettings
from shared.clock import SystemClock
from shared.errors import TransientError
from shared.events import ObservationClustered, TrainingRequested
from shared.events.training import DatasetQuery
from shared.events.vocabulary import TrainingStatus
from shared.lifecycle import Process, load_settings, run
from shared.policy import load_policy
from shared.stream.processor import AsyncApplication


def code_version() -> str:
    try:
        return version("slm-flywheel")
    except PackageNotFoundError:
        return "source"


def main() -> int:
    settings = load_settings(TrainerSettings)
    options, policy = settings.trainer, load_policy(settings.policy_profile)

    @asynccontextmanager
    async def build(process: Process) -> AsyncIterator[AsyncApplication]:
        job = partial(
            run_job,
            min_examples=policy.training.min_examples,
            models_dir=options.models_dir,
            adapters_dir=options.adapters_dir,
            device=options.device,
            threads=options.threads,
            code_version=code_version(),
            checkpoints_dir=options.checkpoints,
            checkpoint_every_s=options.checkpoint_every_s,
        )
        # The base model is made ready while there is nothing to train yet: it takes half a minute, once.
        warming = asyncio.create_task(asyncio.to_thread(warm_up, policy.training.base_model, options.models_dir))
        sweep(options.checkpoints, time.time())
        stuck = asyncio.Event()
        process.spawn(_stopped_when(stuck), "stuck-thread")

        async def read(query: DatasetQuery) -> list[ObservationClustered]:
            await warming
            return await read_rows(process.broker, process.serde, query)

        def ended(request: TrainingRequested, status: TrainingStatus) -> None:
            if is_over(request, status, policy.training.max_attempts):
                drop_job(options.checkpoints, request.job_id)

        worker = TrainerWorker(
            read,
            lambda request, rows, control: job(request, rows, report=control.report, check=control.check),
            SystemClock(),
            options.name,
            policy.training.job_cost_usd,
            LeaseTiming(policy.training.lease_s, options.stall_s),
            ended=ended,
            stuck=stuck.set,
        )
        yield application(worker)
        warming.cancel()

    return run(build, settings, name="trainer_worker")


async def _stopped_when(stuck: asyncio.Event) -> None:
    """A thread cannot be ended from outside: the process is, and its supervisor starts another."""
    await stuck.wait()
    raise TransientError("a job goes on after it was told to stop")


if __name__ == "__main__":
    sys.exit(main())
