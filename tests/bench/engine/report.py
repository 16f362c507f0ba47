"""What was measured as lines of RESULTS.md, and which goals it holds."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.bench.engine.arena import Contender
from tests.bench.engine.latency import Latency
from tests.bench.engine.restore import Restored
from tests.bench.engine.soak import Soaked
from tests.bench.engine.throughput import Speed
from tests.bench.results import spread

RunT = TypeVar("RunT")
Speeds = Mapping[Contender, Sequence[Speed]]
Latencies = Mapping[Contender, Sequence[Latency]]
NAMES = {
    "engine": "this engine, typed events",
    "engine_plain": "this engine, plain dicts",
    "aiokafka": "bare aiokafka loop, plain dicts",
    "typed_loop": "bare aiokafka loop, typed events",
    "quix": "quix-streams, exactly-once",
    "faust": "faust-streaming, exactly_once",
}
BARE_OF = {"engine_plain": "aiokafka", "engine": "typed_loop"}
"""The loop with the same codec: then what differs is the engine."""
MIN_OF_BARE, MIN_OF_QUIX, MIN_OF_FAUST = 0.85, 0.7, 5.0
MAX_P99_OF_BARE = 1.25
MIN_RESTORE_PER_S = 80_000
MAX_RESTORE_S = 5.0
MAX_SLOPE_MIB_PER_HOUR = 20.0


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure. ``value`` is said as measured, whether it holds or not."""

    text: str
    value: float
    holds: bool

    def line(self) -> str:
        return f"| {self.text} | {self.value:,.2f} | {'held' if self.holds else '**missed**'} |"


def at_least(text: str, value: float, bound: float) -> Goal:
    return Goal(f"{text} ≥ {bound:,.2f}", value, value >= bound)


def at_most(text: str, value: float, bound: float) -> Goal:
    return Goal(f"{text} ≤ {bound:,.2f}", value, value <= bound)


def speed_table(speeds: Speeds) -> list[str]:
    lines = [
        "| contender | partitions | records a transaction | records/s | µs of processor a record | broker's | RSS MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for contender, runs in speeds.items():
        batch = "any" if contender.kind in ("quix", "faust") else f"≤ {contender.max_batch:,}"
        lines.append(
            f"| {NAMES[contender.kind]} | {contender.partitions} | {batch} "
            f"| {spread([run.records_per_s for run in runs])} | {_median(runs, lambda run: run.cpu_us):.1f} "
            f"| {_median(runs, lambda run: run.broker_cpu_us):.1f} | {_median(runs, lambda run: run.rss_mib):.0f} |"
        )
    return lines


def speed_goals(speeds: Speeds) -> list[Goal]:
    goals = []
    for own in [contender for contender in speeds if contender.kind in BARE_OF]:
        bare = next((c for c in speeds if (c.kind, *_size(c)) == (BARE_OF[own.kind], *_size(own))), None)
        if bare is not None:
            where = f"{NAMES[BARE_OF[own.kind]]}, {own.partitions} partitions, ≤ {own.max_batch:,}"
            goals.append(_at_least_times(f"rate of the {where}", speeds[own], speeds[bare], MIN_OF_BARE))
    few = min(contender.partitions for contender in speeds)
    own_runs = [runs for c, runs in speeds.items() if c.kind in BARE_OF and c.partitions == few]
    best = max(own_runs, key=lambda runs: _median(runs, lambda run: run.records_per_s))
    for kind, bound in (("quix", MIN_OF_QUIX), ("faust", MIN_OF_FAUST)):
        others = [runs for c, runs in speeds.items() if c.kind == kind]
        goals += [_at_least_times(f"rate of {kind}, {few} partitions", best, runs, bound) for runs in others]
    return goals


def _at_least_times(text: str, own: Sequence[Speed], other: Sequence[Speed], bound: float) -> Goal:
    """The median of the rounds' ratios: the machine's pace moves between rounds, and both of a round share it."""
    ratios = [mine.records_per_s / its.records_per_s for mine, its in zip(own, other, strict=True)]
    goal = at_least(text, statistics.median(ratios), bound)
    rounds = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    return Goal(f"{goal.text} (rounds {rounds})", goal.value, goal.holds)


def latency_table(latencies: Latencies) -> list[str]:
    lines = [
        "| contender | partitions | p50 ms | p99 ms (each round) | share of a core |",
        "|---|---|---|---|---|",
    ]
    for contender, runs in latencies.items():
        rounds = ", ".join(f"{run.p99_ms:.0f}" for run in runs)
        lines.append(
            f"| {NAMES[contender.kind]} | {contender.partitions} | {_median(runs, lambda run: run.p50_ms):.0f} "
            f"| {_median(runs, lambda run: run.p99_ms):.0f} ({rounds}) | {_median(runs, lambda run: run.cpu_share):.2f} |"
        )
    return lines


def latency_goals(latencies: Latencies) -> list[Goal]:
    p99s = {contender.kind: _median(runs, lambda run: run.p99_ms) for contender, runs in latencies.items()}
    return [at_most("p99 of the bare loop at the same rate", p99s["engine"] / p99s["aiokafka"], MAX_P99_OF_BARE)]


def restore_table(restored: Sequence[Restored]) -> list[str]:
    return [
        "| state of one task | entries | kept | MiB | changelog s | entries/s | service's index s | together s |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {one.what} | {one.entries:,} | {one.kept:,} | {one.mib:.0f} | {one.log_s:.2f} "
            f"| {one.entries_per_s:,.0f} | {one.index_s:.2f} | {one.log_s + one.index_s:.2f} |"
            for one in restored
        ),
    ]


def restore_goals(restored: Sequence[Restored]) -> list[Goal]:
    plain, *real = restored
    return [
        at_least(f"entries/s, {plain.what}", plain.entries_per_s, MIN_RESTORE_PER_S),
        *(at_most(f"seconds, {one.what}", one.log_s + one.index_s, MAX_RESTORE_S) for one in real),
    ]


def soak_lines(soaked: Soaked, rate: float) -> list[str]:
    settled = [mib for _, mib in soaked.settled]
    return [
        f"- {soaked.records:,} records in {soaked.samples[-1][0] / 60:.1f} min at {rate:,.0f}/s, each round exact",
        f"- resident memory after warm-up: {settled[0]:.1f} MiB at first, {settled[-1]:.1f} at last, "
        f"{max(settled):.1f} at most",
    ]


def soak_goals(soaked: Soaked) -> list[Goal]:
    return [at_most("slope of memory, MiB/hour", soaked.slope_mib_per_hour, MAX_SLOPE_MIB_PER_HOUR)]


def goal_table(goals: Sequence[Goal]) -> list[str]:
    return ["| goal | measured | |", "|---|---|---|", *(goal.line() for goal in goals)]


def _size(contender: Contender) -> tuple[int, int]:
    return contender.partitions, contender.max_batch


def _median(runs: Sequence[RunT], of: Callable[[RunT], float]) -> float:
    return statistics.median(of(run) for run in runs)
