"""The model of one task: its micro-clusters, clusters and publications, and what has changed since it was last written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.clusterer.logic.cluster import Cluster, Published, changed, ended, publication
from services.clusterer.logic.linkage import dominant_tool
from services.clusterer.logic.micro import Micro, MicroTable
from services.clusterer.logic.parameters import Parameters
from services.clusterer.logic.purity import split_tools
from services.clusterer.logic.shard import Dirty, Shard, ShardKey
from shared.events.clusters import ClusterChanged
from shared.events.vocabulary import ClusterState
from shared.tasks.features import Embed, Featuriser
from shared.tasks.matcher import MatcherIndex


class Model:
    """What is known. Everything derived is rebuilt from micro-clusters, clusters, publications and shards."""

    def __init__(self, featuriser: Featuriser, parameters: Parameters, sentences: Embed | None = None) -> None:
        self.parameters = parameters
        self.sentences = sentences
        """Embeds the exemplars of a recluster; without it their centroids must do."""
        self.index = MatcherIndex(featuriser)
        self.clusters: dict[str, Cluster] = {}
        self.published: dict[str, Published] = {}
        self.shards: dict[ShardKey, Shard] = {}
        self.micros: dict[str, Micro] = {}
        self.dirty = Dirty()
        self.born = 0
        """Micro-clusters born so far."""
        self._changes: list[ClusterChanged] = []
        self._reclusters: list[dict[str, Any]] = []

    def load(
        self, micros: Iterable[Micro], clusters: Iterable[Cluster], published: dict[str, Published],
        shards: Mapping[ShardKey, Mapping[str, Any]], born: int,
    ) -> None:  # fmt: skip
        """Takes over a stored state."""
        self.born = born
        by_shard: dict[ShardKey, list[Micro]] = {key: [] for key in shards}
        self.clusters = {cluster.id: cluster for cluster in sorted(clusters, key=lambda cluster: cluster.born)}
        for micro in micros:
            by_shard.setdefault((micro.task_key, micro.sub_key), []).append(micro)
            self.micros[micro.id] = micro
            self.clusters[micro.cluster].size += micro.count
        for key, members in by_shard.items():
            self.shards[key] = Shard.decode(shards[key], MicroTable(members))
        self.published = published
        for cluster_name in published:
            cluster = self.clusters[cluster_name]
            boilerplate = self.shards[(cluster.task_key, cluster.sub_key)].boilerplate
            self.index.update(cluster.id, changed(cluster, published[cluster.id], boilerplate))

    def changes(self) -> list[ClusterChanged]:
        """Publications since the last call of this, oldest first."""
        changes, self._changes = self._changes, []
        return changes

    def reclusters(self) -> list[dict[str, Any]]:
        """The records of the reclusters since the last call of this."""
        records, self._reclusters = self._reclusters, []
        return records

    def written(self) -> None:
        """The stores hold everything up to here."""
        self.dirty = Dirty()

    def publish(self, cluster: Cluster, at_ms: int, *, surely: bool = False) -> None:
        """Publishes a cluster if there is something new to say (or ``surely``); freezes it at its size."""
        parameters = self.parameters
        before = self.published.get(cluster.id)
        grown = max(cluster.size + 1, round(cluster.size * parameters.growth))
        cluster.publish_at = grown if cluster.frozen else max(cluster.size + 1, min(grown, parameters.freeze_size))
        self.mark_cluster(cluster)
        shard, members = self.shards[(cluster.task_key, cluster.sub_key)], self.members_of(cluster)
        after = publication(cluster, members, shard.offered, before, parameters, at_ms)
        shard.impure = shard.impure or bool(self._split_tools(members))
        if before is not None and cluster.frozen and after.micros == before.micros and not surely:
            return
        cluster.version += 1
        cluster.frozen = cluster.frozen or cluster.size >= parameters.freeze_size
        if cluster.frozen:
            cluster.publish_at = grown
        self.published[cluster.id] = after
        self.dirty.matchers[cluster.id] = None
        event = changed(cluster, after, shard.boilerplate)
        self.index.update(cluster.id, event)
        self._changes.append(event)

    def _split_tools(self, members: Sequence[Micro]) -> list[str]:
        """The tools that a recluster would split these micro-clusters by."""
        weights: dict[str, float] = {}
        for micro in members:
            tool = dominant_tool(micro.tools, self.parameters.dominance)
            if tool:
                weights[tool] = weights.get(tool, 0.0) + micro.weight
        return split_tools(weights, self.parameters.regroup.least_calls)

    def end(self, cluster: Cluster, event: ClusterChanged) -> None:
        """Tells the end of a cluster that has no members left, and forgets it."""
        self._changes.append(event)
        self.index.update(cluster.id, None)
        self.drop_cluster(cluster)

    def retire(self, key: ShardKey, at_ms: int) -> None:
        """Ends the clusters that had no call for long, whatever they were."""
        shard, oldest_ms = self.shards[key], at_ms - self.parameters.retire_ms
        newest_ms: dict[str, int] = {}
        for micro in shard.table.micros:
            newest_ms[micro.cluster] = max(micro.last_ms, newest_ms.get(micro.cluster, micro.last_ms))
        names = {name for name, last_ms in newest_ms.items() if last_ms < oldest_ms}
        self._forget([micro for micro in shard.table.micros if micro.cluster in names], shard)
        for name in sorted(names):
            cluster = self.clusters[name]
            if cluster.version:
                self.end(cluster, ended(cluster, ClusterState.RETIRED, at_ms))
            else:
                self.drop_cluster(cluster)

    def drop_cluster(self, cluster: Cluster) -> None:
        del self.clusters[cluster.id]
        if self.published.pop(cluster.id, None) is not None:
            self.dirty.matchers[cluster.id] = None
        self.dirty.clusters.pop(cluster.id, None)
        self.dirty.dropped_clusters[cluster.id] = None

    def members_of(self, cluster: Cluster) -> list[Micro]:
        shard = self.shards[(cluster.task_key, cluster.sub_key)]
        return [micro for micro in shard.table.micros if micro.cluster == cluster.id]

    def make_room(self, shard: Shard) -> bool:
        """Drops the stalest micro-clusters that no publication names, some at a time, once the shard is full; whether it
        is."""
        if len(shard.table) < self.parameters.max_micros:
            return False
        named = {name for published in self.published.values() for name in published.micros}
        free = [micro for micro in shard.table.micros if micro.id not in named]
        free.sort(key=lambda micro: (micro.last_ms, micro.born))
        gone = free[: max(1, self.parameters.max_micros // 64)]
        self._forget(gone, shard)
        left = {micro.cluster for micro in shard.table.micros}
        for name in dict.fromkeys(micro.cluster for micro in gone):
            if name not in left:
                self.drop_cluster(self.clusters[name])
        return True

    def _forget(self, gone: Sequence[Micro], shard: Shard) -> None:
        shard.table.remove(gone)
        for micro in gone:
            self.clusters[micro.cluster].size -= micro.count
            del self.micros[micro.id]
            self.dirty.micros.pop(micro.id, None)
            self.dirty.dropped_micros[micro.id] = None

    def mark_cluster(self, cluster: Cluster) -> None:
        self.dirty.dropped_clusters.pop(cluster.id, None)
        self.dirty.clusters[cluster.id] = None
