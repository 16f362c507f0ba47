"""Composition root of the dispatcher: ``python -m services.trainer_dispatcher.main``."""

import sys

from services.trainer_dispatcher.processor import application
from services.trainer_dispatcher.settings import TrainerDispatcherSettings
from shared.lifecycle import load_settings, run
from shared.policy import load_policy


def main() -> int:
    settings = load_settings(TrainerDispatcherSettings)
    return run(application(load_policy(settings.policy_profile), settings.dispatcher.tick_s), settings)


if __name__ == "__main__":
    sys.exit(main())
