"""Task discovery on a stream: what becomes a cluster, what is published, what is kept over restarts."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application
from shared.events.calls import ChatMessage, Request, RoutingDecision, ToolCall
from shared.events.clusters import ClusterChanged
from shared.events.observations import ObservationClustered, ObservationUnique
from shared.events.vocabulary import ClusterState, Split
from shared.stream.outcome import Skipped
from shared.stream.testing import Harness, run_batches
from shared.tasks.features import Featuriser
from shared.tasks.matcher import MatcherIndex

Traffic = Callable[[int, int], list[tuple[str, str]]]


def harness(featuriser: Featuriser, **parameters: Any) -> Harness:
    return Harness(application(featuriser=featuriser, parameters=Parameters(**parameters)))


def clustered(h: Harness) -> list[ObservationClustered]:
    return [output.event for output in h.outputs if output.topic == "observation.clustered"]


def changes(h: Harness) -> list[ClusterChanged]:
    return [output.event for output in h.outputs if output.topic == "cluster.changed"]


def test_one_narrow_task_with_paraphrases_is_one_published_cluster(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    events = [make(n, text, tool) for n, (tool, text) in enumerate(traffic(900, 1)) if tool == "refund"]
    h = harness(featuriser)
    h.feed(events)
    clusters = Counter(event.cluster for event in clustered(h))
    assert clusters.most_common(1)[0][1] >= 0.98 * len(events)
    main = clusters.most_common(1)[0][0]
    last = [change for change in changes(h) if change.cluster == main][-1]
    assert (last.label, last.state, last.task_key, last.epoch) == ("refund", ClusterState.BORN, "k", 1)
    assert last.matcher is not None
    assert last.matcher.version > 1
    assert len(last.matcher.radii) <= 64
    assert last.exemplars
    assert last.tools == ("book_table", "refund", "weather")


def test_tasks_under_one_task_key_come_apart_and_are_named_by_what_is_called(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    stream = traffic(900, 2)
    h = harness(featuriser)
    h.feed([make(n, text, tool) for n, (tool, text) in enumerate(stream)])
    tools: dict[str, Counter[str]] = defaultdict(Counter)
    for event, (tool, _) in zip(clustered(h), stream, strict=True):
        tools[event.cluster][tool] += 1
    big = [cluster for cluster in tools if tools[cluster].total() > 100]
    assert len(big) == 3
    assert all(tools[cluster].most_common(1)[0][1] >= 0.97 * tools[cluster].total() for cluster in big)
    labels = {change.cluster: change.label for change in changes(h)}
    assert {labels[cluster] for cluster in big} == {"book-table", "refund", "weather"}
    late = clustered(h)[600:]
    assert sum(event.provisional for event in late) <= 0.02 * len(late)


def test_the_router_s_index_over_the_published_matchers_agrees(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    h = harness(featuriser)
    index = MatcherIndex(featuriser)
    for n, (tool, text) in enumerate(traffic(500, 3)):
        event = make(n, text, tool)
        before = index.match(event.request, event.task_key)
        seen = len(h.outputs)
        h.feed([event])
        placed = h.outputs[seen].event
        if before is None:
            assert placed.provisional
            assert placed.map_version == 0
        else:
            assert (placed.cluster, placed.map_version, placed.epoch) == (before.cluster, before.version, before.epoch)
            assert placed.similarity == pytest.approx(before.similarity)
        for output in h.outputs[seen + 1 :]:
            index.update(output.key, output.event)


def test_task_keys_and_steps_never_share_a_cluster(featuriser: Featuriser, make: Any) -> None:
    call = ToolCall(id="c", name="refund", arguments_json="{}")
    first = Request(messages=(ChatMessage(role="user", content="refund order 7"),))
    second = replace(first, messages=(*first.messages, ChatMessage(role="assistant", tool_calls=(call,)), ChatMessage(role="tool", content="{}")))  # fmt: skip
    h = harness(featuriser)
    events = []
    for n in range(0, 120, 3):
        events += [make(n, "", "refund", request=first), make(n + 1, "", None, request=second), make(n + 2, "", "refund", request=first, task_key="l")]  # fmt: skip
    h.feed(events)
    where = {(event.task_key, event.sub_key): event.cluster for event in clustered(h)}
    assert len(where) == len(set(where.values())) == 3
    assert {event.cluster for event in clustered(h)} == set(where.values())
    assert "answer-after-refund" in {change.label for change in changes(h)}


def test_an_exact_repeat_is_placed_and_counted_and_loses_its_payload(featuriser: Featuriser, make: Any) -> None:
    h = harness(featuriser)
    h.feed([make(0, "refund order 7", "refund"), make(1, "refund order 7", "refund", repeat_of="e0", family="e0")])
    first, repeat = clustered(h)
    assert repeat.cluster == first.cluster
    assert (repeat.request.messages, repeat.request.tools, repeat.answer, repeat.repeat_of) == ((), (), None, "e0")
    assert first.request.messages
    ((_, entry),) = h.state.store("clusters").items()
    assert entry["version"] == 0


def test_nothing_is_published_below_the_birth_size(featuriser: Featuriser, make: Any, traffic: Traffic) -> None:
    events = [make(n, text, tool) for n, (tool, text) in enumerate(traffic(200, 4)) if tool == "weather"]
    h = harness(featuriser)
    h.feed(events[:19])
    assert changes(h) == []
    assert all(event.provisional and event.map_version == 0 for event in clustered(h))
    h.feed(events[19:25])
    assert [(change.size, change.matcher is not None) for change in changes(h)] == [(20, True)]


def test_a_frozen_cluster_keeps_its_representatives_and_only_gains(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    stream = traffic(1500, 5)
    h = harness(featuriser, freeze_size=40)
    h.feed([make(n, text, tool) for n, (tool, text) in enumerate(stream)])
    odd = [
        make(9000 + n, f"Where exactly has my parcel {n} gone, it should be here by now", "refund") for n in range(700)
    ]
    h.feed(odd)
    matchers: dict[str, list[bytes]] = defaultdict(list)
    for change in changes(h):
        if change.matcher is not None and change.size >= 40:
            matchers[change.cluster].append(change.matcher.vectors)
    assert any(len(versions) > 1 for versions in matchers.values())
    for versions in matchers.values():
        assert all(later.startswith(earlier) for earlier, later in pairwise(versions))
    assert all(change.epoch == 1 for change in changes(h))


def test_published_clusters_below_the_freeze_size_merge_with_lineage_and_a_new_epoch(
    featuriser: Featuriser, make: Any
) -> None:
    """Two ways of asking that first look like two tasks (their answers are text), then are answered by one tool."""
    left = [make(n, f"Book a table for {n}", None) for n in range(30)]
    right = [make(100 + n, f"Where is my parcel {n}", None) for n in range(30)]
    called = [
        make(200 + n, text, "f") for n in range(200) for text in (f"Book a table for {n}", f"Where is my parcel {n}")
    ]
    h = harness(featuriser, freeze_size=10_000)
    h.feed(left + right)
    born = {change.cluster for change in changes(h)}
    assert len(born) == 2
    h.feed([replace(event, event_id=f"{event.event_id}-{n}") for n, event in enumerate(called)])
    (gone,) = [change for change in changes(h) if change.state is ClusterState.MERGED]
    assert gone.matcher is None
    assert {gone.cluster, gone.merged_into} == born
    heir = [change for change in changes(h) if change.cluster == gone.merged_into][-1]
    assert (heir.epoch, heir.parents) == (2, (gone.cluster,))
    assert clustered(h)[-1].cluster == heir.cluster
    assert clustered(h)[-2].cluster == heir.cluster


def test_the_same_stream_gives_the_same_result_however_cut_and_over_restarts(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    events = [make(n, text, tool, task_key=f"k{n % 2}") for n, (tool, text) in enumerate(traffic(400, 6))]
    app = application(featuriser=featuriser, parameters=Parameters(freeze_size=60, max_micros=20))
    whole = run_batches(app, events, [400])
    singly = run_batches(app, events, [1])
    stopped = Harness(app)
    for start in range(0, 400, 37):
        stopped.feed(events[start : start + 37])
        stopped.restart()
    assert singly.outputs == whole.outputs
    assert stopped.outputs == whole.outputs
    for store in ("micros", "clusters", "matchers", "shards", "sides", "clock"):
        assert dict(stopped.state.store(store).items()) == dict(whole.state.store(store).items()), store


def test_what_code_with_other_features_published_is_told_again_at_the_shard_s_next_call(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    events = [make(n, text, tool) for n, (tool, text) in enumerate(traffic(302, 6))]
    h = harness(featuriser)
    h.feed(events[:300])
    shards = h.state.store("shards")
    for key, value in list(shards.items()):
        shards.put(key, {name: known for name, known in value.items() if name != "feature_version"})
    h.processor.restored(h.state)
    known = {change.cluster: change.matcher for change in changes(h)}
    seen = len(h.outputs)
    h.feed(events[300:301])
    told = {o.event.cluster: o.event.matcher for o in h.outputs[seen:] if o.topic == "cluster.changed"}
    assert len(told) >= 3
    versions = {cluster: matcher.version if matcher else 0 for cluster, matcher in known.items()}
    assert all(matcher and matcher.version == versions[cluster] + 1 for cluster, matcher in told.items())
    seen = len(h.outputs)
    h.feed(events[301:])
    assert [output.topic for output in h.outputs[seen:]] == ["observation.clustered"]


def test_the_order_of_calls_hardly_matters(featuriser: Featuriser, make: Any, traffic: Traffic) -> None:
    for seed in range(3):
        stream = traffic(600, 10 + seed)
        h = harness(featuriser)
        h.feed([make(n, text, tool) for n, (tool, text) in enumerate(stream)])
        sizes = Counter(event.cluster for event in clustered(h))
        assert sum(size for _, size in sizes.most_common(3)) >= 0.97 * 600


def test_a_full_shard_drops_its_stalest_provisional_micro_cluster(featuriser: Featuriser, make: Any) -> None:
    words = "alpha bravo cactus dolphin ember fjord glacier harpoon igloo jigsaw kayak lantern mosaic nebula orchid pagoda".split()  # noqa: SIM905
    h = harness(featuriser, max_micros=5)
    h.feed([make(n, word, None) for n, word in enumerate(words)])
    assert len(h.state.store("micros")) <= 5
    assert len(clustered(h)) == len(words)


@pytest.mark.parametrize("text", ["", "7", "⟦NAME_1⟧", "x" * 100_000, "你好，请预订一张桌子", "{"])
def test_odd_requests_are_placed(featuriser: Featuriser, make: Any, text: str) -> None:
    h = harness(featuriser)
    h.feed([make(n, text, None) for n in range(25)])
    assert len({event.cluster for event in clustered(h)}) == 1


def test_tombstones_are_skipped(featuriser: Featuriser) -> None:
    assert harness(featuriser).feed([None]) == [Skipped("tombstone")]


def test_a_router_that_matched_otherwise_at_the_same_version_keeps_the_call_out_of_training(
    featuriser: Featuriser, make: Any, traffic: Traffic
) -> None:
    h = harness(featuriser)
    h.feed([make(n, text, tool) for n, (tool, text) in enumerate(traffic(300, 8))])
    versions = {key: value["version"] for key, value in h.state.store("clusters").items() if value["version"]}
    last = clustered(h)[-1]
    other = next(cluster for cluster in versions if cluster != last.cluster)

    def routed(cluster: str, version: int) -> ObservationUnique:
        routing = RoutingDecision(decision_id="d", task_key="k", cluster=cluster, matcher_version=version)
        event: ObservationUnique = make(
            9999, last.request.messages[0].content, "x", routing=routing, event_id=f"{cluster}{version}"
        )
        return event

    h.feed(
        [
            routed(other, versions[other]),
            routed(other, versions[other] + 1),
            routed(last.cluster, versions[last.cluster]),
        ]
    )
    assert [event.untrainable_reason for event in clustered(h)[-3:]] == ["match_mismatch", None, None]


def test_no_family_and_no_episode_stands_on_both_sides(featuriser: Featuriser, make: Any, traffic: Traffic) -> None:
    stream = traffic(1200, 9)
    events = [
        make(n, text, tool, episode=f"p{n // 3}", family=f"f{n % 400}", repeat_of=f"e{n - 400}" if n >= 800 else None)
        for n, (tool, text) in enumerate(stream)
    ]
    h = harness(featuriser)
    h.feed(events)
    out = [event for event in clustered(h) if event.repeat_of is None]
    for field in ("family", "episode"):
        sides: dict[tuple[str, str], set[Split]] = defaultdict(set)
        for event in out:
            if event.split is not Split.UNKNOWN:
                key = (event.cluster if field == "family" else "", getattr(event, field))
                sides[key].add(event.split)
        assert all(len(side) == 1 for side in sides.values()), field
    shares = Counter(event.split for event in out)
    assert 0.08 < shares[Split.TEST] / len(out) < 0.3
    assert shares[Split.TRAIN] > shares[Split.UNKNOWN]


def test_remembered_episodes_are_bounded(featuriser: Featuriser, make: Any) -> None:
    h = harness(featuriser, sides_remembered=10)
    h.feed([make(n, "weather in Oslo", "weather") for n in range(100)])
    assert len(h.state.store("sides")) <= 21
