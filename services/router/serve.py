"""Serving one call: the decision carried out, one attempt after the other, as a stream of steps.

A specialist's answer is parsed and checked before anything of it is shown. Once a frontier chunk is out, nobody else is
tried. The whole chain has one deadline.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from services.router.frontier import FrontierClient, FrontierError, error_body
from services.router.health import HealthBoard
from services.router.logic import Decision
from services.router.wire import AnswerBuilder, parse_answer
from shared.errors import TransientError
from shared.events import ModelRegistered
from shared.events.calls import Answer, Attempt, Request
from shared.events.vocabulary import AttemptVerdict, ModelKind
from shared.models import call_cost_usd
from shared.policy import RoutingPolicy
from shared.prompting.calls import parse_calls
from shared.prompting.render import estimate_tokens, render
from shared.prompting.template import template_by_hash
from shared.serving import CompletionClient, CompletionRefusedError


@dataclass(frozen=True, slots=True)
class Escalated:
    """A model failed; the next one is tried."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a streamed frontier answer, as it came."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """The call is answered. ``streamed``: the client has it already, chunk by chunk."""

    answer: Answer
    model: str
    usage: dict[str, int]
    streamed: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """No model answered. ``streamed``: chunks are out already, so only an error event can follow."""

    status: int
    body: dict[str, Any]
    streamed: bool


Step = Escalated | Chunk | Served | Failed


