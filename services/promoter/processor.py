"""The promoter as a processor: events in, decisions out, each with its audit row, in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.promoter.logic import stages
from services.promoter.logic.audit import ChainHead, append
from services.promoter.logic.gates import router_evidence
from services.promoter.logic.record import ClusterRecord
from services.promoter.logic.stages import Decision
from shared.events import (
    AssignmentChanged,
    ClusterChanged,
    ModelRegistered,
    OutcomeReported,
    ShadowCompared,
    TrainingCompleted,
)
from shared.events.promotion import Challenger
from shared.events.vocabulary import ModelKind, Stage, TrainingStatus
from shared.policy import Policy
from shared.schema.convert import from_plain, to_plain
from shared.stream.outcome import NOTHING, Emit, Emitted, Outcomes, Rejected, Result, Skipped
from shared.stream.processor import Application, State, StoreSpec
from shared.stream.records import Message

SEEN_IDS = 2048
HEAD = "head"


class Promoter:
    """One task: the clusters of one partition, and one audit chain."""

    def __init__(self, policy: Policy, frontier: str, partition: int) -> None:
        self._policy = policy
        self._frontier = frontier
        self._chain_id = f"promoter.{partition}"
        self._seen: dict[str, set[str]] = {}

    def restored(self, state: State) -> None:
        self._seen = {}
        for key, event_id in state.store("seen").items():
            cluster, _, slot = key.rpartition("|")
            if slot != "n":
                self._seen.setdefault(cluster, set()).add(event_id)

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        return Outcomes([self._one(message.event, state) for message in batch])

    def on_tick(self, now_ms: int, state: State) -> Outcomes:  # noqa: ARG002
        return NOTHING

    def _one(self, event: Any, state: State) -> Result:
        if isinstance(event, TrainingCompleted):
            return self._trained(event, state)
        if not isinstance(event, ShadowCompared | OutcomeReported | ClusterChanged):
            return Rejected("unexpected_event", type(event).__name__)
        record = self._load(event.cluster, state)
        if isinstance(event, ClusterChanged):
            # The epoch is kept for clusters without a specialist too: one may be in training for them now.
            record = record or ClusterRecord(event.cluster, epoch=0)
            return self._apply(*stages.reclustered(record, event, self._policy.promotion), record, state)
        if record is None or (record.candidate is None and record.serving is None):
            return Skipped("no_specialist")
        if event.epoch != record.epoch:
            return Skipped("other_epoch")
        if isinstance(event, ShadowCompared):
            if not event.comparable:
                return Skipped("not_comparable")
            if not self._first_time(event.cluster, event.comparison_id, state):
                return Skipped("repeat")
            return self._apply(*stages.compared(record, event, self._policy.promotion), record, state)
        if not self._first_time(event.cluster, event.outcome_id, state):
            return Skipped("repeat")
        return self._apply(*stages.answered(record, event, self._policy.promotion), record, state)

    def _trained(self, event: TrainingCompleted, state: State) -> Result:
        if event.status is not TrainingStatus.SUCCEEDED:
            return Skipped("no_adapter")
        record = self._load(event.cluster, state) or ClusterRecord(event.cluster, epoch=event.epoch)
        if event.fencing_token <= record.token:
            return Skipped("stale_result")
        if event.job_id == record.job_id:  # attempts of a job train the same version: it was registered already
            return Skipped("job_ended")
        base = state.table("model.registered").get(event.base_model)
        if base is None:
            return Rejected("unknown_base", event.base_model)
        state.store("models").put(event.model, _json(_registered(event, base)))
        changed = stages.trained(record, event, base.safety_grade, self._policy.promotion)
        return self._apply(*changed, record, state)

    def _apply(self, record: ClusterRecord, decision: Decision | None, before: ClusterRecord, state: State) -> Result:
        if decision is None:
            if record != before:
                state.store("clusters").put(record.cluster, record.to_json())
            return Skipped("absorbed")
        record = replace(record, version=record.version + 1)
        state.store("clusters").put(record.cluster, record.to_json())
        row = self._audit(record, decision, state)
        outputs = [Emit("promotion.audit", self._chain_id, row)]
        for model, stage in decision.states.items():
            outputs.append(Emit("model.registered", model, self._in_state(model, stage, decision.at_ms, state)))
        assignment = self._assignment(record, decision, row.row_hash)
        outputs.append(Emit("assignment.changed", record.cluster, assignment))
        return Emitted(tuple(outputs))

    def _audit(self, record: ClusterRecord, decision: Decision, state: State) -> Any:
        store = state.store("chain")
        known = store.get(HEAD)
        head = ChainHead(**known) if known else ChainHead()
        content = {
            **decision.evidence,
            "reason": decision.reason,
            "epoch": record.epoch,
            "assignment_version": record.version,
            "policy": self._policy.version,
        }
        head, row = append(head, self._chain_id, decision.at_ms, decision.action, record.cluster, content)
        store.put(HEAD, {"seq": head.seq, "row_hash": head.row_hash})
        return row

    def _in_state(self, model: str, stage: Stage, at_ms: int, state: State) -> ModelRegistered:
        store = state.store("models")
        entry: ModelRegistered = from_plain(ModelRegistered)(dict(store.get(model) or {}))
        # Newer registrations win, so the time never goes back, however close two decisions stand.
        entry = replace(entry, state=stage, registered_at_ms=max(at_ms, entry.registered_at_ms + 1))
        store.put(model, _json(entry))
        return entry

    def _assignment(self, record: ClusterRecord, decision: Decision, audit_row: str) -> AssignmentChanged:
        candidate, serving = record.candidate, record.serving
        evidence = serving.evidence if serving is not None else None
        challenger = None
        if candidate is not None:
            challenger = Challenger(
                model=candidate.model,
                stage=candidate.stage,
                share=candidate.share,
                previous_share=candidate.previous_share,
                changed_at_ms=candidate.changed_at_ms,
            )
            if candidate.stage is Stage.RAMP:
                evidence = router_evidence(candidate.evidence, candidate.alpha)
        served_by = [part.model for part in (candidate, serving) if part is not None]
        return AssignmentChanged(
            cluster=record.cluster,
            version=record.version,
            primary=serving.model if serving is not None else None,
            challenger=challenger,
            chain=(*served_by, self._frontier),
            holdback=self._policy.promotion.holdback,
            epoch=record.epoch,
            evidence=evidence,
            action=decision.action,
            reason=decision.reason,
            audit_row=audit_row,
            policy_version=self._policy.version,
            changed_at_ms=decision.at_ms,
        )

    def _load(self, cluster: str, state: State) -> ClusterRecord | None:
        value = state.store("clusters").get(cluster)
        return None if value is None else ClusterRecord.from_json(value)

    def _first_time(self, cluster: str, event_id: str, state: State) -> bool:
        """Whether the id was not counted among the cluster's last 2,048. A ring of slots keeps the store bounded."""
        seen = self._seen.setdefault(cluster, set())
        if event_id in seen:
            return False
        store = state.store("seen")
        number = int(store.get(f"{cluster}|n") or 0)
        slot = f"{cluster}|{number % SEEN_IDS}"
        seen.discard(store.get(slot) or "")
        seen.add(event_id)
        store.put(slot, event_id)
        store.put(f"{cluster}|n", number + 1)
        return True


