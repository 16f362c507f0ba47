"""The dispatcher as a processor: records change sums and dossiers; ticks measure, decline and ask for training."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.trainer_dispatcher.logic import dossier as dossiers
from services.trainer_dispatcher.logic import jobs, measure, triggers
from services.trainer_dispatcher.logic.dossier import SPEAK_EVERY_MS, Dossier
from services.trainer_dispatcher.logic.measure import Measurement
from services.trainer_dispatcher.logic.tally import Tally
from shared.events import (
    AssignmentChanged,
    ClusterChanged,
    ObservationClustered,
    TrainingCompleted,
    TrainingProgressed,
)
from shared.policy import Policy
from shared.stream.outcome import Emit, Outcomes, Rejected, Result, Skipped
from shared.stream.processor import Application, State, Store, StoreSpec
from shared.stream.records import Message

TOPICS = (
    "observation.clustered",
    "cluster.changed",
    "assignment.changed",
    "training.progressed",
    "training.completed",
)
REGISTRY = "model.registered"
TALLIES, FAMILIES, JOBS = "clusters", "families", "jobs"


class TrainerDispatcher:
    """One task: the clusters of one partition."""

    def __init__(self, policy: Policy, partition: int) -> None:
        self._policy = policy
        self._partition = partition
        self._dirty: set[str] = set()
        self._open: set[str] = set()
        self._split_epochs: dict[str, int] = {}

    def restored(self, state: State) -> None:
        """What had changed since the last look is not kept: every cluster is looked at once."""
        self._dirty = {cluster for cluster, _ in state.store(TALLIES).items()}
        known = {cluster: Dossier.from_json(value) for cluster, value in state.store(JOBS).items()}
        self._open = {cluster for cluster, dossier in known.items() if dossier.has_open_job}
        self._split_epochs = {cluster: one.split_epoch for cluster, one in known.items() if one.split_epoch}

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        tallies: dict[str, Tally] = {}
        results = [self._one(message, state, tallies) for message in batch]
        store = state.store(TALLIES)
        for cluster, tally in tallies.items():
            store.put(cluster, tally.to_json())
        return Outcomes(results)

    def _one(self, message: Message, state: State, tallies: dict[str, Tally]) -> Result:
        event = message.event
        if event is None:
            return Skipped("tombstone")
        if isinstance(event, ObservationClustered):
            if event.epoch < self._split_epochs.get(event.cluster, 0):
                return Skipped("older_epoch")
            self._count(event, message, state, tallies)
            return Skipped("absorbed")
        if not isinstance(event, ClusterChanged | AssignmentChanged | TrainingProgressed | TrainingCompleted):
            return Rejected("unexpected_event", type(event).__name__)
        before = _dossier(state, event.cluster)
        after, said = self._changed(before, event, state, tallies)
        if after != before:
            self._keep(event.cluster, after, state)
        return Skipped(said)

    def _count(self, seen: ObservationClustered, message: Message, state: State, tallies: dict[str, Tally]) -> None:
        families, key = state.store(FAMILIES), f"{seen.cluster}|{seen.family}"
        tally = _tally(state, seen.cluster, tallies) or tallies.setdefault(seen.cluster, Tally())
        cap = self._policy.training.family_cap
        count = tally.add(seen, message.offset, message.timestamp_ms, families.get(key), cap)
        if count is not None:
            families.put(key, count)
        self._dirty.add(seen.cluster)

    def _changed(self, before: Dossier, event: Any, state: State, tallies: dict[str, Tally]) -> tuple[Dossier, str]:
        if isinstance(event, ClusterChanged):
            if event.epoch < before.epoch:
                return before, "older_epoch"
            after = dossiers.identified(before, event)
            if after.split_epoch:
                self._split_epochs[event.cluster] = after.split_epoch
            if after.gone or dossiers.was_split(before, event):
                self._forget(event.cluster, state, tallies)
            return after, "job_cancelled" if before.has_open_job and after.job is None else "absorbed"
        if isinstance(event, AssignmentChanged):
            return dossiers.assigned(before, event)
        if isinstance(event, TrainingProgressed):
            job, said = jobs.progressed(before.job, event)
            return replace(before, job=job), said
        return dossiers.finished(before, event)

    def _forget(self, cluster: str, state: State, tallies: dict[str, Tally]) -> None:
        """The sums of a cluster that is gone, or that has given a part of its members away, tell nothing any more."""
        tallies.pop(cluster, None)
        state.store(TALLIES).delete(cluster)
        families, prefix = state.store(FAMILIES), f"{cluster}|"
        for key in [key for key, _ in families.items() if key.startswith(prefix)]:
            families.delete(key)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        outputs: list[Emit] = []
        for cluster in sorted(self._open):
            outputs += self._watch(cluster, now_ms, state)
        ready: list[tuple[float, str, Measurement, Tally]] = []
        for cluster in sorted(self._dirty):
            value = state.store(TALLIES).get(cluster)
            if value is None:
                self._dirty.discard(cluster)
                continue
            tally = Tally.from_json(value)
            measured = measure.measure(tally, self._policy, state.table(REGISTRY))
            said, qualifies, is_done = self._look(cluster, measured, now_ms, state)
            outputs += said
            if qualifies:
                ready.append((-measured.expected_saving_usd_per_day_low, cluster, measured, tally))
            elif is_done:
                self._dirty.discard(cluster)
        for _, cluster, measured, tally in sorted(ready, key=lambda item: item[:2]):
            if len(self._open) < self._policy.training.max_concurrent_jobs:
                outputs += self._request(cluster, measured, tally, now_ms, state)
            else:
                outputs += self._queue(cluster, measured, now_ms, state)
        return Outcomes(also=outputs)

    def _watch(self, cluster: str, now_ms: int, state: State) -> list[Emit]:
        """Leases of open jobs, and the next attempt of one that failed."""
        before = _dossier(state, cluster)
        if before.job is None:
            self._open.discard(cluster)
            return []
        training = self._policy.training
        after = replace(before, job=jobs.ticked(before.job, now_ms, training))
        outputs: list[Emit] = []
        if after.job is not None and after.job.phase is jobs.JobPhase.FAILED:
            after = dossiers.next_attempt(after, training.max_attempts)
            if after.job is not None and after.job.phase is jobs.JobPhase.REQUESTED:
                outputs.append(self._ask(cluster, after.job, now_ms))
        if after != before:
            self._keep(cluster, after, state)
        return outputs

    def _look(self, cluster: str, measured: Measurement, now_ms: int, state: State) -> tuple[list[Emit], bool, bool]:
        """What is said of a cluster now; whether it qualifies for a job; whether nothing is left to be said."""
        before = _dossier(state, cluster)
        if before.gone:
            return [], False, True
        training, decline = self._policy.training, None
        if not before.is_served:
            decline = dossiers.not_grown(before, measured.trainable_rows, training.retry_after_rows)
            decline = decline or triggers.first_decline(measured, training, before.published)
            if decline is None:
                return [], True, False
        is_material = dossiers.is_material(before, measured)
        is_news = decline is not None and dossiers.is_news(before, decline)
        if not is_material and not is_news:
            return [], False, True
        if now_ms - before.measured_at_ms < SPEAK_EVERY_MS:
            return [], False, False
        outputs = []
        after = replace(before, measured_at_ms=now_ms)
        if is_material:
            outputs.append(Emit("cluster.measured", cluster, measure.as_event(cluster, measured, now_ms)))
            after = replace(after, measured_calls=measured.calls)
        if decline is not None and is_news:
            event = triggers.as_event(cluster, decline, measured, self._policy.version, now_ms)
            outputs.append(Emit("training.declined", cluster, event))
            after = replace(after, declined=decline.reason, declined_have=decline.have)
        _put(cluster, after, state)
        return outputs, False, True

    def _request(self, cluster: str, measured: Measurement, tally: Tally, now_ms: int, state: State) -> list[Emit]:
        before = _dossier(state, cluster)
        version, token = before.versions + 1, before.token + 1
        job = jobs.new_job(
            cluster,
            before.label or cluster,
            before.epoch,
            tally.task_key,
            (self._partition, tally.first_offset, tally.end_offset),
            measured.trainable_rows,
            version,
            token,
            self._policy.training,
        )
        after = replace(
            before, job=job, versions=version, token=token, declined="", declined_have=0.0,
            measured_calls=measured.calls, measured_at_ms=now_ms,
        )  # fmt: skip
        self._keep(cluster, after, state)
        measurement = Emit("cluster.measured", cluster, measure.as_event(cluster, measured, now_ms))
        return [measurement, self._ask(cluster, job, now_ms)]

    def _queue(self, cluster: str, measured: Measurement, now_ms: int, state: State) -> list[Emit]:
        """A cluster that qualifies while the trainer is busy: said once, so that its last "no" does not stand on."""
        before, decline = _dossier(state, cluster), triggers.trainer_busy(len(self._open))
        if before.declined == decline.reason:
            return []
        _put(cluster, replace(before, declined=decline.reason, declined_have=decline.have), state)
        event = triggers.as_event(cluster, decline, measured, self._policy.version, now_ms)
        return [Emit("training.declined", cluster, event)]

    def _ask(self, cluster: str, job: jobs.Job, now_ms: int) -> Emit:
        event = jobs.as_request(job, cluster, self._policy.version, now_ms)
        return Emit("training.requested", cluster, event)

    def _keep(self, cluster: str, dossier: Dossier, state: State) -> None:
        _put(cluster, dossier, state)
        self._dirty.add(cluster)
        if dossier.has_open_job:
            self._open.add(cluster)
        else:
            self._open.discard(cluster)


def _tally(state: State, cluster: str, tallies: dict[str, Tally]) -> Tally | None:
    """The batch's working copy of a cluster's sums: values of a store are never changed in place."""
    tally = tallies.get(cluster)
    if tally is None and (value := state.store(TALLIES).get(cluster)) is not None:
        tally = tallies[cluster] = Tally.from_json(value)
    return tally


def _dossier(state: State, cluster: str) -> Dossier:
    value = state.store(JOBS).get(cluster)
    return Dossier() if value is None else Dossier.from_json(value)


def _put(cluster: str, dossier: Dossier, state: State) -> None:
    store: Store = state.store(JOBS)
    store.put(cluster, dossier.to_json())


def application(policy: Policy, tick_s: float = 1.0) -> Application:
    """The dispatcher as the engine runs it."""
    return Application(
        name="trainer_dispatcher",
        topics=TOPICS,
        processor=lambda task: TrainerDispatcher(policy, task.partition),
        stores=(StoreSpec(TALLIES), StoreSpec(FAMILIES), StoreSpec(JOBS)),
        broadcasts=(REGISTRY,),
        tick_interval_s=tick_s,
    )
