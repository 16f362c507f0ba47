"""Composition root of the deduper."""

import sys

from services.deduper.logic.verdicts import Span
from services.deduper.processor import application
from services.deduper.settings import DeduperSettings
from shared.lifecycle import run


def main() -> int:
    settings = DeduperSettings()
    dedupe = settings.dedupe
    span = Span(
        generations=dedupe.generations,
        generation_ms=round(dedupe.generation_s * 1000),
        generation_records=dedupe.generation_records,
    )
    return run(application(threshold=dedupe.threshold, span=span), settings)


if __name__ == "__main__":
    sys.exit(main())
