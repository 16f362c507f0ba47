"""Composition root of the trainer's worker: ``python -m services.trainer_worker.main``."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from services.trainer_worker.adapters import read_rows
from services.trainer_worker.jobs import run_job, warm_up
from services.trainer_worker.processor import TrainerWorker, writer_of
from services.trainer_worker.settings import TrainerSettings
from shared.clock import SystemClock
from shared.events import ObservationClustered
from shared.events.training import DatasetQuery
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
        )
        # The base model is made ready while there is nothing to train yet: it takes half a minute, once.
        warming = asyncio.create_task(asyncio.to_thread(warm_up, policy.training.base_model, options.models_dir))

        async def read(query: DatasetQuery) -> list[ObservationClustered]:
            await warming
            return await read_rows(process.broker, process.serde, query)

        worker = TrainerWorker(
            read,
            lambda request, rows, report: job(request, rows, report=report),
            SystemClock(),
            options.name,
            policy.training.job_cost_usd,
        )
        yield AsyncApplication(
            name="trainer_worker",
            topics=("training.requested",),
            processor=worker,
            max_in_flight=1,
            transactional_id=writer_of,
        )
        warming.cancel()

    return run(build, settings, name="trainer_worker")


if __name__ == "__main__":
    sys.exit(main())
