"""Any mix of results, comparisons, answers, incidents and reclusterings: one writer, no flapping, rollback by a new event.

Whatever arrives in whatever order, assignments of a cluster are numbered without a gap, a share rises one rung at a time and
only after a specialist's own cool-down, whoever goes down goes to shadow by an event of its own, and the audit chain holds.
"""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.promoter.logic.audit import first_break
from shared.events import AssignmentChanged, ClusterChanged, PromotionAudit
from shared.events.vocabulary import ClusterState, OutcomeKind, Stage
from tests.unit.promoter.test_promotion_stages import (
    MATCHER,
    POLICY,
    answer,
    assignments,
    comparison,
    completed,
    promoter,
)

MODELS = ("order-status-c1@v1", "order-status-c1@v2", "order-status-c1@v3")
RAMP = POLICY.promotion.ramp
COOLDOWN_MS = int(POLICY.promotion.cooldown_s * 1000)
Move = tuple[str, int, float]
moves = st.tuples(
    st.sampled_from(
        ["train", "shadow", "shadow", "answers", "answers", "errors", "safety", "holdback", "epoch", "late"]
    ),
    st.integers(0, 2),
    st.sampled_from([0.05, 0.2, 1.0]),
)


class Story:
    """Moves as events of one cluster, on a clock that only goes forward."""

    def __init__(self) -> None:
        self.harness = promoter()
        self.at_ms, self.number, self.token, self.epoch = 10_000, 0, 0, 1

    def play(self, move: Move) -> None:
        kind, which, scale = move
        self.at_ms += int(COOLDOWN_MS * scale)
        model, share = MODELS[which], self._share()
        if kind == "train":
            self.token += 1
            done = replace(
                completed(self.token, model), job_id=f"j{which}", completed_at_ms=self.at_ms, epoch=self.epoch
            )
            self.harness.feed([done])
        elif kind == "late":
            self.harness.feed([replace(completed(max(self.token - 1, 0), model), completed_at_ms=self.at_ms)])
        elif kind in ("shadow", "holdback"):
            parity = kind == "shadow"
            self.harness.feed(
                [
                    comparison(n, model=model, parity=parity or n % 2 == 0, epoch=self.epoch, compared_at_ms=self.at_ms)
                    for n in self._numbers(300 if parity else 60)
                ],
                topic="shadow.compared",
            )
        elif kind in ("answers", "errors"):
            self.harness.feed(
                [
                    answer(n, share, valid=kind == "answers", model=model, epoch=self.epoch, reported_at_ms=self.at_ms)
                    for n in self._numbers(POLICY.promotion.min_answers_per_stage)
                ],
                topic="outcome.reported",
            )
        elif kind == "safety":
            (n,) = self._numbers(1)
            incident = answer(
                n, share, kind=OutcomeKind.SAFETY, model=model, epoch=self.epoch, reported_at_ms=self.at_ms
            )
            self.harness.feed([incident], topic="outcome.reported")
        else:
            self.epoch += 1
            changed = ClusterChanged(
                cluster="c1", task_key="k", tenant="t", state=ClusterState.SPLIT, label="x", epoch=self.epoch,
                matcher=MATCHER, changed_at_ms=self.at_ms,
            )  # fmt: skip
            self.harness.feed([changed], topic="cluster.changed")

    def _numbers(self, count: int) -> range:
        self.number += count
        return range(self.number - count, self.number)

    def _share(self) -> float:
        said = assignments(self.harness)
        return said[-1].challenger.share if said and said[-1].challenger is not None else 0.95


@settings(max_examples=60, deadline=None)
@given(st.lists(moves, min_size=4, max_size=14))
def test_any_mix_of_events_keeps_one_orderly_chain_of_assignments(story: list[Move]) -> None:
    told = Story()
    told.play(("train", 0, 0.05))
    for move in story:
        told.play(move)
    said = assignments(told.harness)
    _check_order(said)
    _check_rollbacks(said)
    rows: list[PromotionAudit] = [e.event for e in told.harness.outputs if e.topic == "promotion.audit"]
    assert first_break(rows) is None and [a.audit_row for a in said] == [row.row_hash for row in rows]


def _check_order(said: list[AssignmentChanged]) -> None:
    """One writer: versions without a gap; never two roles for one model; shares one rung at a time."""
    assert [a.version for a in said] == list(range(1, len(said) + 1))
    for before, after in pairwise(said):
        challenger = after.challenger
        assert challenger is None or challenger.model != after.primary
        assert after.changed_at_ms >= before.changed_at_ms and after.epoch >= before.epoch
        if after.action == "ramp":
            assert challenger is not None and before.challenger is not None
            assert challenger.model == before.challenger.model and challenger.stage is Stage.RAMP
            rung = RAMP.index(challenger.share)
            assert before.challenger.share == (RAMP[rung - 1] if rung else 0.0)
        if after.action == "activate":
            assert before.challenger is not None and before.challenger.share == RAMP[-1]
            assert after.primary == before.challenger.model


def _check_rollbacks(said: list[AssignmentChanged]) -> None:
    """A demotion is an event of its own that leaves the model in shadow without a share, and keeps it there a while."""
    down: dict[str, int] = {}
    for assignment in said:
        challenger = assignment.challenger
        if assignment.action == "demote":
            assert challenger is not None and (challenger.stage, challenger.share) == (Stage.SHADOW, 0.0)
            assert assignment.primary != challenger.model
            cooled = "epoch" not in assignment.reason
            down[challenger.model] = assignment.changed_at_ms + (COOLDOWN_MS if cooled else 0)
        elif assignment.action == "shadow" and challenger is not None:
            down.pop(challenger.model, None)
        elif assignment.action == "ramp" and challenger is not None:
            assert assignment.changed_at_ms >= down.get(challenger.model, 0), "no flapping inside the cool-down"


@settings(max_examples=20, deadline=None)
@given(st.lists(moves, min_size=4, max_size=10), st.integers(1, 9))
def test_a_restart_anywhere_decides_the_same(story: list[Move], at: int) -> None:
    whole, cut = Story(), Story()
    for number, move in enumerate([("train", 0, 0.05), *story]):
        whole.play(move)
        cut.play(move)
        if number % at == 0:
            cut.harness.restart()
    assert whole.harness.outputs == cut.harness.outputs
