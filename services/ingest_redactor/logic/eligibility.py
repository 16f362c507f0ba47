"""May a call teach a specialist? The first reason why not, as a code; where evidence is missing the answer is no."""

import re
from dataclasses import dataclass

from shared.events.calls import Answer, Attempt
from shared.events.observations import ObservationRaw
from shared.events.vocabulary import AttemptVerdict, CallOutcome, ModelKind

_REFUSAL = re.compile(
    r"(?i)^\W{0,3}(?:i'?m sorry,?|sorry,?|i apologi[sz]e,?|unfortunately,?|as an ai[^.]{0,40})?[ ,]{0,2}(?:but )?"
    r"i(?:'m| am)? (?:cannot|can'?t|can not|won'?t|will not|unable to|not able to|must decline)"
    r" (?:help|assist|comply|provide|do that|fulfil|engage|answer|share|support|continue)"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps a call out of training, beside redaction."""

    max_cost_usd: float
    """All attempts of one call together; dearer calls are outliers that no specialist should copy."""
    verified_labels: frozenset[str]
    """Client labels that vouch for an answer, whoever gave it."""
    unsafe_labels: frozenset[str]
    """Client labels of unwanted or unsafe answers."""


def untrainable_reason(event: ObservationRaw, limits: Limits, *, unlinked: bool) -> str | None:
    """Code of the first rule that keeps the call out of training, ``None`` if it may train."""
    label = (event.outcome_label or "").lower()
    if event.outcome is not CallOutcome.SUCCESS:
        return f"outcome_{event.outcome.value}"
    if event.answer is None or not (event.answer.content or event.answer.tool_calls):
        return "no_answer"
    if label in limits.unsafe_labels or event.answer.finish_reason == "content_filter":
        return "unsafe"
    if _refuses(event.answer):
        return "refusal"
    if not (label in limits.verified_labels or _frontier_served(event.attempts)):
        return "not_frontier"
    if sum(attempt.cost_usd for attempt in event.attempts) > limits.max_cost_usd:
        return "cost_ceiling"
    return "unlinked" if unlinked else None


def _frontier_served(attempts: tuple[Attempt, ...]) -> bool:
    """The last attempt that went well is the one the client got."""
    good = [attempt for attempt in attempts if attempt.verdict is AttemptVerdict.OK]
    return bool(good) and good[-1].kind is ModelKind.FRONTIER and good[-1].format_valid


def _refuses(answer: Answer) -> bool:
    return not answer.tool_calls and _REFUSAL.search(answer.content or "") is not None
