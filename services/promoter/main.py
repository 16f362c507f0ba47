"""Composition root of the promoter: ``python -m services.promoter.main``."""

import sys

from services.promoter.processor import STORES, Promoter
from services.promoter.settings import PromoterSettings
from shared.lifecycle import load_settings, run
from shared.policy import load_policy
from shared.stream.processor import Application


def main() -> int:
    settings = load_settings(PromoterSettings)
    policy, frontier = load_policy(settings.policy_profile), settings.promoter.frontier_model
    application = Application(
        name="promoter",
        topics=("training.completed", "shadow.compared", "outcome.reported", "cluster.changed"),
        processor=lambda task: Promoter(policy, frontier, task.partition),
        stores=STORES,
        broadcasts=("model.registered",),
        tick_interval_s=None,
    )
    return run(application, settings)


if __name__ == "__main__":
    sys.exit(main())
