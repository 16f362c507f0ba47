"""From what was seen to what is shown: the claims, the cluster table, the curves."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from infra.demo.accounting import FRONTIER, Slice, Window, slice_of
from infra.demo.agents import CallMade, Ledger
from infra.demo.report import Claim, ClusterRow
from infra.demo.watch import ClusterView, Watcher
from shared.events import ModelRegistered
from shared.models import call_cost_usd

MIN_SAVED, MAX_SUCCESS_GAP, MAX_P95_RATIO = 0.40, 0.05, 1.10
# Clusters without a specialist and with fewer calls share one line of the table.
SMALL_CALLS = 50
FIRST_RAMP_S, THIRD_RAMP_S, DONE_S = 9 * 60.0, 20 * 60.0, 30 * 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Inputs of the findings. ``window_from_s`` is on the agents' clock, like ``CallMade.at_s``."""

    ledger: Ledger
    watcher: Watcher
    frontier: ModelRegistered
    task_clusters: Mapping[str, str]
    started_s: float
    window_from_s: float | None
    window_from_ms: int
    window_seconds: float


def final_window(seen: Seen) -> Window | None:
    if seen.window_from_s is None:
        return None
    calls = seen.ledger.since(seen.window_from_s)
    placed = seen.watcher.placed
    return Window(
        seconds=seen.window_seconds,
        everything=slice_of(calls, placed, seen.frontier),
        narrow=slice_of([call for call in calls if call.narrow_call], placed, seen.frontier),
        shadow_cost=sum(cost for at_ms, cost in seen.watcher.shadow if at_ms >= seen.window_from_ms),
        training_cost=sum(job.cost_usd for job in seen.watcher.jobs.values()),
    )


def before_promotion(seen: Seen) -> Slice:
    """Narrow calls that the frontier model served: the teacher's success and latency on the same kind of call."""
    calls = [call for call in seen.ledger.calls if call.narrow_call and call.model == FRONTIER]
    return slice_of(calls, seen.watcher.placed, seen.frontier)


def full_claims(seen: Seen, window: Window, milestones: Mapping[str, float], finished_s: float) -> list[Claim]:
    teacher = before_promotion(seen)
    active = [view for view in seen.watcher.clusters.values() if view.active]
    everything = window.everything
    gap = teacher.success - everything.success
    ratio = everything.p95_ms / teacher.p95_ms if teacher.p95_ms else float("inf")
    first = milestones.get("first specialist at its first ramp stage")
    third = milestones.get("third specialist at its first ramp stage")
    silent = [view.label for view in seen.watcher.clusters.values() if not _explained(view)]
    return [
        Claim("clusters routed to promoted specialists ≥ 3", str(len(active)), len(active) >= 3),
        Claim(
            f"saved in the final window, net of shadow and holdback ≥ {MIN_SAVED:.0%}",
            f"{window.saved_net:.1%} of {everything.frontier_cost:.4f} USD in {everything.calls} calls; training "
            f"beside it: {window.training_cost:.4f} USD",
            window.saved_net >= MIN_SAVED,
        ),
        Claim(
            f"success within {MAX_SUCCESS_GAP * 100:.0f} points of the teacher's",
            f"{everything.success:.1%} against {teacher.success:.1%}",
            gap <= MAX_SUCCESS_GAP,
        ),
        Claim(
            "p95 of complete calls within 10 % of the teacher's",
            f"{everything.p95_ms:.0f} ms against {teacher.p95_ms:.0f} ms (replayed)",
            ratio <= MAX_P95_RATIO,
        ),
        Claim(
            "narrow tool-call steps ≥ 80 % of spend",
            f"{window.narrow_spend_share:.1%}",
            window.narrow_spend_share >= 0.8,
        ),
        Claim("no failed call in the window", f"{everything.errors} of {everything.calls}", everything.errors == 0),
        Claim("every cluster has a specialist or a reason", ", ".join(silent) or "yes", not silent),
        Claim("first specialist ramps ≤ 9 min", _minutes(first), first is not None and first <= FIRST_RAMP_S),
        Claim("three specialists ramp ≤ 20 min", _minutes(third), third is not None and third <= THIRD_RAMP_S),
        Claim("all active and reported ≤ 30 min", _minutes(finished_s), finished_s <= DONE_S),
    ]


def quick_claims(milestones: Mapping[str, float]) -> list[Claim]:
    first = milestones.get("first specialist at its first ramp stage")
    return [Claim("first specialist ramps ≤ 9 min", _minutes(first), first is not None and first <= FIRST_RAMP_S)]


