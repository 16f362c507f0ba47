"""What the demo sees of the system: the public topics, read without a group, folded into one picture."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from services.promoter.logic.bounds import attempt_alpha
from services.promoter.logic.evidence import Evidence
from services.promoter.logic.gates import judge
from shared.events import (
    AssignmentChanged,
    ClusterChanged,
    ClusterMeasured,
    ObservationClustered,
    ShadowCompared,
    TrainingCompleted,
    TrainingDeclined,
    TrainingProgressed,
    TrainingRequested,
)
from shared.events.vocabulary import ComparisonKind, Stage, TrainingStatus
from shared.policy import PromotionPolicy
from shared.stream.broker import Broker
from shared.stream.serde import Serde
from shared.stream.tables import BroadcastTables

TOPICS = (
    "observation.clustered",
    "cluster.changed",
    "cluster.measured",
    "training.declined",
    "training.requested",
    "training.progressed",
    "training.completed",
    "shadow.compared",
    "assignment.changed",
)


@dataclass(frozen=True, slots=True)
class Placed:
    """What a call cost and where it went, as the log tells it. No content."""

    cluster: str
    models: tuple[str, ...]
    cost_usd: float
    specialist_cost_usd: float


@dataclass(slots=True)
class ShadowStay:
    """One stay of a specialist in shadow, judged as the promoter judges it: it says nothing of a specialist that waits."""

    model: str
    since_ms: int
    alpha: float
    policy: PromotionPolicy
    evidence: Evidence

    def wanting(self) -> str:
        """The gates that hold it back once it has its calls: ``latency_p95 0.93 of 0.95``. Empty before."""
        policy = self.policy
        if self.evidence.calls < policy.min_shadow_calls:
            return ""
        verdict = judge(self.evidence, policy, policy.min_safety_grade, self.alpha)
        return ", ".join(f"{g.name} {g.bound:.3f} of {g.threshold:.3f}" for g in verdict.gates if not g.passed)


@dataclass(slots=True)
class ClusterView:
    """Everything known of one cluster."""

    label: str = ""
    calls: int = 0
    measured: ClusterMeasured | None = None
    declined: TrainingDeclined | None = None
    requested: TrainingRequested | None = None
    progress: TrainingProgressed | None = None
    completed: TrainingCompleted | None = None
    assignment: AssignmentChanged | None = None
    history: list[AssignmentChanged] = field(default_factory=list)
    compared: Counter[str] = field(default_factory=Counter)
    stay: ShadowStay | None = None

    @property
    def stage(self) -> str:
        """In a word: active, ramp 25 %, shadow 120/300, training 40/180, declined, seen."""
        assignment = self.assignment
        if assignment is not None and assignment.primary is not None:
            return "active"
        if assignment is not None and assignment.challenger is not None:
            challenger = assignment.challenger
            if challenger.stage is Stage.RAMP:
                return f"ramp {challenger.share:.0%}"
            wanting = self.stay.wanting() if self.stay is not None else ""
            return f"shadow {self.compared['calls']}" + (f" ({wanting})" if wanting else "")
        if assignment is not None:
            return assignment.action
        if self.completed is not None and self.failed:
            return f"{self.completed.status}: {self.completed.reason}"
        if self.progress is not None:
            return f"training {self.progress.step}/{self.progress.steps or '?'}"
        if self.requested is not None:
            return "queued for training"
        return f"not yet: {self.declined.reason}" if self.declined is not None else "seen"

    @property
    def ramped(self) -> bool:
        return any(change.action == "ramp" for change in self.history)

    @property
    def active(self) -> bool:
        return self.assignment is not None and self.assignment.primary is not None

    @property
    def failed(self) -> bool:
        """The last job asked for ended without a specialist."""
        done, asked = self.completed, self.requested
        if done is None or done.status is TrainingStatus.SUCCEEDED:
            return False
        return asked is None or done.job_id == asked.job_id

    @property
    def in_shadow(self) -> bool:
        challenger = self.assignment.challenger if self.assignment is not None else None
        return challenger is not None and challenger.stage is Stage.SHADOW

    @property
    def ramps(self) -> bool:
        """On its way up, between shadow and active."""
        return not self.active and self.share > 0.0

    @property
    def turned_down(self) -> bool:
        """Training failed or the specialist was refused: it takes more examples to try again."""
        assignment = self.assignment
        if assignment is not None:
            return assignment.primary is None and assignment.challenger is None
        return self.failed

    @property
    def share(self) -> float:
        """Share of episodes that a specialist serves now."""
        assignment = self.assignment
        if assignment is None:
            return 0.0
        if assignment.primary is not None:
            return 1.0 - assignment.holdback
        return assignment.challenger.share if assignment.challenger is not None else 0.0


class Watcher:
    """Follows the topics from their beginning. ``shadow_cost_usd`` sums every specialist call made for comparison."""

    def __init__(self, broker: Broker, serde: Serde, policy: PromotionPolicy) -> None:
        self._policy = policy
        self._tables = BroadcastTables(broker, serde, TOPICS, self._changed)
        self.clusters: dict[str, ClusterView] = defaultdict(ClusterView)
        self.placed: dict[str, Placed] = {}
        self.shadow: list[tuple[int, float]] = []
        self.jobs: dict[str, TrainingCompleted] = {}
        self.training_now = False

    async def start(self) -> None:
        await self._tables.start()

    async def stop(self) -> None:
        await self._tables.stop()

    def _changed(self, _topic: str, key: str, event: Any) -> None:
        if event is None:
            return
        view = self.clusters[key]
        if isinstance(event, ObservationClustered):
            view.calls += 1
            self._place(event)
        elif isinstance(event, ClusterChanged):
            view.label = event.label
        elif isinstance(event, ClusterMeasured):
            view.measured = event
        elif isinstance(event, TrainingDeclined):
            view.declined = event
        elif isinstance(event, TrainingRequested):
            view.requested = event
        elif isinstance(event, TrainingProgressed):
            view.progress, self.training_now = event, True
        elif isinstance(event, TrainingCompleted):
            view.completed, self.training_now = event, False
            self.jobs[event.job_id] = event
        elif isinstance(event, ShadowCompared):
            self._compare(view, event)
        elif isinstance(event, AssignmentChanged):
            view.assignment = event
            view.history.append(event)
            self._stay(view, event)

    def _stay(self, view: ClusterView, event: AssignmentChanged) -> None:
        challenger = event.challenger
        if challenger is None or challenger.stage is not Stage.SHADOW:
            view.stay = None
        elif view.stay is None or view.stay.since_ms != challenger.changed_at_ms:
            stays = {
                c.challenger.changed_at_ms for c in view.history if c.challenger and c.challenger.stage is Stage.SHADOW
            }
            alpha = attempt_alpha(self._policy.alpha, len(stays))
            view.stay = ShadowStay(
                challenger.model, challenger.changed_at_ms, alpha, self._policy, Evidence.fresh(alpha)
            )

    def _place(self, event: ObservationClustered) -> None:
        if event.routing is None:
            return
        specialist = sum(a.cost_usd for a in event.attempts if a.kind == "specialist")
        self.placed[event.routing.decision_id] = Placed(
            event.cluster,
            tuple(attempt.model for attempt in event.attempts),
            sum(attempt.cost_usd for attempt in event.attempts),
            specialist,
        )

    def _compare(self, view: ClusterView, event: ShadowCompared) -> None:
        self.shadow.append((event.compared_at_ms, event.cost_usd))
        if not event.comparable:
            view.compared["not_comparable"] += 1
            return
        view.compared["calls"] += 1
        view.compared["format"] += event.format_valid
        view.compared["parity"] += event.parity
        view.compared["escalations"] += event.would_escalate
        if view.stay is not None and event.model == view.stay.model and event.kind is ComparisonKind.CANDIDATE:
            view.stay.evidence = view.stay.evidence.add(event)
