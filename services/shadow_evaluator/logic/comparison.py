"""A call as a specialist is shown it, and the specialist's answer against the frontier model's."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.shadow_evaluator.logic.selection import Target
from shared.events import ModelRegistered, ObservationClustered, ShadowCompared
from shared.events.calls import Answer, Attempt, Request
from shared.events.vocabulary import AttemptVerdict
from shared.ids import content_hash
from shared.models import call_cost_usd
from shared.prompting.calls import check_calls, compare_calls, digest_calls, parse_calls
from shared.prompting.placeholders import find
from shared.prompting.render import estimate_tokens, recent, render
from shared.prompting.surrogates import Surrogates
from shared.prompting.template import DEFER, Template


@dataclass(frozen=True, slots=True)
class Answered:
    """A specialist's complete answer."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    ttft_ms: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A specialist that was asked and gave no answer: a time-out, an error, a prompt it called too long."""

    verdict: AttemptVerdict
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Away:
    """Nobody was asked: the specialist is not loaded, or its server cannot be reached."""

    reason: str


Reply = Answered | Failed | Away


@dataclass(frozen=True, slots=True)
class Case:
    """One call for one specialist, surrogates filled in on both sides."""

    seen: ObservationClustered
    target: Target
    entry: ModelRegistered
    template: Template
    request: Request
    answer: Answer
    prompt: str
    frontier: Attempt
    frontier_cost_usd: float


def make_case(
    seen: ObservationClustered,
    target: Target,
    entry: ModelRegistered,
    template: Template,
    frontier: Attempt,
    models: Mapping[str, ModelRegistered],
) -> Case:
    """The same call and specialist give the same case: surrogates depend on the event alone."""
    surrogates = Surrogates(seen.event_id, "shadow")
    request = surrogates.request(seen.request)
    return Case(
        seen=seen,
        target=target,
        entry=entry,
        template=template,
        request=request,
        answer=surrogates.answer(seen.answer or Answer()),
        prompt=render(request, template),
        frontier=frontier,
        frontier_cost_usd=_frontier_cost_usd(frontier, models),
    )


def unasked(case: Case, at_ms: int) -> ShadowCompared | None:
    """The result of a call that is not put to the specialist at all, or ``None`` for one that is.

    Values of the answer that stand nowhere in the request, or an answer that breaks its own tools' schemas, cannot be
    judged by. A prompt that the router would find too long never reaches the specialist there either.
    """
    if not _is_linked(case.seen):
        return _result(case, AttemptVerdict.UNKNOWN, at_ms, left_out="unlinked")
    if check_calls(case.answer.tool_calls, case.request.tools) is not None:
        return _result(case, AttemptVerdict.UNKNOWN, at_ms, left_out="answer_breaks_schema")
    if _routed_tokens(case.request) > (case.entry.max_prompt_tokens or case.entry.context_len or math.inf):
        return _result(case, AttemptVerdict.TOO_LONG, at_ms, left_out="too_long")
    return None


def judged(case: Case, reply: Answered | Failed, at_ms: int) -> ShadowCompared:
    """What the answer is worth. A deferral is well formed, agrees with an answer without calls, and escalates."""
    if isinstance(reply, Failed):
        failed = _result(case, reply.verdict, at_ms)
        cost_usd = call_cost_usd(case.entry, estimate_tokens(case.prompt), 0)
        return replace(failed, latency_ms=reply.latency_ms, cost_usd=cost_usd)
    theirs, tools = case.answer.tool_calls, case.request.tools
    parsed = parse_calls(reply.text, tools, case.seen.event_id)
    verdict, digest = AttemptVerdict.OK, ""
    parity, precision, recall = False, 0.0, 0.0
    if parsed.deferred:
        verdict, digest, parity = AttemptVerdict.DEFERRED, content_hash(DEFER), not theirs
        precision = recall = float(parity)
    elif parsed.problem is not None:
        verdict = AttemptVerdict.FORMAT_ERROR
    else:
        digest = digest_calls(parsed.calls, tools)
        record = case.entry.training
        agreement = compare_calls(parsed.calls, theirs, tools, record.free_arguments if record is not None else ())
        # Where the frontier model called nothing only a deferral agrees, whatever else the calls have in common.
        parity = agreement.equal and bool(theirs)
        precision, recall = agreement.precision, agreement.recall
    return replace(
        _result(case, verdict, at_ms),
        format_valid=verdict is not AttemptVerdict.FORMAT_ERROR,
        parity=parity,
        precision=precision,
        recall=recall,
        latency_ms=reply.latency_ms,
        ttft_ms=reply.ttft_ms,
        cost_usd=call_cost_usd(case.entry, reply.prompt_tokens, reply.completion_tokens),
        specialist_digest=digest,
    )


def _result(case: Case, verdict: AttemptVerdict, at_ms: int, left_out: str = "") -> ShadowCompared:
    """What is known before any answer: neither well formed nor in agreement. ``left_out``: not comparable, and why."""
    seen, record, theirs = case.seen, case.entry.training, case.answer.tool_calls
    slices = {"tenant": seen.tenant, "sub_key": seen.sub_key, "prompt_tokens": _size(case.prompt)}
    return ShadowCompared(
        comparison_id=content_hash(seen.event_id, case.target.model),
        cluster=seen.cluster,
        event_id=seen.event_id,
        model=case.target.model,
        kind=case.target.kind,
        epoch=seen.epoch,
        comparable=not left_out,
        verdict=verdict,
        format_valid=False,
        parity=False,
        frontier_without_calls=not theirs,
        would_escalate=verdict is not AttemptVerdict.OK,
        frontier_latency_ms=case.frontier.latency_ms,
        frontier_cost_usd=case.frontier_cost_usd,
        in_training_family=record is not None and seen.family in record.families,
        step_hash=seen.step_hash,
        frontier_digest=digest_calls(theirs, case.request.tools) if theirs else "",
        slices={**slices, "left_out": left_out} if left_out else slices,
        compared_at_ms=at_ms,
    )


def _frontier_cost_usd(attempt: Attempt, models: Mapping[str, ModelRegistered]) -> float:
    """As priced when it was made; at the price table where it bears no price."""
    entry = models.get(attempt.model)
    if attempt.cost_usd > 0 or entry is None:
        return attempt.cost_usd
    return call_cost_usd(entry, attempt.prompt_tokens, attempt.completion_tokens)


def _routed_tokens(request: Request) -> int:
    """The estimate that the router holds against a specialist's limit: of the newest turns, before rendering."""
    return sum(estimate_tokens(message.content or "") for message in recent(request))


def _is_linked(seen: ObservationClustered) -> bool:
    """Whether every entity of the answer's calls stands in the request."""
    answer = seen.answer or Answer()
    wanted = _entities(call.arguments_json for call in answer.tool_calls)
    if not wanted:
        return True
    messages = seen.request.messages
    texts = [text for m in messages for text in (m.content, m.parts_json, m.name) if text]
    texts += [call.arguments_json for m in messages for call in m.tool_calls]
    return wanted <= _entities(texts)


def _entities(texts: Iterable[str]) -> set[tuple[str, int]]:
    return {(placeholder.type, placeholder.number) for text in texts for _, _, placeholder in find(text)}


def _size(prompt: str) -> str:
    """Length class of a prompt, in estimated tokens: doubling from 64."""
    size = 64
    while estimate_tokens(prompt) > size:
        size *= 2
    return f"<={size}"
