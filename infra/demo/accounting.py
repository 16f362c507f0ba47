"""What the demo claims, computed from what its agents saw and what the log holds: savings, success, latency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.demo.agents import CallMade
from infra.demo.watch import Placed
from shared.events import ModelRegistered
from shared.models import call_cost_usd

FRONTIER = "base/frontier"


@dataclass(frozen=True, slots=True)
class Slice:
    """Calls of one kind in one span. Costs in USD; ``frontier_cost`` is what the same calls cost all-frontier."""

    calls: int
    right: int
    errors: int
    specialist_calls: int
    specialist_right: int
    frontier_calls: int
    frontier_right: int
    cost: float
    frontier_cost: float
    p95_ms: float
    specialist_p95_ms: float
    frontier_p95_ms: float

    @property
    def success(self) -> float:
        return self.right / self.calls if self.calls else 0.0

    @property
    def saved(self) -> float:
        """Share of the all-frontier cost that was not spent."""
        return 1.0 - self.cost / self.frontier_cost if self.frontier_cost else 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """The final window. ``saved_net`` charges what watching cost in the window: every comparison's specialist call."""

    seconds: float
    everything: Slice
    narrow: Slice
    shadow_cost: float
    training_cost: float

    @property
    def saved_net(self) -> float:
        total = self.everything.cost + self.shadow_cost
        return 1.0 - total / self.everything.frontier_cost if self.everything.frontier_cost else 0.0

    @property
    def narrow_spend_share(self) -> float:
        whole = self.everything.frontier_cost
        return self.narrow.frontier_cost / whole if whole else 0.0


def slice_of(calls: Iterable[CallMade], placed: dict[str, Placed], frontier: ModelRegistered) -> Slice:
    """Costs of calls the log does not hold yet are taken as all-frontier: never in the demo's favour."""
    chosen = list(calls)
    specialist = [call for call in chosen if call.model not in ("", FRONTIER)]
    by_frontier = [call for call in chosen if call.model == FRONTIER]
    cost = counterfactual = 0.0
    for call in chosen:
        price = call_cost_usd(frontier, *call.frontier_tokens)
        counterfactual += price
        known = placed.get(call.decision_id)
        cost += price if known is None else known.cost_usd
    return Slice(
        calls=len(chosen),
        right=sum(call.right for call in chosen),
        errors=sum(call.error is not None for call in chosen),
        specialist_calls=len(specialist),
        specialist_right=sum(call.right for call in specialist),
        frontier_calls=len(by_frontier),
        frontier_right=sum(call.right for call in by_frontier),
        cost=cost,
        frontier_cost=counterfactual,
        p95_ms=p95([call.latency_ms for call in chosen]),
        specialist_p95_ms=p95([call.latency_ms for call in specialist]),
        frontier_p95_ms=p95([call.latency_ms for call in by_frontier]),
    )


def p95(values: Sequence[float]) -> float:
    """95th percentile by rank; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
