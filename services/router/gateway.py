"""From an incoming call to its plan, its answer and its observation: what both endpoints share."""

import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from services.router.classify import TaskClass, task_classify
from services.router.health import HealthBoard
from services.router.logic import Decision, Limits, SafetyLevel, TaskFeatures, UserTier, decide
from services.router.observer import Observer
from services.router.serve import Chain, Failed, Models, Served, Step
from services.router.snapshot import SnapshotHolder
from services.router.wire import BadRequestError, fits_specialists
from shared.clock import Clock
from shared.events import ObservationRaw, OutcomeReported
from shared.events.calls import Attempt, Request, RoutingDecision
from shared.events.vocabulary import AttemptVerdict, CallOutcome, ModelKind, OutcomeKind, Stage
from shared.ids import content_hash
from shared.policy import Policy
from shared.prompting.render import estimate_tokens, recent
from shared.tasks.identity import episode_id, prompt_hash, step_number, task_key

RECENT_DECISIONS = 10_000
UNMATCHED = "-"
NO_LIMITS = Limits()
SAFETY_LEVELS: dict[str, SafetyLevel] = {"low": "low", "standard": "standard", "high": "high"}
USER_TIERS: dict[str, UserTier] = {"free": "free", "standard": "standard", "premium": "premium"}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One client call, understood."""

    tenant: str
    request: Request
    body: dict[str, Any]
    limits: Limits = NO_LIMITS
    episode: str | None = None
    parent_event_id: str | None = None
    traceparent: str | None = None
    task_type: str | None = None
    label: str | None = None
    anonymise: bool = False
    opt_out: bool = False


@dataclass(slots=True)
class Call:
    """An incoming call with its plan, and what came of it."""

    incoming: Incoming
    event_id: str
    features: TaskFeatures
    task: TaskClass
    decision: Decision
    decision_id: str
    received_at_ms: int
    started_s: float
    decided_s: float
    attempts: list[Attempt] = field(default_factory=list)
    served: Served | None = None
    failed: Failed | None = None

    @property
    def overhead_ms(self) -> float:
        """The router's own share: from receipt to decision."""
        return (self.decided_s - self.started_s) * 1000


