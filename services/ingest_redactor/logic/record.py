"""One raw observation becomes one redacted observation."""

import re
from dataclasses import dataclass, replace

from services.ingest_redactor.logic.anchor import anchor_date, is_unanchored
from services.ingest_redactor.logic.eligibility import Limits, untrainable_reason
from services.ingest_redactor.logic.redaction import Redacted, Redactor
from services.ingest_redactor.logic.rules.rule import Profile
from services.ingest_redactor.logic.rules.table import RULE_SET
from shared.errors import PoisonError
from shared.events.calls import Attempt
from shared.events.observations import ObservationRaw, ObservationRedacted, RedactionProof, advance
from shared.ids import keyed_hash
from shared.tasks import identity

# 128 bits as a digest or a UUID writes them. Digits alone may be an account's.
_RANDOM_ID = re.compile(r"(?=.*[a-f])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_CODE = re.compile(r"[a-z0-9_.:/-]{0,64}")


@dataclass(frozen=True, slots=True)
class RedactionContext:
    """What the redactor was started with."""

    redactor: Redactor
    profile: Profile
    hash_key: bytes
    limits: Limits


def redacted(
    event: ObservationRaw, partition: int, offset: int, context: RedactionContext, outcome: Redacted | PoisonError
) -> ObservationRedacted:
    """The redacted observation with its proof; hashes and task key are taken from the raw values. ``outcome`` is what the
    redactor made of the event's call.

    Raises ``PoisonError`` for content that cannot be redacted; nothing of the record may then be kept.
    """
    request, key = event.request, context.hash_key
    if _changes(event.event_id, context) or _changes(event.parent_event_id or "", context):
        raise PoisonError("identifier_in_event_id", "event ids must not hold identifiers")
    if isinstance(outcome, PoisonError):
        raise outcome
    task_key = identity.task_key(request, event.tenant, key)
    reason = untrainable_reason(event, context.limits, unlinked=outcome.unlinked)
    if reason is None and is_unanchored(request, event.answer):
        reason = "no_anchor"
    if event.routing is not None and event.routing.task_key and event.routing.task_key != task_key:
        reason = reason or "task_key_mismatch"
    return advance(
        ObservationRedacted,
        event,
        request=outcome.request,
        answer=outcome.answer,
        episode=_identifier_free_episode(event, context),
        outcome_label=_text(event.outcome_label, context),
        traceparent=event.traceparent if _CODE.fullmatch(event.traceparent or "") else None,
        producer=_text(event.producer, context) or "",
        served_by=_text(event.served_by, context),
        attempts=tuple(_attempt(attempt, context) for attempt in event.attempts),
        prompt_hash=identity.prompt_hash(request, key),
        proof=RedactionProof(
            rule_set=RULE_SET,
            profile=context.profile,
            counts=outcome.counts,
            source_partition=partition,
            source_offset=offset,
        ),
        task_key=task_key,
        template_id=identity.template_id(request),
        tool_signature=identity.tool_signature(request),
        step_hash=identity.step_hash(request, key),
        answer_hash=identity.answer_hash(event.answer, key),
        anchor_date=anchor_date(request) if context.profile == "pii" else None,
        untrainable_reason=reason,
    )


def _changes(text: str, context: RedactionContext) -> bool:
    """Whether an id holds an identifier. Random ids hold none, whatever words their letters happen to spell."""
    if not text or _RANDOM_ID.fullmatch(text):
        return False
    return context.redactor.redact_text(text)[0] != text


def _text(text: str | None, context: RedactionContext) -> str | None:
    """Short codes pass; anything else is read as text."""
    if not text or _CODE.fullmatch(text):
        return text
    return context.redactor.redact_text(text)[0]


def _attempt(attempt: Attempt, context: RedactionContext) -> Attempt:
    reason = _text(attempt.escalation_reason, context)
    return attempt if reason == attempt.escalation_reason else replace(attempt, escalation_reason=reason)


def _identifier_free_episode(event: ObservationRaw, context: RedactionContext) -> str:
    """Imported calls may bear an id that a client chose."""
    if not _changes(event.episode, context):
        return event.episode
    return keyed_hash(context.hash_key, "episode", event.tenant, "given", event.episode)
