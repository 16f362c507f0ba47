"""Composition root of the promoter: ``python -m services.promoter.main``."""

import sys

from services.promoter.processor import application
from services.promoter.settings import PromoterSettings
from shared.lifecycle import load_settings, run
from shared.policy import load_policy


def main() -> int:
    settings = load_settings(PromoterSettings)
    policy, frontier = load_policy(settings.policy_profile), settings.promoter.frontier_model
    return run(application(policy, frontier), settings)


if __name__ == "__main__":
    sys.exit(main())
