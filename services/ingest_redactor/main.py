"""Composition root of the redactor."""

import sys

from services.ingest_redactor.logic.eligibility import Limits
from services.ingest_redactor.logic.rules.rule import Profile
from services.ingest_redactor.processor import application
from services.ingest_redactor.settings import IngestRedactorSettings
from shared.lifecycle import load_settings, run
from shared.policy import load_policy
from shared.stream.processor import Application


def configured() -> tuple[Application, IngestRedactorSettings]:
    """The redactor as the environment sets it up; one-shot entries run the same one."""
    settings = load_settings(IngestRedactorSettings)
    curation = load_policy(settings.policy_profile).curation
    limits = Limits(
        max_cost_usd=curation.max_call_cost_usd,
        verified_labels=frozenset(settings.redaction.verified_labels),
        unsafe_labels=frozenset(settings.redaction.unsafe_labels),
    )
    hash_key = settings.hash_key.get_secret_value().encode()
    profile: Profile = "hipaa" if curation.redaction_profile == "hipaa" else "pii"
    return application(hash_key=hash_key, profile=profile, limits=limits), settings


def main() -> int:
    return run(*configured())


if __name__ == "__main__":
    sys.exit(main())