class Gateway:
    def __init__(
        self,
        holder: SnapshotHolder,
        chain: Chain,
        health: HealthBoard,
        observer: Observer,
        policy: Policy,
        clock: Clock,
        hash_key: bytes,
        frontier: str,
        salt: str,
        routed_models: tuple[str, ...],
        producer: str,
    ) -> None:
        self._holder = holder
        self._chain = chain
        self._health = health
        self._observer = observer
        self._policy = policy
        self._clock = clock
        self._hash_key = hash_key
        self._frontier = frontier
        self._salt = salt
        self._routed_models = routed_models
        self._producer = producer
        self._recent: OrderedDict[str, tuple[str, str, int, Stage]] = OrderedDict()

    def plan(self, incoming: Incoming) -> Call:
        """Decide, from memory alone. Raises :class:`BadRequestError` for a model that nobody knows."""
        started_s, now_ms = time.monotonic(), self._clock.now_ms()
        request = incoming.request
        key = task_key(request, incoming.tenant, self._hash_key)
        match = self._holder.matcher.match(request, key)
        task = task_classify(request, incoming.task_type)
        features = TaskFeatures(
            tenant=incoming.tenant,
            episode=episode_id(request, incoming.tenant, self._hash_key, incoming.episode),
            task_key=key,
            prompt_tokens=_frontier_tokens(request),
            specialist_tokens=sum(estimate_tokens(m.content or "") for m in recent(request)),
            fits_specialists=fits_specialists(request),
            in_tool_loop=request.messages[-1].role == "tool",
            pinned_model=self._pinned(request.model),
            cluster=match.cluster if match else None,
            similarity=match.similarity if match else 0.0,
            matcher_version=match.version if match else 0,
            epoch=match.epoch if match else 0,
            cluster_hint=None if match else task.cluster_hint,
        )
        snapshot, health = self._holder.current, self._health.read()
        decision = decide(features, incoming.limits, snapshot, self._policy, health, self._frontier, self._salt, now_ms)
        return Call(
            incoming=incoming,
            event_id=secrets.token_hex(16),
            features=features,
            task=task,
            decision=decision,
            decision_id=f"{secrets.token_hex(12)}.{features.cluster or UNMATCHED}",
            received_at_ms=now_ms,
            started_s=started_s,
            decided_s=time.monotonic(),
        )

    async def serve(self, call: Call, stream: bool) -> AsyncGenerator[Step, None]:
        """Carry out the plan. The call is observed when the iteration ends, whichever way it ends."""
        models = Models(dict(self._holder.current.models), self._frontier)
        outcome = CallOutcome.CANCELLED
        try:
            steps = self._chain.run(
                call.decision,
                call.decision_id,
                call.incoming.request,
                call.incoming.body,
                models,
                stream,
                call.attempts,
            )
            async with aclosing(steps) as iterator:
                async for step in iterator:
                    if isinstance(step, Served):
                        call.served, outcome = step, CallOutcome.SUCCESS
                    elif isinstance(step, Failed):
                        call.failed, outcome = step, CallOutcome.ERROR
                    yield step
        finally:
            self._observe(call, outcome)

    def label(self, decision_id: str, label: str | None, safety_incident: bool) -> bool:
        """A later label of an earlier call. Returns false for an id that no call of this system can have had."""
        head, _, cluster = decision_id.partition(".")
        if len(head) != 24 or not cluster:
            return False
        if cluster == UNMATCHED:
            return True
        _, model, epoch, stage = self._recent.get(decision_id, (cluster, "", 0, Stage.UNKNOWN))
        kind = OutcomeKind.SAFETY if safety_incident else OutcomeKind.LABEL
        event = OutcomeReported(
            outcome_id=content_hash(decision_id, kind, model, label or ""),
            decision_id=decision_id,
            cluster=cluster,
            model=model,
            kind=kind,
            epoch=epoch,
            stage=stage,
            label=label,
            reported_at_ms=self._clock.now_ms(),
        )
        self._observer.observe("outcome.reported", cluster, event)
        return True

    def model_names(self) -> list[str]:
        return ["auto", *sorted(self._holder.current.models)]

    def _pinned(self, model: str) -> str | None:
        if model in self._routed_models or model.startswith("slm/"):
            return None
        models = self._holder.current.models
        frontier = models.get(self._frontier)
        if model == self._frontier or (frontier is not None and model == frontier.model_name):
            return self._frontier
        if model in models and models[model].kind is ModelKind.SPECIALIST:
            return model
        raise BadRequestError(f"model {model!r} is not known; use 'auto' to be routed", "model")

    def _observe(self, call: Call, outcome: CallOutcome) -> None:
        if call.incoming.opt_out:
            return
        event = self._observation(call, outcome)
        self._observer.observe("observation.raw", f"{event.tenant}|{event.episode}", event)
        for attempt in call.attempts:
            if attempt.kind is ModelKind.SPECIALIST and call.features.cluster is not None:
                self._observer.observe("outcome.reported", call.features.cluster, self._outcome(call, attempt))

    def _observation(self, call: Call, outcome: CallOutcome) -> ObservationRaw:
        incoming, features, decision = call.incoming, call.features, call.decision
        request, answer = incoming.request, call.served.answer if call.served else None
        hashed = prompt_hash(request, self._hash_key)
        if incoming.anonymise:
            request, answer = Request(model=request.model), None
        return ObservationRaw(
            event_id=call.event_id,
            tenant=incoming.tenant,
            episode=features.episode,
            step=step_number(incoming.request),
            parent_event_id=incoming.parent_event_id,
            traceparent=incoming.traceparent,
            occurred_at_ms=call.received_at_ms,
            request=request,
            answer=answer,
            attempts=tuple(call.attempts),
            outcome=outcome,
            outcome_label=incoming.label,
            served_by=call.served.model if call.served else None,
            routing=RoutingDecision(
                decision_id=call.decision_id,
                task_key=features.task_key,
                cluster=features.cluster,
                cluster_hint=features.cluster_hint,
                matcher_version=features.matcher_version,
                epoch=features.epoch,
                similarity=features.similarity,
                arm=decision.arm,
                share_draw=decision.share_draw,
                propensity=decision.propensity,
                snapshot_version=decision.snapshot_version,
                policy_version=decision.policy_version,
                reason=decision.reason,
            ),
            producer=self._producer,
            anonymised=incoming.anonymise,
            prompt_hash=hashed if incoming.anonymise else None,
        )

    def _outcome(self, call: Call, attempt: Attempt) -> OutcomeReported:
        cluster, decision = call.features.cluster or UNMATCHED, call.decision
        self._recent[call.decision_id] = (cluster, attempt.model, call.features.epoch, decision.stage)
        if len(self._recent) > RECENT_DECISIONS:
            self._recent.popitem(last=False)
        return OutcomeReported(
            outcome_id=content_hash(call.decision_id, OutcomeKind.ATTEMPT, attempt.model),
            decision_id=call.decision_id,
            cluster=cluster,
            model=attempt.model,
            kind=OutcomeKind.ATTEMPT,
            epoch=call.features.epoch,
            stage=decision.stage,
            share=decision.share,
            verdict=attempt.verdict,
            format_valid=attempt.verdict in (AttemptVerdict.OK, AttemptVerdict.DEFERRED),
            rescued=call.served is not None and call.served.model != attempt.model,
            latency_ms=attempt.latency_ms,
            cost_usd=attempt.cost_usd,
            reported_at_ms=self._clock.now_ms(),
        )


