"""What has been seen of one specialist: counts, latency histograms and cost ratios, all small enough for a changelog."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from services.promoter.logic.bounds import MeanEvidence
from shared.events import ShadowCompared

# Log-ratios of cost and latency are clipped to a factor of 100 either way and mapped to [0, 1].
CLIP = math.log(100.0)
BUCKET = math.log(1.05)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Latencies in buckets 5 % wide. Quantiles come as the edge that is unfavourable to the claim made of them."""

    counts: dict[int, int] = field(default_factory=dict)

    def add(self, value_ms: float) -> "Histogram":
        bucket = math.floor(math.log(max(value_ms, 0.01)) / BUCKET)
        return Histogram({**self.counts, bucket: self.counts.get(bucket, 0) + 1})

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def quantile(self, share: float, upper_edge: bool) -> float:
        """Milliseconds; 0 without values."""
        remaining = math.ceil(share * self.total)
        for bucket in sorted(self.counts):
            remaining -= self.counts[bucket]
            if remaining <= 0:
                return math.exp((bucket + upper_edge) * BUCKET)
        return 0.0

    def above(self, limit_ms: float) -> int:
        """Values that may be above the limit: a bucket counts if its upper edge is."""
        return sum(count for bucket, count in self.counts.items() if math.exp((bucket + 1) * BUCKET) > limit_ms)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Comparisons of one specialist with the frontier model. Calls the frontier answered without a call stand apart."""

    calls: int = 0
    format_valid: int = 0
    parity_calls: int = 0
    parity: int = 0
    without_calls: int = 0
    deferred_without_calls: int = 0
    escalations: int = 0
    unseen_calls: int = 0
    unseen_parity: int = 0
    precision: float = 0.0
    recall: float = 0.0
    specialist_ms: Histogram = field(default_factory=Histogram)
    frontier_ms: Histogram = field(default_factory=Histogram)
    cost_ratio: MeanEvidence = field(default_factory=lambda: MeanEvidence(0.05))
    latency_ratio: MeanEvidence = field(default_factory=lambda: MeanEvidence(0.05))
    cost_usd: float = 0.0
    frontier_cost_usd: float = 0.0

    @classmethod
    def fresh(cls, alpha: float) -> "Evidence":
        return cls(cost_ratio=MeanEvidence(alpha), latency_ratio=MeanEvidence(alpha))

    def add(self, seen: ShadowCompared) -> "Evidence":
        """One comparison more. Only comparable ones may be given."""
        counted = not seen.frontier_without_calls
        unseen = counted and not seen.in_training_family
        return replace(
            self,
            calls=self.calls + 1,
            format_valid=self.format_valid + seen.format_valid,
            parity_calls=self.parity_calls + counted,
            parity=self.parity + (counted and seen.parity),
            without_calls=self.without_calls + (not counted),
            deferred_without_calls=self.deferred_without_calls + (not counted and seen.parity),
            escalations=self.escalations + seen.would_escalate,
            unseen_calls=self.unseen_calls + unseen,
            unseen_parity=self.unseen_parity + (unseen and seen.parity),
            precision=self.precision + (seen.precision if counted else 0.0),
            recall=self.recall + (seen.recall if counted else 0.0),
            specialist_ms=self.specialist_ms.add(seen.latency_ms),
            frontier_ms=self.frontier_ms.add(seen.frontier_latency_ms),
            cost_ratio=self.cost_ratio.add(_ratio(seen.cost_usd, seen.frontier_cost_usd)),
            latency_ratio=self.latency_ratio.add(_ratio(seen.latency_ms, seen.frontier_latency_ms)),
            cost_usd=self.cost_usd + seen.cost_usd,
            frontier_cost_usd=self.frontier_cost_usd + seen.frontier_cost_usd,
        )

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Evidence":
        histograms = {
            name: Histogram({int(bucket): count for bucket, count in value[name]["counts"].items()})
            for name in ("specialist_ms", "frontier_ms")
        }
        means = {name: MeanEvidence(**value[name]) for name in ("cost_ratio", "latency_ratio")}
        return cls(**{**value, **histograms, **means})


def ratio_of(bound: float) -> float:
    """A bound in [0, 1] back as a ratio (a geometric mean)."""
    return math.exp((bound * 2 - 1) * CLIP)


def _ratio(ours: float, theirs: float) -> float:
    """log(ours / theirs), clipped, in [0, 1]. A free or unpriced frontier call is the least favourable case."""
    if theirs <= 0.0:
        return 1.0
    if ours <= 0.0:
        return 0.0
    return (min(max(math.log(ours / theirs), -CLIP), CLIP) / CLIP + 1) / 2
