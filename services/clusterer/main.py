"""Composition root of the clusterer."""

import sys

from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application
from services.clusterer.settings import ClustererSettings
from shared.lifecycle import run
from shared.tasks.features import Featuriser, load_wordllama


def main() -> int:
    settings = ClustererSettings()
    clustering = settings.clustering
    parameters = Parameters(
        born_size=clustering.born_size,
        freeze_size=clustering.freeze_size,
        max_micros=clustering.max_micros,
        test_share=clustering.test_share,
        episodes_remembered=clustering.episodes_remembered,
    )
    return run(application(featuriser=Featuriser(load_wordllama()), parameters=parameters), settings)


if __name__ == "__main__":
    sys.exit(main())
