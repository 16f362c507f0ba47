"""Task discovery as a processor: calls placed in stream order, the model kept in stores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.clusterer.logic.cluster import Cluster, Published
from services.clusterer.logic.discovery import Call, Discovery, Placement, called_tools
from services.clusterer.logic.micro import Micro
from services.clusterer.logic.parameters import Parameters
from services.clusterer.logic.shard import ShardKey
from services.clusterer.logic.splits import call_side, family_side, side_by_hash
from services.clusterer.logic.upkeep import embed_ahead, idle_shard
from shared.events.observations import ObservationClustered, ObservationUnique, advance
from shared.events.vocabulary import Split
from shared.stream.outcome import NOTHING, Emit, Emitted, Measured, Outcomes, Result, Skipped
from shared.stream.processor import Application, State, Store, StoreSpec, TaskId
from shared.stream.records import Message
from shared.tasks.features import Embed, Featuriser
from shared.tasks.identity import sub_key

SOURCE = "observation.unique"
TARGET = "observation.clustered"
CHANGES = "cluster.changed"
_SEPARATOR = "\x1f"
_DAY_MS = 86_400_000
_AHEAD_MS = 60_000
"""A clock further ahead of the log's is cut back to it: it would age every other call."""
TICK_S = 10.0


class Clusterer:
    """``observation.unique`` → ``observation.clustered`` and ``cluster.changed``."""

    def __init__(self, featuriser: Featuriser, parameters: Parameters, sentences: Embed | None = None) -> None:
        self._featuriser = featuriser
        self._parameters = parameters
        self._sentences = sentences
        self._discovery = Discovery(featuriser, parameters, sentences)
        self._calls = 0

    def restored(self, state: State) -> None:
        self._discovery = Discovery(self._featuriser, self._parameters, self._sentences)
        clock = state.store("clock").get("clock") or {"calls": 0, "born": 0}
        self._calls = clock["calls"]
        shards: dict[ShardKey, dict[str, Any]] = {}
        for key, value in state.store("shards").items():
            task_key, _, shard_sub_key = key.partition(_SEPARATOR)
            shards[task_key, shard_sub_key] = value
        self._discovery.load(
            micros=[Micro.decode(key, value) for key, value in state.store("micros").items()],
            clusters=[Cluster.decode(key, value) for key, value in state.store("clusters").items()],
            published={key: Published.decode(value) for key, value in state.store("matchers").items()},
            shards=shards,
            born=clock["born"],
        )

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        placed: Counter[str] = Counter()
        results = [self._one(message, placed, state) for message in batch]
        if batch:
            self._write(state)
        return Outcomes(results, measured=[*_placed(placed), *self._reclustered()])

    def on_tick(self, now_ms: int, state: State) -> Outcomes:
        """One idle shard's recluster, or a few exemplars embedded ahead of one."""
        key = idle_shard(self._discovery, now_ms)
        if key is not None:
            self._discovery.recluster(key, self._discovery.shards[key].last_ms)
        elif self._sentences is None or not embed_ahead(self._discovery, self._sentences):
            return NOTHING
        changes = [Emit(CHANGES, change.cluster, change) for change in self._discovery.changes()]
        self._write(state)
        return Outcomes(also=changes, measured=self._reclustered())

    def _reclustered(self) -> list[Measured]:
        measured = []
        for record in self._discovery.reclusters():
            measured.append(Measured("reclusters", 1.0, record["start"]))
            if record["start"] != "first":
                measured.append(Measured("recluster_drift", record["drift"]))
                measured.append(Measured("recluster_agreement", record["agreement"]))
        return measured

    def _one(self, message: Message, placed: Counter[str], state: State) -> Result:
        event = message.event
        if not isinstance(event, ObservationUnique):
            return Skipped("tombstone")
        self._calls += 1
        key = sub_key(event.request)
        call = Call(
            event_id=event.event_id,
            task_key=event.task_key,
            sub_key=key,
            tenant=event.tenant,
            at_ms=min(event.occurred_at_ms, message.timestamp_ms + _AHEAD_MS),
            raw=self._featuriser.raw(event.request),
            called=called_tools(event.answer, key),
            offered=tuple(tool.name for tool in event.request.tools),
            seen_ms=message.timestamp_ms,
        )
        placement = self._discovery.place(call)
        placed["novel" if placement.novel else "provisional" if placement.version == 0 else "matched"] += 1
        split = self._split(event, placement.cluster, state)
        clustered = advance(
            ObservationClustered,
            _without_payload(event) if event.repeat_of is not None else event,
            cluster=placement.cluster,
            micro_cluster=placement.micro,
            sub_key=key,
            similarity=placement.similarity,
            map_version=placement.version,
            epoch=placement.epoch,
            provisional=placement.version == 0,
            split=split,
            untrainable_reason=event.untrainable_reason or self._mismatch(event, placement),
        )
        outputs = [Emit(TARGET, placement.cluster, clustered)]
        outputs += [Emit(CHANGES, change.cluster, change) for change in self._discovery.changes()]
        return Emitted(tuple(outputs))

    def _mismatch(self, event: ObservationUnique, placement: Placement) -> str | None:
        """The router matched another cluster with the same published version: one of the two read the request wrongly."""
        routing = event.routing
        if routing is None or routing.cluster is None or routing.matcher_version == 0:
            return None
        cluster = self._discovery.clusters.get(routing.cluster)
        same_version = cluster is not None and cluster.version == routing.matcher_version
        return "match_mismatch" if same_version and placement.cluster != routing.cluster else None

    def _split(self, event: ObservationUnique, name: str, state: State) -> Split:
        sides = state.store("sides")
        episode_key, family_key = f"episode{_SEPARATOR}{event.episode}", f"family{_SEPARATOR}{event.family}"
        episode, family = _side(sides, episode_key), _side(sides, family_key)
        if family is None:
            cluster = self._discovery.clusters[name]
            few = len(cluster.families) < self._parameters.split_families
            if few and event.family not in cluster.families:
                cluster.families.append(event.family)
                self._discovery.dirty.clusters[name] = None
            share = self._parameters.test_share
            family = family_side(event.family, event.episode, episode, few, event.family == event.event_id, share)
            if few or family is not side_by_hash("family", event.family, share):
                self._remember(sides, family_key, family)
        split = call_side(family, episode)
        if event.repeat_of is None and episode is None:
            self._remember(sides, episode_key, split)
        return split

    def _remember(self, sides: Store, key: str, side: Split) -> None:
        """Only sides that a hash does not give; the oldest are forgotten."""
        sides.put(key, [side.value, self._calls])
        if len(sides) > 2 * self._parameters.sides_remembered:
            oldest = self._calls - self._parameters.sides_remembered
            for old, (_, at) in list(sides.items()):
                if at < oldest:
                    sides.delete(old)

    def _write(self, state: State) -> None:
        """Only what has changed, once a batch."""
        discovery, dirty = self._discovery, self._discovery.dirty
        micros, clusters, matchers = state.store("micros"), state.store("clusters"), state.store("matchers")
        for name in dirty.dropped_micros:
            micros.delete(name)
        for name in dirty.micros:
            micros.put(name, discovery.micros[name].encode())
        for name in dirty.dropped_clusters:
            clusters.delete(name)
        for name in dirty.clusters:
            clusters.put(name, discovery.clusters[name].encode())
        for name in dirty.matchers:
            published = discovery.published.get(name)
            if published is None:
                matchers.delete(name)
            else:
                matchers.put(name, published.encode())
        for key in dirty.shards:
            state.store("shards").put(_SEPARATOR.join(key), discovery.shards[key].encode())
        state.store("clock").put("clock", {"calls": self._calls, "born": discovery.born})
        discovery.written()


