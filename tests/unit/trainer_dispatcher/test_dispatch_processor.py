"""The dispatcher through the harness: measuring, declining, asking, and what the batch cut must not change."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.trainer_dispatcher.processor import application
from shared.events import (
    AssignmentChanged,
    ClusterChanged,
    ClusterMeasured,
    ModelRegistered,
    ObservationClustered,
    TrainingDeclined,
    TrainingRequested,
)
from shared.events.calls import Answer
from shared.events.promotion import Challenger
from shared.events.vocabulary import ClusterState, ModelKind, Split, Stage
from shared.policy import Policy
from shared.stream.outcome import Emit, Rejected, Skipped
from shared.stream.testing import START_MS, Harness, run_batches

Call = Callable[..., ObservationClustered]
NOW = START_MS + 3_600_000


def of(kind: type, outputs: list[Emit]) -> list[Any]:
    return [emit.event for emit in outputs if isinstance(emit.event, kind)]


def feed(harness: Harness, events: list[Any], topic: str = "observation.clustered") -> None:
    harness.feed(events, topic, key="c1")


def ready(harness: Harness, call: Call, identity: Callable[..., ClusterChanged], count: int = 100) -> None:
    feed(harness, [identity()], "cluster.changed")
    feed(harness, [call(number) for number in range(count)])


def test_a_cluster_that_pays_is_asked_for_once(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged], policy: Policy
) -> None:
    ready(harness, call, identity)
    outputs = harness.tick(NOW)
    (request,) = of(TrainingRequested, outputs)
    assert [emit.topic for emit in outputs] == ["cluster.measured", "training.requested"]
    assert request.label == "track order" and request.version == request.attempt == request.fencing_token == 1
    assert request.base_model == policy.training.base_model and request.policy_version == policy.version
    (offsets,) = request.dataset.ranges
    assert (offsets.partition, offsets.start, offsets.end) == (2, 0, 100)
    assert request.dataset.clusters == ("c1",) and request.dataset.task_key == "task"
    assert harness.tick(NOW + 5000) == []
    feed(harness, [call(number) for number in range(100, 200)])
    assert of(TrainingRequested, harness.tick(NOW + 10_000)) == []
    harness.restart()
    assert of(TrainingRequested, harness.tick(NOW + 20_000)) == []


def test_a_small_cluster_is_declined_again_only_when_its_figure_moves(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged]
) -> None:
    ready(harness, call, identity, 30)
    (first,) = of(TrainingDeclined, harness.tick(NOW))
    assert first.reason == "too_few_examples" and "24 of 60" in first.detail
    feed(harness, [call(30), call(31)])
    outputs = harness.tick(NOW + 10_000)
    assert of(ClusterMeasured, outputs) and not of(TrainingDeclined, outputs)
    feed(harness, [call(number) for number in range(32, 40)])
    assert harness.tick(NOW + 11_000) == [], "not more often than every two seconds"
    (second,) = of(TrainingDeclined, harness.tick(NOW + 12_000))
    assert second.evidence["have"] == 32.0
    harness.restart()
    assert harness.tick(NOW + 20_000) == []


def test_less_than_five_percent_more_calls_is_no_news(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged]
) -> None:
    ready(harness, call, identity, 50)
    assert len(of(ClusterMeasured, harness.tick(NOW))) == 1
    feed(harness, [call(50), call(51)])
    assert harness.tick(NOW + 10_000) == []
    feed(harness, [call(52)])
    assert len(of(ClusterMeasured, harness.tick(NOW + 20_000))) == 1


def test_repeats_specialists_and_untrainable_calls_are_no_examples(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged]
) -> None:
    specialist = replace(call(1).attempts[0], kind=ModelKind.SPECIALIST, model="m")
    feed(harness, [identity()], "cluster.changed")
    feed(
        harness,
        [
            call(1),
            call(2, repeat_of="e1", request=replace(call(1).request, messages=())),
            call(3, attempts=(specialist,)),
            call(4, untrainable_reason="unlinked"),
            call(6, split=Split.UNKNOWN),
            call(7, answer=Answer(content="text")),
            call(8, task_key="another"),
        ],
    )
    (measured,) = of(ClusterMeasured, harness.tick(NOW))
    assert (measured.calls, measured.distinct_calls, measured.trainable_rows, measured.families) == (7, 6, 1, 1)


def test_text_answers_are_told_apart_from_small_clusters(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged]
) -> None:
    feed(harness, [identity()], "cluster.changed")
    text = [call(n, answer=Answer(content="text"), request=replace(call(n).request, tools=())) for n in range(6)]
    feed(harness, text)
    (declined,) = of(TrainingDeclined, harness.tick(NOW))
    assert declined.reason == "text_answers_need_judge"


def test_the_dearer_cluster_comes_first_and_jobs_are_limited(
    harness: Harness, call: Call, identity: Callable[..., ClusterChanged]
) -> None:
    for cluster, price in (("c1", 0.001), ("c2", 0.005)):
        harness.feed([identity(cluster)], "cluster.changed", key=cluster)
        calls = [call(n, cluster=cluster, event_id=f"{cluster}-{n}", family=f"{cluster}-{n}") for n in range(100)]
        priced = [replace(c, attempts=(replace(c.attempts[0], cost_usd=price),)) for c in calls]
        harness.feed(priced, "observation.clustered", key=cluster)
    outputs = harness.tick(NOW)
    assert [event.cluster for event in of(TrainingRequested, outputs)] == ["c2"]
    assert [(event.cluster, event.reason) for event in of(TrainingDeclined, outputs)] == [("c1", "trainer_busy")]
    later = harness.tick(NOW + 5000)
    assert of(TrainingRequested, later) == [] == of(TrainingDeclined, later), "said once"


def test_an_assigned_cluster_is_not_asked_for(
    harness: Harness,
    call: Call,
    identity: Callable[..., ClusterChanged],
    assignment: Callable[..., AssignmentChanged],
) -> None:
    challenger = Challenger(model="m", stage=Stage.SHADOW, share=0.0, changed_at_ms=1)
    feed(harness, [assignment(challenger=challenger, action="shadow")], "assignment.changed")
    ready(harness, call, identity)
    assert {emit.topic for emit in harness.tick(NOW)} == {"cluster.measured"}


def test_a_merged_cluster_is_forgotten(harness: Harness, call: Call, identity: Callable[..., ClusterChanged]) -> None:
    ready(harness, call, identity)
    feed(harness, [identity(state=ClusterState.MERGED, merged_into="c2", matcher=None)], "cluster.changed")
    assert harness.tick(NOW) == []
    assert len(harness.state.store("clusters")) == len(harness.state.store("families")) == 0


def test_a_split_starts_the_sums_again(harness: Harness, call: Call, identity: Callable[..., ClusterChanged]) -> None:
    ready(harness, call, identity)
    feed(harness, [identity(state=ClusterState.SPLIT, epoch=2)], "cluster.changed")
    feed(harness, [call(100)])  # placed before the split, read after it: may belong to what has left
    assert harness.results[-1] == Skipped("older_epoch")
    harness.restart()
    feed(harness, [call(101), call(200, epoch=2)])
    (measured,) = of(ClusterMeasured, harness.tick(NOW))
    assert measured.calls == 1
    feed(harness, [identity(epoch=1)], "cluster.changed")
    assert isinstance(harness.results[-1], Skipped) and harness.results[-1].reason == "older_epoch"


def test_what_is_no_event_of_its_topics_is_rejected(harness: Harness) -> None:
    assert isinstance(harness.feed(["x"])[0], Rejected)
    assert harness.feed([None]) == [Skipped("tombstone")]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=60),
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
)
def test_the_batch_cut_changes_neither_sums_nor_outputs(
    call: Call, policy: Policy, models: dict[str, ModelRegistered], rows: list[tuple[int, bool]], sizes: list[int]
) -> None:
    calls = [
        call(n, family=f"family{family}", split=Split.TEST if test else Split.TRAIN)
        for n, (family, test) in enumerate(rows)
    ]
    table = {"model.registered": models}
    ticks = {len(calls) // 2 or 1: NOW, len(calls): NOW + 60_000}
    whole = run_batches(application(policy), calls, [len(calls)], tables=table, ticks=ticks)
    cut = run_batches(application(policy), calls, sizes, tables=table, ticks=ticks)
    assert whole.outputs == cut.outputs
    assert whole.state.snapshot() == cut.state.snapshot()
    counts = Counter(family for family, test in rows if not test)
    expected = sum(min(count, policy.training.family_cap) for count in counts.values())
    stored = cut.state.store("clusters").get("c1")
    assert stored is not None and stored["train_rows"] == expected
    cut.restart()
