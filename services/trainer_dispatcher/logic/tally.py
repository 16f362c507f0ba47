"""Running sums of one cluster: each record changes them in the order of the log, and never by the batch it came in."""

from dataclasses import asdict, dataclass, field
from typing import Any

from shared.events import ObservationClustered
from shared.events.calls import Attempt
from shared.events.vocabulary import AttemptVerdict, ModelKind, Split
from shared.prompting.render import estimate_tokens, render
from shared.prompting.template import COMPACT_CHATML

# Similarity and provisional share follow about the last so many calls: what a cluster is now, not how it began.
RECENT_CALLS = 50
# Of the prompt a specialist would see, the first calls and then every so manieth are rendered: enough for a mean.
SAMPLE_FIRST, SAMPLE_EVERY = 16, 16
# Event times further apart than this are another season, or a wrong clock: the observed span starts again.
GAP_MS = 7 * 86_400_000
# A clock ahead of the log's is cut back to it.
AHEAD_MS = 60_000
# Beyond so many families a cluster's new ones are counted, but no longer remembered.
MAX_FAMILIES = 20_000
MAX_TOOL_SETS = 16
OTHER_TOOLS = "other"
NO_TOOLS = ""


@dataclass(slots=True)
class Tally:
    """What one cluster has shown so far. Times are event time; offsets are of the task's own partition."""

    task_key: str = ""
    calls: int = 0
    repeats: int = 0
    mismatched: int = 0
    span_calls: int = 0
    first_ms: int = 0
    last_ms: int = 0
    first_offset: int = -1
    end_offset: int = 0
    families: int = 0
    train_rows: int = 0
    test_rows: int = 0
    answers: int = 0
    offered_tools: int = 0
    tool_sets: dict[str, int] = field(default_factory=dict)
    frontier_calls: int = 0
    frontier_model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    latency_ms: float = 0.0
    specialist_samples: int = 0
    specialist_tokens: int = 0
    similarity: float = 0.0
    provisional: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Tally":
        return cls(**{**value, "tool_sets": dict(value["tool_sets"])})

    def add(
        self, seen: ObservationClustered, offset: int, logged_at_ms: int, family_rows: int | None, family_cap: int
    ) -> int | None:
        """Count one record. ``family_rows``: rows counted of its family so far, ``None`` for an unknown family.

        Returns the family's new count, or ``None`` if there is nothing to remember. At most ``family_cap`` rows of a
        family count as train rows, whatever their order.
        """
        self.calls += 1
        self.task_key = self.task_key or seen.task_key
        if self.first_offset < 0:
            self.first_offset = offset
        self.end_offset = offset + 1
        self._add_time(min(seen.occurred_at_ms, logged_at_ms + AHEAD_MS))
        weight = 1 / min(self.calls, RECENT_CALLS)
        self.similarity += (seen.similarity - self.similarity) * weight
        self.provisional += (float(seen.provisional) - self.provisional) * weight
        frontier = frontier_attempt(seen)
        if frontier is not None:
            self._add_frontier(frontier)
        if seen.repeat_of is not None or not seen.request.messages:
            self.repeats += 1
            return None
        if (self.calls - self.repeats) <= SAMPLE_FIRST or self.calls % SAMPLE_EVERY == 0:
            self.specialist_samples += 1
            self.specialist_tokens += estimate_tokens(render(seen.request, COMPACT_CHATML))
        if frontier is None or seen.answer is None:
            return None
        self._add_answer(seen)
        return self._add_row(seen, family_rows, family_cap)

    def _add_time(self, at_ms: int) -> None:
        if self.span_calls == 0 or at_ms > self.last_ms + GAP_MS:
            self.first_ms = self.last_ms = at_ms
            self.span_calls = 1
        elif at_ms >= self.first_ms - GAP_MS:
            self.first_ms = min(self.first_ms, at_ms)
            self.last_ms = max(self.last_ms, at_ms)
            self.span_calls += 1

    def _add_frontier(self, attempt: Attempt) -> None:
        self.frontier_calls += 1
        self.frontier_model = attempt.model
        self.prompt_tokens += attempt.prompt_tokens
        self.completion_tokens += attempt.completion_tokens
        self.cost_usd += attempt.cost_usd
        self.latency_ms += attempt.latency_ms

    def _add_answer(self, seen: ObservationClustered) -> None:
        self.answers += 1
        self.offered_tools += bool(seen.request.tools)
        calls = seen.answer.tool_calls if seen.answer is not None else ()
        tools = "+".join(sorted({call.name for call in calls}))
        if tools not in self.tool_sets and len(self.tool_sets) >= MAX_TOOL_SETS:
            tools = OTHER_TOOLS
        self.tool_sets[tools] = self.tool_sets.get(tools, 0) + 1

    def _add_row(self, seen: ObservationClustered, family_rows: int | None, family_cap: int) -> int | None:
        if seen.task_key != self.task_key or _is_mismatched(seen):
            self.mismatched += 1
            return None
        if not _may_train(seen):
            return None
        new = family_rows is None
        if new and self.families >= MAX_FAMILIES:
            if seen.family != seen.event_id:
                return None
            self.families += 1
            self.train_rows += seen.split is Split.TRAIN
            self.test_rows += seen.split is Split.TEST
            return None
        self.families += new
        count = family_rows or 0
        if seen.split is Split.TEST:
            self.test_rows += 1
            return count if new else None
        if count >= family_cap:
            return None
        self.train_rows += 1
        return count + 1


def frontier_attempt(seen: ObservationClustered) -> Attempt | None:
    """The attempt that served the call, if a frontier model did: the last one that went well."""
    good = [attempt for attempt in seen.attempts if attempt.verdict is AttemptVerdict.OK]
    return good[-1] if good and good[-1].kind is ModelKind.FRONTIER else None


def _may_train(seen: ObservationClustered) -> bool:
    return (
        seen.untrainable_reason is None
        and not seen.anonymised
        and bool(seen.proof.rule_set)
        and seen.answer is not None
        and bool(seen.answer.tool_calls)
        and seen.split in (Split.TRAIN, Split.TEST)
    )


def _is_mismatched(seen: ObservationClustered) -> bool:
    """Router and clusterer placed the call differently by the same published version."""
    routing = seen.routing
    return (
        routing is not None
        and routing.cluster is not None
        and routing.cluster != seen.cluster
        and routing.matcher_version == seen.map_version
    )