def _without_payload(event: ObservationUnique) -> ObservationUnique:
    """An exact repeat as it goes on: counted, without what was said."""
    return replace(event, request=replace(event.request, messages=(), tools=()), answer=None)


def _placed(counts: Counter[str]) -> list[Measured]:
    return [Measured("placed", float(count), how) for how, count in counts.items()]


def _side(sides: Store, key: str) -> Split | None:
    entry = sides.get(key)
    return None if entry is None else Split(entry[0])


def application(*, featuriser: Featuriser, parameters: Parameters, sentences: Embed | None = None) -> Application:
    """The clusterer as the engine runs it; the embeddings are shared by all tasks."""

    def processor(_: TaskId) -> Clusterer:
        return Clusterer(featuriser, parameters, sentences)

    return Application(
        name="clusterer",
        topics=(SOURCE,),
        processor=processor,
        stores=(
            StoreSpec("micros", codec="bytes"),
            StoreSpec("clusters"),
            StoreSpec("matchers"),
            StoreSpec("shards"),
            StoreSpec("sides", cleanup="delete", retention_ms=30 * _DAY_MS),
            StoreSpec("clock"),
        ),
        slice_records=200,  # what changed is written to the stores once a slice
        tick_interval_s=TICK_S,
        max_batch_records=200,
    )
