"""A recluster: how many tasks there are, ids that stay, lineage of what was split or merged, when it is due."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.clusterer.logic.cluster import Cluster
from services.clusterer.logic.discovery import Call, Discovery
from services.clusterer.logic.micro import Micro, MicroTable
from services.clusterer.logic.parameters import Parameters
from services.clusterer.logic.recluster import recluster_due, reclustered
from services.clusterer.logic.regroup import Members, RegroupParameters, regroup, unit
from services.clusterer.logic.shard import Shard
from services.clusterer.processor import application
from shared.events.calls import ChatMessage, Request
from shared.events.observations import ObservationUnique
from shared.events.vocabulary import ClusterState
from shared.stream.records import Message, Position
from shared.stream.testing import START_MS, Harness, run_batches
from shared.tasks.features import DIMENSION, Featuriser, Vector

KEY = ("k", "user:-")
Traffic = Callable[[int, int], list[tuple[str, str]]]


def towards(direction: int, seed: int, spread: float = 0.6) -> Vector:
    """A unit vector near an axis."""
    noise = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    vector = noise * np.float32(spread / np.linalg.norm(noise))
    vector[direction] += 1.0
    unit: Vector = vector / np.float32(np.linalg.norm(vector))
    return unit


def micro(number: int, cluster: str, direction: int, count: int = 10) -> Micro:
    vector = towards(direction, number)
    return Micro(
        id=f"m{number}", cluster=cluster, task_key="k", sub_key="user:-", born=number, count=count,
        sums=vector * np.float32(count), first_event=f"e{number}", text=f"text {number}",
    )  # fmt: skip


def cluster(name: str, **more: Any) -> Cluster:
    return Cluster(**{"id": name, "task_key": "k", "sub_key": "user:-", "tenant": "t", "born": 1, **more})


def logged(event: ObservationUnique, number: int, at_ms: int) -> Message:
    """An event that occurred and was written at that time."""
    position = Position("observation.unique", 0, number)
    return Message(*position, at_ms, "key", replace(event, occurred_at_ms=at_ms))


@pytest.mark.parametrize("tasks", [2, 5, 40])
def test_the_number_of_groups_is_found(tasks: int) -> None:
    rows = [towards(row % tasks, row) for row in range(12 * tasks)]
    members = Members(np.stack(rows), None, [None] * len(rows), np.full(len(rows), 3.0, dtype=np.float32))
    labels = regroup(members, RegroupParameters()).labels
    assert labels.tolist() == [row % tasks for row in range(12 * tasks)]
    assert regroup(members, RegroupParameters()).labels.tolist() == labels.tolist()


@pytest.mark.parametrize(("common", "groups"), [(0.0, 8), (0.6, 16)])
def test_two_wordings_of_a_task_are_one_group_in_a_wide_domain_and_two_in_a_narrow_one(
    common: float, groups: int
) -> None:
    """Eight tasks of two wordings each, whose similarity is 0.45; ``common`` is what all sentences share."""
    rng = np.random.default_rng(1)
    axes = np.eye(384)
    vectors = [
        np.sqrt(0.45) * axes[row % 8]
        + np.sqrt(0.55) * axes[8 + row % 16]
        + common * axes[24]
        + rng.normal(0, 0.01, 384)
        for row in range(128)
    ]
    sentences = unit(np.stack(vectors).astype(np.float32))
    centroids = np.zeros((128, DIMENSION), dtype=np.float32)
    centroids[:, :24] = unit(sentences[:, :24])
    members = Members(centroids, sentences, [None] * 128, np.full(128, 3.0, dtype=np.float32))
    assert regroup(members, RegroupParameters()).labels.tolist() == [row % groups for row in range(128)]


@pytest.mark.parametrize(("growth", "start", "groups"), [(1.3, "cold", 6), (99.0, "warm", 2)])
def test_a_shard_to_which_tasks_have_come_is_grouped_anew(growth: float, start: str, groups: int) -> None:
    rows = np.stack([towards(row % 6, row, 0.4) for row in range(72)])
    members = Members(rows, None, [None] * 72, np.full(72, 3.0, dtype=np.float32))
    then = [f"c{row % 2}" for row in range(72)]
    after = regroup(members, RegroupParameters(cold_gain=9.0, cold_growth=growth, new_below=-1.0), then)
    assert (after.start, len(set(after.labels.tolist()))) == (start, groups)


def test_answers_that_call_other_tools_keep_requests_apart_that_read_alike() -> None:
    rows = np.stack([towards(0, row, 0.9) for row in range(40)])
    counts = np.full(40, 5.0, dtype=np.float32)
    assert len(set(regroup(Members(rows, None, [None] * 40, counts), RegroupParameters()).labels.tolist())) == 1
    apart = regroup(Members(rows, None, ["f" if row % 2 else "g" for row in range(40)], counts), RegroupParameters())
    assert apart.labels.tolist() == [row % 2 for row in range(40)]


def test_one_cluster_that_holds_two_tasks_is_split_with_lineage_and_a_new_epoch() -> None:
    micros = [micro(n, "old", n % 2, count=10 if n % 2 else 20) for n in range(24)]
    clusters = {"old": cluster("old", version=3, frozen=True, families=["f1"])}
    outcome = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), None, 0)
    (kept,), (child,) = outcome.carried, outcome.born
    assert (kept.id, kept.epoch, kept.frozen, outcome.new_epoch) == ("old", 2, False, {"old"})
    assert (child.parents, child.epoch, child.families) == (["old"], 2, ["f1"])
    assert (kept.size, child.size) == (240, 120)
    assert kept.drift == pytest.approx(1 / 3)
    assert {one.cluster for one in micros if one.born % 2 == 0} == {"old"}
    assert (outcome.gone, outcome.broken) == ([], [])
    assert (kept.state, child.state) == (ClusterState.SPLIT, ClusterState.BORN)
    assert Cluster.decode("old", kept.encode()) == replace(kept, size=0)


def test_a_cluster_that_comes_apart_into_many_ends_as_split_and_is_parent_to_them() -> None:
    micros = [micro(n, "old", n % 5) for n in range(60)]
    clusters = {"old": cluster("old", version=3)}
    outcome = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), None, 0)
    assert [one.id for one in outcome.broken] == ["old"]
    assert (outcome.gone, outcome.carried) == ([], [])
    assert [(one.parents, one.epoch) for one in outcome.born] == [(["old"], 2)] * 5


def test_two_published_clusters_of_one_task_are_merged_with_lineage_and_a_new_epoch() -> None:
    micros = [micro(n, "a" if n % 3 else "b", 0) for n in range(24)] + [micro(100 + n, "c", 1) for n in range(24)]
    clusters = {name: cluster(name, version=1) for name in "abc"}
    outcome = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), None, 0)
    assert {one.id: (one.epoch, one.parents) for one in outcome.carried} == {"a": (2, ["b"]), "c": (1, [])}
    assert [(gone.id, heir) for gone, heir in outcome.gone] == [("b", "a")]
    assert (outcome.new_epoch, clusters["a"].state) == ({"a"}, ClusterState.BORN)


def test_a_second_recluster_without_drift_moves_nothing() -> None:
    micros = [micro(n, "x", n % 4) for n in range(48)]
    clusters = {"x": cluster("x")}
    first = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), None, 0)
    clusters |= {one.id: one for one in first.born}
    before = [one.cluster for one in micros]
    second = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), None, 0)
    assert [one.cluster for one in micros] == before
    assert len(second.carried) == 4
    assert all(one.drift == 0.0 for one in second.carried)
    assert (second.born, second.gone, second.new_epoch) == ([], [], set())


def test_exemplars_are_embedded_once_and_decide_where_centroids_say_nothing() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Vector:
        asked.extend(texts)
        return np.stack([np.eye(384, dtype=np.float32)[int(text.split()[1]) % 2] for text in texts])

    micros = [micro(n, "x", 0) for n in range(30)]
    clusters = {"x": cluster("x")}
    outcome = reclustered(Shard(MicroTable(micros)), clusters, Parameters(), embed, 0)
    assert len({one.cluster for one in micros}) == 2
    assert all((one.cluster == micros[0].cluster) == (one.born % 2 == 0) for one in micros)
    decoded = [Micro.decode(one.id, one.encode()) for one in micros]
    reclustered(Shard(MicroTable(decoded)), clusters | {one.id: one for one in outcome.born}, Parameters(), embed, 0)
    assert sorted(asked) == sorted(f"text {n}" for n in range(30))


@pytest.mark.parametrize(
    ("records", "provisional", "days", "due"),
    [(499, 499, 30, False), (500, 0, 6, False), (500, 0, 7, True), (4000, 999, 0, False), (4000, 1000, 0, True), (9000, 1000, 0, False)],
)  # fmt: skip
def test_a_recluster_is_due_by_event_time_or_by_what_is_new(
    records: int, provisional: int, days: int, due: bool
) -> None:
    shard = Shard(records=records, provisional=provisional, reclustered_ms=1000)
    assert recluster_due(shard, Parameters(), 1000 + days * 86_400_000) is due


def test_weekly_reclusters_on_the_stream_keep_the_ids_and_do_not_depend_on_the_cut(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    day_ms = 86_400_000
    stream = traffic(900, 21)
    events = [logged(make(n, text, tool), n, START_MS + n * day_ms // 30) for n, (tool, text) in enumerate(stream)]
    app = application(featuriser=featuriser, parameters=Parameters(recluster_records=100, freeze_size=60))
    whole = run_batches(app, events, [900])
    stopped = Harness(app)
    for start in range(0, 900, 190):
        stopped.feed(events[start : start + 190])
        stopped.restart()
    assert stopped.outputs == whole.outputs
    shards = dict(whole.state.store("shards").items())
    assert {entry["reclustered_at"] > 0 for entry in shards.values()} == {True}
    placed = [output.event for output in whole.outputs if output.topic == "observation.clustered"]
    main = [Counter(one.cluster for one in part).most_common(3) for part in (placed[200:500], placed[600:])]
    assert {name for name, _ in main[0]} == {name for name, _ in main[1]}
    assert sum(size for _, size in main[1]) >= 0.97 * 300
    changed = [output.event for output in whole.outputs if output.topic == "cluster.changed"]
    assert all(event.epoch == 1 for event in changed if event.cluster in {name for name, _ in main[0]})


def test_what_a_recluster_does_is_published(featuriser: Featuriser) -> None:
    """Two tasks that were taken for one: the parent comes out under a new epoch, the child with its parent."""
    discovery = Discovery(featuriser, Parameters(merge_cut=-1.0, radius=-1.0))
    texts = ["will it rain in town tomorrow", "please refund my broken order"]
    for n in range(120):
        raw = featuriser.raw(Request(messages=(ChatMessage(role="user", content=f"{texts[n % 2]} word{n % 7}"),)))
        discovery.place(Call(f"e{n}", *KEY, "t", n, raw, None))
    (only,) = {one.cluster for one in discovery.micros.values()}
    discovery.changes()
    discovery.recluster(KEY, 500)
    changes = {event.cluster: event for event in discovery.changes()}
    assert len(changes) == 2
    child = next(event for name, event in changes.items() if name != only)
    assert (changes[only].epoch, changes[only].state) == (2, ClusterState.SPLIT)
    assert (child.state, changes[only].matcher is not None) == (ClusterState.BORN, True)
    assert changes[only].drift == pytest.approx(0.5)
    assert (child.parents, child.epoch, child.matcher is not None) == ((only,), 2, True)


def test_drift_is_told_from_its_threshold_on_even_where_the_epoch_stays(featuriser: Featuriser) -> None:
    """Newcomers that were never published join a published cluster: no merge, but a quarter of it is new."""
    for told, expected in ((0.2, 1), (2.0, 0)):
        discovery = Discovery(featuriser, Parameters(told_drift=told))
        raws = [
            featuriser.raw(Request(messages=(ChatMessage(role="user", content=text),)))
            for text in ("will it rain in town tomorrow", "please refund my broken order", "play some jazz music now")
        ]
        for n in range(120):
            discovery.place(Call(f"e{n}", *KEY, "t", n, raws[n % 2], None))
        discovery.recluster(KEY, 200)
        first, second = dict.fromkeys(one.cluster for one in discovery.micros.values())
        for n in range(19):
            discovery.place(Call(f"f{n}", *KEY, "t", 200 + n, raws[2], None))
        stray = next(one for one in discovery.micros.values() if one.cluster not in (first, second))
        home = next(one for one in discovery.micros.values() if one.cluster == first)
        stray.sums = home.centroid * np.float32(stray.count)
        discovery.shards[KEY].table.refresh(stray)
        discovery.clusters[first].publish_at = 1000
        discovery.changes()
        discovery.recluster(KEY, 300)
        again = [event for event in discovery.changes() if event.cluster == first]
        assert len(again) == expected
        assert all((event.drift > 0.2, event.epoch) == (True, 1) for event in again)


def test_a_cluster_without_a_call_for_long_is_retired_and_forgotten(featuriser: Featuriser) -> None:
    discovery = Discovery(featuriser, Parameters(retire_ms=1000))
    texts = ["will it rain in town tomorrow", "please refund my broken order"]
    for n in range(60):
        raw = featuriser.raw(Request(messages=(ChatMessage(role="user", content=texts[n % 2 if n < 40 else 1]),)))
        discovery.place(Call(f"e{n}", *KEY, "t", n if n < 40 else 2000 + n, raw, None))
    old = discovery.micros[next(iter(discovery.micros))].cluster
    discovery.changes()
    discovery.recluster(KEY, 2100)
    (gone,) = [event for event in discovery.changes() if event.state is ClusterState.RETIRED]
    assert (gone.cluster, gone.epoch, gone.matcher, gone.size) == (old, 2, None, 0)
    assert old not in discovery.clusters
    assert {one.cluster for one in discovery.micros.values()} == set(discovery.clusters)
    again = featuriser.raw(Request(messages=(ChatMessage(role="user", content=texts[0]),)))
    assert discovery.place(Call("e99", *KEY, "t", 2200, again, None)).version == 0
