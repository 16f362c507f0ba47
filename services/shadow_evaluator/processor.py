"""The shadow evaluator as an async processor: select, ask, compare. Tables are live: a deferred call is selected anew."""

from collections.abc import Awaitable, Callable

from services.shadow_evaluator.logic.comparison import Away, Reply, judged, make_case, unasked
from services.shadow_evaluator.logic.selection import (
    ComparedSteps,
    Target,
    frontier_attempt,
    is_sampled,
    misplaced,
    targets,
    trained_on,
    unfit,
)
from shared.clock import Clock
from shared.events import ModelRegistered, ObservationClustered, ShadowCompared
from shared.prompting.template import Template, template_by_hash
from shared.stream.outcome import Deferred, Emit, Emitted, Rejected, Result, Skipped
from shared.stream.processor import Context
from shared.stream.records import Message

SOURCE, TARGET = "observation.clustered", "shadow.compared"
ASSIGNMENTS, CLUSTERS, REGISTRY = "assignment.changed", "cluster.changed", "model.registered"
RETRY_AFTER_S = 1.0

Ask = Callable[[ModelRegistered, str, Template], Awaitable[Reply]]


class ShadowEvaluator:
    """``budget``: comparisons of one candidate's stay in shadow. ``patience_s``: how long calls wait for a specialist
    that is not there before they are skipped, so that one adapter that never loads does not hold up the others.
    ``max_age_s``: calls that are older by then are skipped: where more is called than can be compared, a backlog would
    keep those of other specialists in the partition waiting, and any fresh call tells as much."""

    def __init__(
        self,
        ask: Ask,
        clock: Clock,
        *,
        budget: int,
        sample_rate: float = 1.0,
        patience_s: float = 120.0,
        max_age_s: float = 3600.0,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._budget = budget
        self._sample_rate = sample_rate
        self._patience_s = patience_s
        self._max_age_ms = max_age_s * 1000
        self._compared = ComparedSteps()
        self._missing_since_s: dict[str, float] = {}

    async def handle(self, message: Message, context: Context) -> Result:
        seen = message.event
        if seen is None:
            return Skipped("tombstone")
        if not isinstance(seen, ObservationClustered):
            return Rejected("unexpected_event", type(seen).__name__)
        assignment = context.table(ASSIGNMENTS).get(seen.cluster)
        if assignment is None or (assignment.challenger is None and assignment.primary is None):
            return Skipped("no_specialist")
        if self._clock.now_ms() - seen.occurred_at_ms > self._max_age_ms:
            return Skipped("too_old")
        reason = unfit(seen) or misplaced(seen, assignment, context.table(CLUSTERS).get(seen.cluster))
        if reason is not None:
            return Skipped(reason)
        wanted = targets(seen, assignment)
        outputs: list[Emit] = []
        skipped = "not_holdback"
        for target in wanted:
            found = await self._compare(seen, target, message, context)
            if isinstance(found, Deferred):
                return found
            if isinstance(found, ShadowCompared):
                outputs.append(Emit(TARGET, seen.cluster, found))
            else:
                skipped = found.reason
        return Emitted(tuple(outputs)) if outputs else Skipped(skipped)

    async def _compare(
        self, seen: ObservationClustered, target: Target, message: Message, context: Context
    ) -> ShadowCompared | Skipped | Deferred:
        models = context.table(REGISTRY)
        entry, frontier = models.get(target.model), frontier_attempt(seen)
        if entry is None or frontier is None:
            return self._wait(target.model, "model_unknown")
        template = template_by_hash(entry.prompt_template_hash)
        if template is None:
            return Skipped("unknown_template")
        reason = trained_on(seen, message.partition, message.offset, entry)
        if reason is None and not is_sampled(seen.event_id, target.model, self._sample_rate):
            reason = "not_sampled"
        reason = reason or self._compared.reserve(target, seen.step_hash, seen.event_id, self._budget)
        if reason is not None:
            return Skipped(reason)
        finished = False
        try:
            case = make_case(seen, target, entry, template, frontier, models)
            result = unasked(case, self._clock.now_ms())
            if result is None:
                reply = await self._ask(entry, case.prompt, template)
                if isinstance(reply, Away):
                    return self._wait(target.model, reply.reason)
                result = judged(case, reply, self._clock.now_ms())
                self._missing_since_s.pop(target.model, None)
            finished = True
            return result
        finally:
            if not finished:
                self._compared.release(target, seen.step_hash, seen.event_id)

    def _wait(self, model: str, reason: str) -> Deferred | Skipped:
        """A server that is away is waited for while the call is young enough, a specialist that is missing on it for a
        while only."""
        if reason == "server_away":
            return Deferred(reason, RETRY_AFTER_S)
        since_s = self._missing_since_s.setdefault(model, self._clock.monotonic_s())
        if self._clock.monotonic_s() - since_s > self._patience_s:
            return Skipped(reason)
        return Deferred(reason, RETRY_AFTER_S)
