"""The gates of a promotion: each on a bound, each with its figures. All must hold at one look."""

from dataclasses import asdict, dataclass
from typing import Any

from services.promoter.logic.bounds import share_at_least, share_lower_bound, share_upper_bound
from services.promoter.logic.evidence import Evidence, ratio_of
from shared.events.promotion import RouterEvidence
from shared.policy import PromotionPolicy, grade_at_least


@dataclass(frozen=True, slots=True)
class Gate:
    """``value`` is the point estimate, ``bound`` what decides, ``threshold`` what it must reach."""

    name: str
    passed: bool
    value: float
    bound: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``passed``: every gate holds. ``futile``: a gate is proven unreachable. Neither: not enough evidence yet."""

    passed: bool
    futile: str | None
    gates: tuple[Gate, ...]

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(gate) for gate in self.gates]

    def words(self) -> str:
        if self.futile is not None:
            return f"{self.futile} is proven to miss its threshold"
        open_gates = [gate for gate in self.gates if not gate.passed]
        if not open_gates:
            return "every gate holds"
        return "; ".join(f"{g.name} {g.bound:.4f} of {g.threshold:.4f} needed" for g in open_gates)


def judge(evidence: Evidence, policy: PromotionPolicy, grade: str, alpha: float) -> Verdict:
    """Look at the evidence once; may be called after every comparison."""
    formats = _share("format", evidence.format_valid, evidence.calls, policy.min_format, alpha)
    parity = _share("parity", evidence.parity, evidence.parity_calls, policy.min_parity, alpha)
    kept = _share("escalation", evidence.calls - evidence.escalations, evidence.calls, 1 - policy.max_escalation, alpha)
    limit_ms = evidence.frontier_ms.quantile(0.95, upper_edge=False) * (1 + policy.max_latency_increase)
    fast = evidence.specialist_ms.total - evidence.specialist_ms.above(limit_ms)
    latency = _share("latency_p95", fast, evidence.specialist_ms.total, 0.95, alpha)
    mean_latency = _ratio_gate("latency_mean", evidence.latency_ratio, 1 + policy.max_latency_increase)
    cost = _ratio_gate("cost", evidence.cost_ratio, 1 - policy.min_cost_reduction)
    enough = Gate(
        "calls", evidence.calls >= policy.min_shadow_calls, evidence.calls, evidence.calls, policy.min_shadow_calls
    )
    safe = grade_at_least(grade, policy.min_safety_grade)
    safety = Gate("safety", safe, float(safe), float(safe), 1.0)
    gates = (enough, formats, parity, kept, latency, mean_latency, cost, safety)
    return Verdict(all(gate.passed for gate in gates), _futile(evidence, policy, alpha), gates)


def floor_broken(successes: int, failures: int, floor: float, alpha: float) -> bool:
    """Whether a share is proven to lie below its floor: the burden of proof of a demotion."""
    return share_upper_bound(successes, failures, alpha) < floor


def router_evidence(evidence: Evidence, alpha: float) -> RouterEvidence:
    """What the router is told of a specialist that passed."""
    mean_cost_usd = evidence.cost_usd / max(evidence.calls, 1)
    failures = evidence.parity_calls - evidence.parity
    return RouterEvidence(
        quality_low=share_lower_bound(evidence.parity, failures, alpha),
        format_low=share_lower_bound(evidence.format_valid, evidence.calls - evidence.format_valid, alpha),
        latency_p95_ms=evidence.specialist_ms.quantile(0.95, upper_edge=True),
        cost_p10_usd=mean_cost_usd * 0.5,
        cost_p50_usd=mean_cost_usd,
        cost_p90_usd=mean_cost_usd * 2.0,
        samples=evidence.calls,
    )


def _share(name: str, successes: int, total: int, floor: float, alpha: float) -> Gate:
    failures = total - successes
    passed = total > 0 and share_at_least(successes, failures, floor, alpha)
    bound = share_lower_bound(successes, failures, alpha)
    return Gate(name, passed, successes / total if total else 0.0, max(bound, floor) if passed else bound, floor)


def _ratio_gate(name: str, mean: Any, ceiling: float) -> Gate:
    bound = ratio_of(mean.upper_bound())
    value = ratio_of(mean.total / mean.count) if mean.count else 1.0
    return Gate(name, mean.count > 0 and bound <= ceiling, value, bound, ceiling)


def _futile(evidence: Evidence, policy: PromotionPolicy, alpha: float) -> str | None:
    shares = (
        ("format", evidence.format_valid, evidence.calls, policy.min_format),
        ("parity", evidence.parity, evidence.parity_calls, policy.min_parity),
        ("escalation", evidence.calls - evidence.escalations, evidence.calls, 1 - policy.max_escalation),
    )
    for name, successes, total, floor in shares:
        if floor_broken(successes, total - successes, floor, alpha):
            return name
    return None