class Chain:
    """Carries out decisions. ``attempts`` of a call are appended to the list given, as each one ends."""

    def __init__(
        self,
        frontier: FrontierClient,
        specialists: CompletionClient,
        health: HealthBoard,
        policy: RoutingPolicy,
        frontier_timeout_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._frontier = frontier
        self._specialists = specialists
        self._health = health
        self._policy = policy
        self._frontier_timeout_s = frontier_timeout_s
        self._now_s = now_s

    async def run(
        self,
        decision: Decision,
        decision_id: str,
        request: Request,
        body: dict[str, Any],
        models: "Models",
        stream: bool,
        attempts: list[Attempt],
    ) -> AsyncGenerator[Step, None]:
        deadline_s = self._now_s() + self._policy.chain_deadline_s
        for model in (decision.primary_model, *decision.escalation_chain):
            entry = models.entry(model)
            if entry.kind is ModelKind.SPECIALIST:
                served = await self._try_specialist(entry, decision_id, request, deadline_s, attempts)
                if served is not None:
                    yield served
                    return
                last = attempts[-1]
                attempts[-1] = replace(last, escalation_reason=last.escalation_reason or str(last.verdict))
                yield Escalated(model, attempts[-1].escalation_reason or "")
                continue
            timeout_s = min(self._frontier_timeout_s, max(deadline_s - self._now_s(), 1.0))
            steps = self._frontier_stream if stream else self._frontier_whole
            async with aclosing(steps(entry, body, timeout_s, attempts)) as iterator:
                async for step in iterator:
                    yield step
            return
        yield Failed(503, error_body("no model could answer", "unavailable"), streamed=False)

    async def _try_specialist(
        self, entry: ModelRegistered, decision_id: str, request: Request, deadline_s: float, attempts: list[Attempt]
    ) -> Served | None:
        template = template_by_hash(entry.prompt_template_hash)
        if template is None:
            attempts.append(_failed(entry, AttemptVerdict.ERROR, 0.0, "unknown_template"))
            return None
        prompt = render(request, template)
        started_s = self._now_s()
        timeout_s = min(self._policy.specialist_timeout_s, max(deadline_s - started_s, 0.1))
        try:
            done = await self._specialists.complete(entry.model_name, prompt, template, timeout_s)
        except (TransientError, CompletionRefusedError) as error:
            elapsed_ms = (self._now_s() - started_s) * 1000
            too_long = isinstance(error, CompletionRefusedError) and error.code == "too_long"
            verdict = AttemptVerdict.TOO_LONG if too_long else AttemptVerdict.ERROR
            if elapsed_ms >= timeout_s * 1000:
                verdict = AttemptVerdict.TIMEOUT
            if not too_long:
                self._health.failed(entry.model)
            attempts.append(_failed(entry, verdict, elapsed_ms, str(error)))
            return None
        parsed = parse_calls(done.text, request.tools, decision_id)
        problem = "cut_short" if done.finish_reason == "length" else parsed.problem
        verdict = AttemptVerdict.FORMAT_ERROR if problem else AttemptVerdict.OK
        if parsed.deferred:
            verdict = AttemptVerdict.DEFERRED
        attempt = Attempt(
            model=entry.model,
            kind=ModelKind.SPECIALIST,
            verdict=verdict,
            format_valid=problem is None,
            latency_ms=done.latency_ms,
            ttft_ms=done.ttft_ms,
            prompt_tokens=done.prompt_tokens,
            completion_tokens=done.completion_tokens,
            cost_usd=call_cost_usd(entry, done.prompt_tokens, done.completion_tokens),
            price_version=entry.price_version,
            escalation_reason=problem,
        )
        attempts.append(attempt)
        self._health.answered(entry.model, done.latency_ms)
        if verdict is not AttemptVerdict.OK:
            return None
        answer = Answer(content=None, tool_calls=parsed.calls, finish_reason="tool_calls")
        return Served(answer, entry.model, _usage(done.prompt_tokens, done.completion_tokens), streamed=False)

    async def _frontier_whole(
        self, entry: ModelRegistered, body: dict[str, Any], timeout_s: float, attempts: list[Attempt]
    ) -> AsyncGenerator[Step, None]:
        started_s = self._now_s()
        try:
            document = await self._frontier.complete(body, entry.model_name, timeout_s)
        except FrontierError as error:
            yield self._frontier_failed(entry, error, started_s, attempts, streamed=False)
            return
        choice = document["choices"][0]
        answer = parse_answer(choice["message"], choice.get("finish_reason"))
        usage = _usage_of(document.get("usage"), body, answer)
        self._frontier_done(entry, usage, started_s, None, attempts)
        yield Served(answer, entry.model, usage, streamed=False)

    async def _frontier_stream(
        self, entry: ModelRegistered, body: dict[str, Any], timeout_s: float, attempts: list[Attempt]
    ) -> AsyncGenerator[Step, None]:
        started_s, first_s = self._now_s(), None
        builder, reported = AnswerBuilder(), None
        try:
            async with aclosing(self._frontier.stream(body, entry.model_name, timeout_s)) as chunks:
                async for data in chunks:
                    first_s = first_s or self._now_s()
                    reported = data.get("usage") or reported
                    for choice in data.get("choices") or ():
                        builder.add(choice)
                    yield Chunk(data)
        except FrontierError as error:
            yield self._frontier_failed(entry, error, started_s, attempts, streamed=first_s is not None)
            return
        answer = builder.answer()
        usage = _usage_of(reported, body, answer)
        ttft_ms = None if first_s is None else (first_s - started_s) * 1000
        self._frontier_done(entry, usage, started_s, ttft_ms, attempts)
        yield Served(answer, entry.model, usage, streamed=True)

    def _frontier_done(
        self,
        entry: ModelRegistered,
        usage: dict[str, int],
        started_s: float,
        ttft_ms: float | None,
        attempts: list[Attempt],
    ) -> None:
        latency_ms = (self._now_s() - started_s) * 1000
        self._health.answered(entry.model, latency_ms)
        attempts.append(
            Attempt(
                model=entry.model,
                kind=ModelKind.FRONTIER,
                verdict=AttemptVerdict.OK,
                latency_ms=latency_ms,
                ttft_ms=ttft_ms,
                prompt_tokens=usage["prompt_tokens"],
                completion_tokens=usage["completion_tokens"],
                cost_usd=call_cost_usd(entry, usage["prompt_tokens"], usage["completion_tokens"]),
                price_version=entry.price_version,
            )
        )

    def _frontier_failed(
        self, entry: ModelRegistered, error: FrontierError, started_s: float, attempts: list[Attempt], streamed: bool
    ) -> Failed:
        verdict = AttemptVerdict.TIMEOUT if error.status == 504 else AttemptVerdict.ERROR
        elapsed_ms = (self._now_s() - started_s) * 1000
        attempts.append(_failed(entry, verdict, elapsed_ms, f"http_{error.status}"))
        return Failed(error.status, error.body, streamed)


class Models:
    """Registry entries as the chain needs them: the frontier model is always known, with zero prices if unregistered."""

    def __init__(self, entries: dict[str, ModelRegistered], frontier: str) -> None:
        self._entries = entries
        self._frontier = frontier

    def entry(self, model: str) -> ModelRegistered:
        known = self._entries.get(model)
        if known is not None:
            return known
        name = model.removeprefix("base/")
        return ModelRegistered(
            model=model, kind=ModelKind.FRONTIER, model_name=name, eval_scores={}, registered_at_ms=0
        )


def _failed(entry: ModelRegistered, verdict: AttemptVerdict, elapsed_ms: float, reason: str) -> Attempt:
    return Attempt(
        model=entry.model,
        kind=entry.kind,
        verdict=verdict,
        format_valid=False,
        latency_ms=elapsed_ms,
        price_version=entry.price_version,
        escalation_reason=reason,
    )


def _usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _usage_of(reported: Any, body: dict[str, Any], answer: Answer) -> dict[str, int]:
    """Usage as reported, or estimated where the endpoint keeps it to itself."""
    if isinstance(reported, dict) and isinstance(reported.get("prompt_tokens"), int):
        return _usage(reported["prompt_tokens"], int(reported.get("completion_tokens") or 0))
    written = (answer.content or "") + "".join(call.name + call.arguments_json for call in answer.tool_calls)
    return _usage(estimate_tokens(str(body.get("messages"))), estimate_tokens(written))
