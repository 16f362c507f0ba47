"""Composition root of the shadow evaluator: ``python -m services.shadow_evaluator.main``."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.shadow_evaluator.adapters import SpecialistCaller
from services.shadow_evaluator.processor import ASSIGNMENTS, CLUSTERS, REGISTRY, SOURCE, ShadowEvaluator
from services.shadow_evaluator.settings import ShadowEvaluatorSettings
from shared.clock import SystemClock
from shared.lifecycle import Process, load_settings, run
from shared.policy import load_policy
from shared.stream.processor import AsyncApplication


def main() -> int:
    settings = load_settings(ShadowEvaluatorSettings)
    options, policy = settings.shadow, load_policy(settings.policy_profile)

    @asynccontextmanager
    async def build(_: Process) -> AsyncIterator[AsyncApplication]:
        async with httpx.AsyncClient(trust_env=False) as http:
            caller = SpecialistCaller(http, options.base_url, options.token.get_secret_value(), options.timeout_s)
            evaluator = ShadowEvaluator(
                caller.ask,
                SystemClock(),
                budget=policy.promotion.max_shadow_calls,
                sample_rate=options.sample_rate,
                patience_s=options.patience_s,
                max_age_s=options.max_age_s,
            )
            yield AsyncApplication(
                name="shadow_evaluator",
                topics=(SOURCE,),
                processor=evaluator,
                broadcasts=(ASSIGNMENTS, CLUSTERS, REGISTRY),
                max_in_flight=options.max_in_flight,
            )

    return run(build, settings, name="shadow_evaluator")


if __name__ == "__main__":
    sys.exit(main())
