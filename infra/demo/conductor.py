"""The course of the demo: gather, train, shadow, ramp, and a final window that is measured.

The conductor touches only what an operator could: rates of traffic, and whether the trainer's worker runs.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.demo.agents import Agents, Ledger
from infra.demo.traffic import BFCL_NAME, WEIGHTS
from infra.demo.watch import ClusterView, Watcher

# Until a task is given to the trainer its examples are gathered, the first one's as fast as they come: there is nothing
# else to do yet. What is called while a task waits for the trainer, or is in training, nobody learns from, and every call
# takes the processor from trainer and model server.
GATHER_CALLS_PER_S = {"refund": 9.0, "ticket": 4.5, "forecast": 4.0, "order-status": 1.5, "schedule": 1.5}
WAITING_CALLS_PER_S = 0.5
# Fresh calls for comparisons, shared by the specialists in shadow: the evaluator compares one at a time, whoever's it is.
# One episode in 25 repeats an older request: this leaves more than 2.5 distinct ones a second.
SHADOW_CALLS_PER_S = 2.75
BFCL_CALLS_PER_S = 0.4
# A rung needs its answers in a minute, at 5 % too. Meanwhile comparisons would wait on the model server behind what is
# answered live, which the gate of latency sees: those in shadow wait for the ramp to end; active ones are called rarely.
RAMP_CALLS_PER_S, RAMP_ANSWERS_PER_S = 8.0, 0.8
ACTIVE_CALLS_PER_S = 0.05
# These join once the trainer is at the last of the others, as a new kind of call would in a running system.
LATE_TASKS, LATE_AFTER_TRAINED, LATE_AFTER_S = ("schedule", "order-status"), 2, 600.0
# All specialists together stay under this share of the model server's measured capacity.
CAPACITY_SHARE = 0.35
# Soon enough that the calls of one rung do not fall on the next, where a specialist takes many more of them.
PACE_EVERY_S = 2.0
STATUS_EVERY_S = 10.0
WANTED = 3


@dataclass(slots=True)
class Milestones:
    """Seconds after the servers were up."""

    at_s: dict[str, float] = field(default_factory=dict)

    def reach(self, name: str, now_s: float) -> bool:
        """True the first time."""
        if name in self.at_s:
            return False
        self.at_s[name] = now_s
        return True


def calls_per_s(task: str, view: ClusterView | None, in_shadow: int, any_ramps: bool) -> float:
    """The rate of a task's traffic before the final window, by what has become of its cluster.

    ``in_shadow``: how many clusters have a specialist in shadow; ``any_ramps``: whether one is on its way up.
    """
    if view is None or view.requested is None or view.turned_down:
        return GATHER_CALLS_PER_S[task]
    if view.active:
        return ACTIVE_CALLS_PER_S
    if view.in_shadow:
        return 0.0 if any_ramps else SHADOW_CALLS_PER_S / in_shadow
    if view.share == 0.0:
        return WAITING_CALLS_PER_S
    return min(RAMP_CALLS_PER_S, RAMP_ANSWERS_PER_S / view.share)


class Conductor:
    """``capacity_per_s``: completions a second the model server was measured at before traffic started."""

    def __init__(
        self,
        agents: Agents,
        ledger: Ledger,
        watcher: Watcher,
        capacity_per_s: float,
        say: Callable[[str], None],
        stop_training: Callable[[], None],
    ) -> None:
        self._agents = agents
        self._ledger = ledger
        self._watcher = watcher
        self._capacity_per_s = capacity_per_s
        self._say = say
        self._stop_training = stop_training
        self._started_s = time.monotonic()
        self.milestones = Milestones()
        self._late = True
        agents.rates.update(GATHER_CALLS_PER_S | dict.fromkeys(LATE_TASKS, 0.0))
        agents.rates[BFCL_NAME] = BFCL_CALLS_PER_S

    def since(self, started_s: float) -> None:
        """Count milestones from this moment: when the servers were up."""
        self._started_s = started_s

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started_s

    def task_clusters(self) -> dict[str, str]:
        """The cluster that holds most tool calls of each narrow task."""
        votes: dict[str, Counter[str]] = {task: Counter() for task in WEIGHTS}
        for call in self._ledger.calls:
            placed = self._watcher.placed.get(call.decision_id)
            if call.narrow_call and placed is not None:
                votes[call.task][placed.cluster] += 1
        return {task: counts.most_common(1)[0][0] for task, counts in votes.items() if counts}

    async def until_ramp(self, deadline_s: float) -> bool:
        """Until one specialist reached its first ramp stage. Once one is compared in shadow nothing more is trained: it
        would take the processor from the comparisons."""
        if not await self._until(self._is_compared, deadline_s):
            return False
        self._stop_training()
        return await self._until(lambda: self._ramped() >= 1, deadline_s)

    async def until_active(self, deadline_s: float) -> bool:
        """Until three specialists are active; then nothing is trained any more."""
        if not await self._until(lambda: self._active() >= WANTED, deadline_s):
            return False
        self._stop_training()
        return True

    async def window(self, seconds: float) -> None:
        """The final window: traffic at rates the specialists hold easily."""
        self._final_rates()
        end_s = self.elapsed_s + seconds
        await self._until(lambda: self.elapsed_s >= end_s, end_s + 1.0, paced=False)

    async def _until(self, reached: Callable[[], bool], deadline_s: float, paced: bool = True) -> bool:
        next_status_s = next_pace_s = 0.0
        while True:
            self._note()
            if reached():
                return True
            if self.elapsed_s >= deadline_s:
                return False
            if paced and self.elapsed_s >= next_pace_s:
                self._pace()
                next_pace_s = self.elapsed_s + PACE_EVERY_S
            if self.elapsed_s >= next_status_s:
                self._status()
                next_status_s = self.elapsed_s + STATUS_EVERY_S
            await asyncio.sleep(0.5)

    def _is_compared(self) -> bool:
        return any(view.compared["calls"] for view in self._watcher.clusters.values())

    def _ramped(self) -> int:
        return sum(view.ramped for view in self._watcher.clusters.values())

    def _active(self) -> int:
        return sum(view.active for view in self._watcher.clusters.values())

    def _note(self) -> None:
        for count, words in ((1, "first"), (2, "second"), (3, "third")):
            if self._ramped() >= count and self.milestones.reach(
                f"{words} specialist at its first ramp stage", self.elapsed_s
            ):
                self._say(f"{words} specialist at its first ramp stage")
            if self._active() >= count and self.milestones.reach(f"{words} specialist active", self.elapsed_s):
                self._say(f"{words} specialist active")

    def _pace(self) -> None:
        """Let the late tasks join; pace every task by where its specialist stands."""
        trained = sum(view.completed is not None for view in self._watcher.clusters.values())
        if self._late and (trained >= LATE_AFTER_TRAINED or self.elapsed_s >= LATE_AFTER_S):
            self._late = False
            self._say(f"{' and '.join(LATE_TASKS)} join")
        clusters = self.task_clusters()
        views = self._watcher.clusters.values()
        in_shadow, any_ramps = sum(view.in_shadow for view in views), any(view.ramps for view in views)
        for task in WEIGHTS:
            if task not in LATE_TASKS or not self._late:
                view = self._watcher.clusters[clusters[task]] if task in clusters else None
                self._agents.rates[task] = calls_per_s(task, view, in_shadow, any_ramps)

    def _final_rates(self) -> None:
        """Narrow tasks in the proportions of the traffic mix, the specialists together under their share of capacity."""
        clusters = self.task_clusters()
        carried = {task for task, cluster in clusters.items() if self._watcher.clusters[cluster].share >= 0.5}
        weight = sum(WEIGHTS[task] for task in carried) or 1.0
        unit = self._capacity_per_s * CAPACITY_SHARE / weight
        self._agents.rates.update({task: unit * share for task, share in WEIGHTS.items()})
        self._agents.rates[BFCL_NAME] = unit * (1.0 - sum(WEIGHTS.values()))

    def _status(self) -> None:
        clusters = self.task_clusters()
        parts = [f"{task}: {self._watcher.clusters[cluster].stage}" for task, cluster in sorted(clusters.items())]
        self._say(f"{len(self._ledger.calls)} calls | " + (" | ".join(parts) or "no cluster yet"))
