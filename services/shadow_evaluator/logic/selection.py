"""Which calls are compared, with which specialist, and why the others are left out: every "no" is a code."""

from collections import OrderedDict
from dataclasses import dataclass

from shared.events import AssignmentChanged, ClusterChanged, ModelRegistered, ObservationClustered
from shared.events.calls import Attempt
from shared.events.vocabulary import Arm, AttemptVerdict, ComparisonKind, ModelKind, Stage
from shared.ids import unit_interval


@dataclass(frozen=True, slots=True)
class Target:
    """A specialist to compare. ``stint`` tells its stays in shadow apart: each has its own budget."""

    model: str
    kind: ComparisonKind
    stint: int = 0


def targets(seen: ObservationClustered, assignment: AssignmentChanged) -> tuple[Target, ...]:
    """A challenger in shadow on every call; a ramping or active specialist on the holdback's calls alone."""
    found = []
    challenger, on_holdback = assignment.challenger, seen.routing is not None and seen.routing.arm is Arm.HOLDBACK
    if challenger is not None and challenger.stage is Stage.SHADOW:
        found.append(Target(challenger.model, ComparisonKind.CANDIDATE, challenger.changed_at_ms))
    elif challenger is not None and on_holdback:
        found.append(Target(challenger.model, ComparisonKind.HOLDBACK))
    if assignment.primary is not None and on_holdback:
        found.append(Target(assignment.primary, ComparisonKind.HOLDBACK))
    return tuple(found)


def unfit(seen: ObservationClustered) -> str | None:
    """Why a call can be compared with nobody, or ``None``."""
    if seen.repeat_of is not None or not seen.request.messages:
        return "repeat"
    if seen.anonymised or not seen.proof.rule_set:
        return "no_proof"
    if frontier_attempt(seen) is None:
        return "not_frontier"
    if seen.answer is None:
        return "no_answer"
    return "untrainable" if seen.untrainable_reason is not None else None


def misplaced(seen: ObservationClustered, assignment: AssignmentChanged, identity: ClusterChanged | None) -> str | None:
    """Why a call is no evidence about the cluster as it is assigned, or ``None``."""
    if seen.provisional or seen.map_version == 0:
        return "provisional"
    if seen.epoch != assignment.epoch:
        return "other_epoch"
    if identity is not None and (identity.is_gone or identity.epoch != assignment.epoch):
        return "other_epoch"
    routing = seen.routing
    if routing is not None and routing.cluster is not None and routing.cluster != seen.cluster:
        return "cluster_mismatch" if routing.matcher_version == seen.map_version else "other_version"
    return None


def trained_on(seen: ObservationClustered, partition: int, offset: int, entry: ModelRegistered) -> str | None:
    """Why a call is not fresh to a specialist, or ``None``. A specialist without a training record knows no fresh call."""
    record = entry.training
    if record is None:
        return "no_training_record"
    if any(part.partition == partition and offset < part.end for part in record.dataset.ranges):
        return "before_data_end"
    if seen.episode in record.episodes:
        return "trained_episode"
    return "trained_step" if seen.step_hash in record.step_hashes else None


def is_sampled(event_id: str, model: str, rate: float) -> bool:
    """By hash, so that a repeat decides the same."""
    return unit_interval("shadow-sample", event_id, model) < rate


def frontier_attempt(seen: ObservationClustered) -> Attempt | None:
    """The attempt that served the call, if a frontier model did: the last one that went well."""
    good = [attempt for attempt in seen.attempts if attempt.verdict is AttemptVerdict.OK]
    return good[-1] if good and good[-1].kind is ModelKind.FRONTIER else None


class ComparedSteps:
    """Steps compared or being compared, per specialist, and comparisons spent, per stay in shadow. Bounded.

    Lost with the process: a restart may compare a step again, under another event's id. The promoter's own limit of
    comparisons holds over restarts.
    """

    def __init__(self, steps_per_model: int = 20_000, max_models: int = 128) -> None:
        self._steps_per_model = steps_per_model
        self._max_models = max_models
        self._steps: OrderedDict[str, OrderedDict[str, str]] = OrderedDict()
        self._spent: OrderedDict[tuple[str, int], int] = OrderedDict()

    def reserve(self, target: Target, step_hash: str, event_id: str, budget: int) -> str | None:
        """Take the step for this event, or say why not. The same event may take it again: a repeat is no new step."""
        steps = self._steps.setdefault(target.model, OrderedDict())
        self._steps.move_to_end(target.model)
        holder = steps.get(step_hash)
        if holder is not None and holder != event_id:
            return "compared_step"
        key = (target.model, target.stint)
        spent = self._spent.get(key, 0)
        if holder is None and target.kind is ComparisonKind.CANDIDATE:
            if spent >= budget:
                return "budget_spent"
            self._spent[key] = spent + 1
        steps[step_hash] = event_id
        self._trim(steps)
        return None

    def release(self, target: Target, step_hash: str, event_id: str) -> None:
        """The comparison did not come about."""
        steps = self._steps.get(target.model, OrderedDict())
        if steps.get(step_hash) == event_id:
            del steps[step_hash]
            if target.kind is ComparisonKind.CANDIDATE:
                key = (target.model, target.stint)
                self._spent[key] = max(0, self._spent.get(key, 0) - 1)

    def _trim(self, steps: "OrderedDict[str, str]") -> None:
        while len(steps) > self._steps_per_model:
            steps.popitem(last=False)
        while len(self._steps) > self._max_models:
            self._steps.popitem(last=False)
        while len(self._spent) > self._max_models:
            self._spent.popitem(last=False)