def _json(entry: ModelRegistered) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(to_plain(ModelRegistered)(entry)))
    return plain


def _registered(event: TrainingCompleted, base: ModelRegistered) -> ModelRegistered:
    """A specialist as a registry entry: its base's shape and prices, its own adapter, scores and record."""
    return ModelRegistered(
        model=event.model,
        kind=ModelKind.SPECIALIST,
        model_name=event.model,
        params=base.params,
        context_len=base.context_len,
        license=base.license,
        max_tokens_per_s=base.max_tokens_per_s,
        cost_per_1k_input_usd=base.cost_per_1k_input_usd,
        cost_per_1k_output_usd=base.cost_per_1k_output_usd,
        price_version=base.price_version,
        supported_clusters=(event.cluster,),
        safety_grade=base.safety_grade,
        eval_scores=event.metrics,
        state=Stage.CANDIDATE,
        adapter_uri=event.adapter_uri,
        base_model=event.base_model,
        endpoint=base.endpoint,
        prompt_template_hash=event.prompt_template_hash,
        manifest_digest=event.manifest_digest,
        max_prompt_tokens=event.max_prompt_tokens,
        training=event.record,
        registered_at_ms=event.completed_at_ms,
    )


def application(policy: Policy, frontier: str) -> Application:
    """The promoter as the engine runs it."""
    return Application(
        name="promoter",
        topics=("training.completed", "shadow.compared", "outcome.reported", "cluster.changed"),
        processor=lambda task: Promoter(policy, frontier, task.partition),
        stores=(StoreSpec("clusters"), StoreSpec("models"), StoreSpec("seen"), StoreSpec("chain")),
        broadcasts=("model.registered",),
        tick_interval_s=None,
    )