def limits_of(
    latency_budget_ms: float | None, max_cost_usd: float | None, safety_level: str | None, user_tier: str | None
) -> Limits:
    """Raises :class:`BadRequestError` for words outside the lists or limits that are no limits."""
    for name, value in (("latency_budget_ms", latency_budget_ms), ("max_cost", max_cost_usd)):
        if value is not None and not value > 0:
            raise BadRequestError(f"{name} must be above 0", name)
    level = SAFETY_LEVELS.get(safety_level or NO_LIMITS.safety_level)
    if level is None:
        raise BadRequestError(f"safety_level must be one of {', '.join(SAFETY_LEVELS)}", "safety_level")
    tier = USER_TIERS.get(user_tier or NO_LIMITS.user_tier)
    if tier is None:
        raise BadRequestError(f"user_tier must be one of {', '.join(USER_TIERS)}", "user_tier")
    return Limits(latency_budget_ms, max_cost_usd, level, tier)


def _frontier_tokens(request: Request) -> int:
    """Tokens the frontier model would read, estimated at four characters a token."""
    size = sum(len(m.content or m.parts_json or "") for m in request.messages)
    size += sum(len(t.name) + len(t.description or "") + len(t.parameters_json or "") for t in request.tools)
    return size // 4 + 1


def plan_frame(call: Call) -> dict[str, Any]:
    """What a client is told before the first token."""
    decision = call.decision
    return {
        "decision_id": call.decision_id,
        "primary_model": decision.primary_model,
        "escalation_chain": list(decision.escalation_chain),
        "justification": decision.justification,
        "reason": decision.reason,
        "expected_cost_range_usd": list(decision.expected_cost_range_usd),
        "expected_latency_p95_ms": decision.expected_latency_p95_ms,
        "cluster": call.features.cluster,
        "cluster_hint": call.features.cluster_hint,
        "task_type": call.task.task_type,
        "similarity": round(call.features.similarity, 4),
        "arm": decision.arm,
        "propensity": decision.propensity,
        "candidates": [
            {
                "model": candidate.model,
                "rejected": candidate.rejected,
                "expected_cost_usd": candidate.expected_cost_usd,
                "expected_latency_p95_ms": candidate.expected_latency_p95_ms,
                "quality_low": candidate.quality_low,
            }
            for candidate in decision.candidates
        ],
        "snapshot_version": decision.snapshot_version,
        "policy_version": decision.policy_version,
    }


def metrics_frame(call: Call, ended_s: float) -> dict[str, Any]:
    """What a client is told after the last token."""
    served, last = call.served, call.attempts[-1] if call.attempts else None
    return {
        "decision_id": call.decision_id,
        "served_by": served.model if served else None,
        "outcome": "success" if served else "error",
        "finish_reason": served.answer.finish_reason if served else None,
        "latency_ms": round((ended_s - call.started_s) * 1000, 3),
        "ttft_ms": last.ttft_ms if last else None,
        "router_overhead_ms": round(call.overhead_ms, 3),
        "prompt_tokens": sum(a.prompt_tokens for a in call.attempts),
        "completion_tokens": sum(a.completion_tokens for a in call.attempts),
        "cost_usd": sum(a.cost_usd for a in call.attempts),
        "escalations": sum(
            a.escalation_reason is not None for a in call.attempts if served and a.model != served.model
        ),
        "attempts": [
            {"model": a.model, "verdict": a.verdict, "latency_ms": round(a.latency_ms, 3), "cost_usd": a.cost_usd}
            for a in call.attempts
        ],
    }
