"""Composition root of the redactor."""

import sys

from services.ingest_redactor.logic.eligibility import Limits
from services.ingest_redactor.processor import application
from services.ingest_redactor.settings import IngestRedactorSettings
from shared.lifecycle import run


def main() -> int:
    settings = IngestRedactorSettings()
    redaction = settings.redaction
    limits = Limits(
        max_cost_usd=redaction.max_cost_usd,
        verified_labels=frozenset(redaction.verified_labels),
        unsafe_labels=frozenset(redaction.unsafe_labels),
    )
    hash_key = settings.hash_key.get_secret_value().encode()
    return run(application(hash_key=hash_key, profile=redaction.profile, limits=limits), settings)


if __name__ == "__main__":
    sys.exit(main())
