"""What a tick does, what is measured, and what becomes of clusters whose answers call several tools."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from services.clusterer.logic.cluster import Cluster
from services.clusterer.logic.micro import Micro, MicroTable
from services.clusterer.logic.parameters import Parameters
from services.clusterer.logic.purity import split_by_tool, split_tools
from services.clusterer.logic.recluster import recluster_due, reclustered
from services.clusterer.logic.shard import Shard
from services.clusterer.logic.upkeep import EMBEDDED_A_TICK, LEFT_TO_RECLUSTER
from services.clusterer.processor import application
from shared.stream.outcome import Measured
from shared.stream.testing import START_MS, Harness, run_batches
from shared.tasks.features import Featuriser, Vector

Traffic = Callable[[int, int], list[tuple[str, str]]]
HOUR_MS = 3_600_000
WEEK_MS = 7 * 24 * HOUR_MS
WORDS = "alpha bravo cactus dolphin ember fjord glacier harpoon igloo jigsaw kayak lantern mosaic nebula".split()  # noqa: SIM905


def placed(h: Harness) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in h.measured:
        if one.metric == "placed":
            counts[one.label] += round(one.value)
    return counts


def test_a_tick_starts_the_weekly_recluster_of_a_silent_shard_once(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    h = Harness(application(featuriser=featuriser, parameters=Parameters()))
    h.feed([make(n, text, tool) for n, (tool, text) in enumerate(traffic(150, 1))])
    assert h.tick(START_MS + WEEK_MS - 1000) == []
    h.tick(START_MS + WEEK_MS + 1000)
    ((_, entry),) = h.state.store("shards").items()
    assert (entry["reclustered_at"], entry["last_recluster"]["start"]) == (150, "first")
    assert [one for one in h.measured if one.metric == "reclusters"] == [Measured("reclusters", 1.0, "first")]
    h.tick(START_MS + 3 * WEEK_MS)
    assert dict(h.state.store("shards").items()) == {next(iter(h.state.store("shards").items()))[0]: entry}


def test_a_shard_whose_calls_still_come_is_left_to_them(featuriser: Featuriser, make: Any, traffic: Traffic) -> None:
    h = Harness(application(featuriser=featuriser, parameters=Parameters()))
    events = [make(n, text, tool) for n, (tool, text) in enumerate(traffic(150, 1))]
    h.feed(events[:100])
    h.feed(events[100:], timestamp_ms=START_MS + WEEK_MS)
    h.tick(START_MS + WEEK_MS + HOUR_MS // 2)
    ((_, entry),) = h.state.store("shards").items()
    assert entry["reclustered_at"] == 0
    h.tick(START_MS + WEEK_MS + HOUR_MS)
    ((_, entry),) = h.state.store("shards").items()
    assert entry["reclustered_at"] == 150


def test_ticks_between_the_same_calls_give_the_same_whatever_the_cut_and_over_restarts(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    events = [make(n, text, tool, task_key=f"k{n % 2}") for n, (tool, text) in enumerate(traffic(300, 6))]
    app = application(featuriser=featuriser, parameters=Parameters(freeze_size=60))
    ticks = {120: START_MS + WEEK_MS + HOUR_MS, 121: START_MS + WEEK_MS + 2 * HOUR_MS, 250: START_MS + 3 * WEEK_MS}
    whole = run_batches(app, events, [300], ticks=ticks)
    singly = run_batches(app, events, [1], ticks=ticks)
    stopped = Harness(app)
    start = 0
    for end in (60, 120, 121, 200, 250, 300):
        stopped.feed(events[start:end])
        stopped.restart()
        if end in ticks:
            stopped.tick(ticks[end])
        start = end
    assert whole.outputs == singly.outputs == stopped.outputs
    for store in app.stores:
        kept = dict(whole.state.store(store.name).items())
        assert dict(singly.state.store(store.name).items()) == kept
        assert dict(stopped.state.store(store.name).items()) == kept
    assert placed(whole) == placed(singly) == placed(stopped)
    assert any(one.metric == "recluster_drift" for one in whole.measured)


def test_every_call_is_counted_as_matched_provisional_or_novel(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    h = Harness(application(featuriser=featuriser, parameters=Parameters()))
    h.feed([make(n, text, tool) for n, (tool, text) in enumerate(traffic(300, 2))])
    counts = placed(h)
    assert counts.total() == 300
    assert counts["matched"] > counts["provisional"] > 0
    assert 0 < counts["novel"] < 60


def test_exemplars_are_embedded_ahead_a_few_a_tick_and_change_no_result(featuriser: Featuriser, make: Any) -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Vector:
        asked.extend(texts)
        rows = [np.random.default_rng(len(text)).normal(size=384) for text in texts]
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 384), dtype=np.float32)

    more = EMBEDDED_A_TICK + 20
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS, 5)) + f" {n}" for n in range(8 * (LEFT_TO_RECLUSTER + more))]
    app = application(featuriser=featuriser, parameters=Parameters(leader=0.999), sentences=embed)
    events = [make(n, text, None) for n, text in enumerate(texts)][: LEFT_TO_RECLUSTER + more]
    ahead, later = Harness(app), Harness(app)
    for h in (ahead, later):
        h.feed(events)
    missing = len(ahead.state.store("micros"))
    assert missing > LEFT_TO_RECLUSTER + EMBEDDED_A_TICK
    asked.clear()
    for number in range(6):
        ahead.tick(START_MS + number * 10_000)
        assert len(asked) <= (number + 1) * EMBEDDED_A_TICK
    assert missing - LEFT_TO_RECLUSTER <= len(asked) < missing - LEFT_TO_RECLUSTER + EMBEDDED_A_TICK
    ahead.restart()
    for h in (ahead, later):
        h.tick(START_MS + 2 * WEEK_MS)
    assert sorted(asked) == sorted(asked[: len(set(asked))] * 2)
    assert dict(ahead.state.store("clusters").items()) == dict(later.state.store("clusters").items())


@pytest.mark.parametrize(
    ("weights", "heavy"),
    [
        ({}, []),
        ({"f": 100.0}, []),
        ({"f": 81.0, "g": 19.0}, []),
        ({"f": 60.0, "g": 40.0}, ["f", "g"]),
        ({"f": 70.0, "g": 19.0, "h": 11.0}, []),
        ({"f": 700.0, "g": 190.0, "h": 80.0}, ["f", "g"]),
    ],
)
def test_an_impure_group_is_split_by_the_tools_of_some_weight(weights: dict[str, float], heavy: list[str]) -> None:
    assert split_tools(weights, 20.0) == heavy


def test_rows_without_a_tool_go_with_the_nearest_part() -> None:
    space = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 0, 1, 2]]
    tools = ["f", "f", "g", "g", None, "rare", None]
    counts = np.array([30, 30, 25, 25, 5, 1, 9], dtype=np.float32)
    labels = np.array([0, 0, 0, 0, 0, 0, 1], dtype=np.int64)
    assert split_by_tool(labels, tools, counts, space, 20.0).tolist() == [0, 0, 2, 2, 0, 2, 1]


def test_requests_alike_whose_answers_call_two_tools_become_two_clusters_at_once() -> None:
    """Too much alike for any partition of requests: the answers choose the split, and do not wait for the week."""
    near = np.random.default_rng(1).normal(size=(24, 384)).astype(np.float32) * np.float32(0.001)
    micros = [
        Micro(
            id=f"m{n}", cluster="old", task_key="k", sub_key="user:-", born=n, count=20, weight=20.0, first_event=f"e{n}",
            sums=near[n] + np.eye(384, dtype=np.float32)[0], tools=Counter({"f" if n % 2 else "g": 20}),
        )
        for n in range(24)
    ]  # fmt: skip
    clusters = {"old": Cluster(id="old", task_key="k", sub_key="user:-", tenant="t", born=0, version=2, settled=True)}
    outcome = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), None, 0)
    assert {frozenset(one.tools) for one in micros if one.cluster == "old"} == {frozenset({"g"})}
    assert [(one.parents, one.epoch) for one in outcome.born] == [(["old"], 2)]
    assert outcome.record["drift"] == pytest.approx(0.5)
    assert recluster_due(Shard(records=500, impure=True, reclustered_ms=1), Parameters(), 1)
    assert not recluster_due(Shard(records=499, impure=True, reclustered_ms=1), Parameters(), 1)