def cluster_rows(seen: Seen) -> list[ClusterRow]:
    """Clusters by spend; what a cluster's calls cost all-frontier, and what they did cost."""
    tasks = {cluster: task for task, cluster in seen.task_clusters.items()}
    small: list[str] = []
    calls: dict[str, list[CallMade]] = defaultdict(list)
    for call in seen.ledger.calls:
        placed = seen.watcher.placed.get(call.decision_id)
        if placed is not None:
            calls[placed.cluster].append(call)
    rows = []
    for cluster, view in seen.watcher.clusters.items():
        if not view.calls:
            continue
        if view.calls < SMALL_CALLS and view.assignment is None and view.requested is None and cluster not in tasks:
            small.append(cluster)
            continue
        part = slice_of(calls[cluster], seen.watcher.placed, seen.frontier)
        rows.append(
            ClusterRow(
                cluster=cluster,
                label=view.label,
                task=tasks.get(cluster, "–"),
                calls=view.calls,
                specialist=_specialist(view),
                status=view.stage,
                format=_bounded(view, "format"),
                parity=_bounded(view, "parity"),
                p95_ms=part.specialist_p95_ms or part.p95_ms,
                frontier_p95_ms=part.frontier_p95_ms,
                cost_before_usd=part.frontier_cost,
                cost_after_usd=part.cost,
            )
        )
    rows.sort(key=lambda row: -row.cost_before_usd)
    return [*rows, _folded(small, calls, seen)] if small else rows


def _folded(clusters: Sequence[str], calls: Mapping[str, list[CallMade]], seen: Seen) -> ClusterRow:
    """Clusters of a few calls each, in one line."""
    part = slice_of([call for cluster in clusters for call in calls[cluster]], seen.watcher.placed, seen.frontier)
    reasons = Counter(seen.watcher.clusters[cluster].stage for cluster in clusters)
    return ClusterRow(
        cluster="–",
        label=f"{len(clusters)} clusters of fewer than {SMALL_CALLS} calls",
        task="–",
        calls=part.calls,
        specialist="none: " + ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3)),
        status=reasons.most_common(1)[0][0],
        format="–",
        parity="–",
        p95_ms=part.p95_ms,
        frontier_p95_ms=part.frontier_p95_ms,
        cost_before_usd=part.frontier_cost,
        cost_after_usd=part.cost,
    )


def spend_curve(seen: Seen, points: int = 120) -> list[tuple[float, float, float]]:
    """(seconds, all-frontier USD, spent USD), cumulative."""
    curve, frontier_usd, spent_usd = [], 0.0, 0.0
    ordered = sorted(seen.ledger.calls, key=lambda call: call.at_s)
    every = max(1, len(ordered) // points)
    for index, call in enumerate(ordered):
        price = call_cost_usd(seen.frontier, *call.frontier_tokens)
        placed = seen.watcher.placed.get(call.decision_id)
        frontier_usd += price
        spent_usd += price if placed is None else placed.cost_usd
        if index % every == 0 or index == len(ordered) - 1:
            curve.append((call.at_s - seen.started_s, frontier_usd, spent_usd))
    return curve


def served_curve(seen: Seen) -> list[tuple[float, float]]:
    """Share of calls that specialists served, minute by minute."""
    buckets: dict[int, list[bool]] = defaultdict(list)
    for call in seen.ledger.calls:
        buckets[int((call.at_s - seen.started_s) // 60)].append(call.model not in ("", FRONTIER))
    return [(minute * 60.0 + 30.0, sum(flags) / len(flags)) for minute, flags in sorted(buckets.items())]


def job_rows(watcher: Watcher) -> list[dict[str, object]]:
    return [
        {
            "model": job.model or job.job_id[:12],
            "status": f"{job.status}{f' ({job.reason})' if job.reason else ''}",
            "rows": job.record.rows_train if job.record else 0,
            "format": round(job.metrics.get("format", 0.0), 3),
            "parity": round(job.metrics.get("parity", 0.0), 3),
            "seconds": round(job.training_s),
            "usd": job.cost_usd,
        }
        for job in watcher.jobs.values()
    ]


def machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load}"


def _explained(view: ClusterView) -> bool:
    known = (view.assignment, view.declined, view.requested, view.completed)
    return not view.calls or any(part is not None for part in known)


def _specialist(view: ClusterView) -> str:
    assignment = view.assignment
    if assignment is not None and assignment.primary is not None:
        return assignment.primary
    if assignment is not None and assignment.challenger is not None:
        return assignment.challenger.model
    if assignment is not None:
        return f"none: {assignment.reason}"
    if view.completed is not None and view.completed.reason:
        return f"none: training {view.completed.status}, {view.completed.reason}"
    if view.requested is not None:
        return f"none yet: {view.stage}"
    if view.declined is not None:
        return f"none: {view.declined.detail or view.declined.reason}"
    return "none: not measured yet"


def _bounded(view: ClusterView, name: str) -> str:
    """Share of comparisons with its 95 % interval (Wilson 1927). Promotion itself rests on the promoter's own bounds."""
    count, right = view.compared["calls"], view.compared[name]
    if not count:
        return "–"
    interval = binomtest(right, count).proportion_ci(method="wilson")
    return f"{right / count:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def _minutes(seconds: float | None) -> str:
    return "not reached" if seconds is None else f"{seconds / 60:.1f} min"


def ordered(milestones: Mapping[str, float]) -> dict[str, float]:
    names: Sequence[str] = sorted(milestones, key=lambda name: milestones[name])
    return {name: milestones[name] for name in names}
