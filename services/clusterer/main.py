"""Composition root of the clusterer."""

import sys

from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application
from services.clusterer.settings import ClustererSettings
from shared.lifecycle import run
from shared.policy import load_policy
from shared.tasks.features import Featuriser, load_wordllama
from shared.tasks.sentences import minilm_if_installed


def main() -> int:
    settings = ClustererSettings()
    curation = load_policy(settings.policy_profile).curation
    parameters = Parameters(
        born_size=min(settings.clustering.born_size, curation.cluster_freeze_size),
        freeze_size=curation.cluster_freeze_size,
        max_micros=settings.clustering.max_micros,
        test_share=curation.test_share,
        half_life_ms=round(settings.clustering.half_life_days * 86_400_000),
        sides_remembered=settings.clustering.sides_remembered,
    )
    featuriser = Featuriser(load_wordllama())
    return run(application(featuriser=featuriser, parameters=parameters, sentences=minilm_if_installed()), settings)


if __name__ == "__main__":
    sys.exit(main())
