"""Task discovery: places each call, merges what belongs together, publishes what the router may match.

An incremental model with two verbs: :meth:`Discovery.place` takes one call and says where it belongs;
:meth:`Discovery.changes` gives what was published on the way. Everything derived is rebuilt from micro-clusters, clusters
and publications.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from services.clusterer.logic.cluster import TEXT, Cluster, ended, merged_away
from services.clusterer.logic.linkage import Group, affinity, dominant_tool, merged
from services.clusterer.logic.micro import Micro, cluster_id, micro_id
from services.clusterer.logic.model import Model
from services.clusterer.logic.recluster import recluster_due, reclustered
from services.clusterer.logic.shard import Shard, ShardKey
from shared.events.calls import Answer
from shared.events.vocabulary import ClusterState
from shared.tasks.features import FEATURE_VERSION, WEIGHTS, RawFeatures, Vector, default_mean, project
from shared.tasks.matcher import Match, OwnFeatures

NEAREST_TRIED = 8
"""Micro-clusters tried, nearest first, for one whose answers agree."""


class Call(NamedTuple):
    """What placing needs of a call."""

    event_id: str
    task_key: str
    sub_key: str
    tenant: str
    at_ms: int
    raw: RawFeatures
    called: str | None
    """Tools that the answer calls, empty for text, ``(text)`` where text tells the step, ``None`` where unknown."""
    offered: tuple[str, ...] = ()
    seen_ms: int = 0
    """Time of the log."""


class Placement(NamedTuple):
    """Where a call belongs. ``version`` 0: no published matcher holds it. ``epoch``: of the cluster as it was."""

    cluster: str
    micro: str
    similarity: float
    version: int
    epoch: int
    novel: bool = False
    """It is like nothing seen before: it opened a micro-cluster."""


@dataclass(slots=True)
class _Moves:
    """What one merge did: clusters touched, where each cluster's oldest micro-cluster went, and who changed epoch."""

    touched: dict[str, None] = field(default_factory=dict)
    heirs: dict[str, tuple[int, str]] = field(default_factory=dict)
    new_epoch: set[str] = field(default_factory=set)


def called_tools(answer: Answer | None, sub_key: str) -> str | None:
    """One key for the calls of an answer, whatever their order."""
    if answer is None:
        return None
    if answer.tool_calls:
        return "+".join(sorted({call.name for call in answer.tool_calls}))
    return TEXT if answer.content and sub_key.startswith("tool:") else ""


class Discovery(Model):
    """The model of one task, as it learns."""

    def place(self, call: Call) -> Placement:
        """Places a call and learns from it."""
        key = (call.task_key, call.sub_key)
        shard = self.shards.get(key)
        if shard is None:
            shard = Shard(merge_at=self.parameters.first_merge, offered=call.offered, reclustered_ms=call.at_ms)
            self.shards[key] = shard
        raw = self.index.featuriser.without(call.raw, shard.boilerplate)
        vector = project(raw, default_mean(), WEIGHTS)
        match = self.index.match_features(call.raw, *key, OwnFeatures(shard.boilerplate, vector))
        micro, similarity = self._learnt_by(call, vector, shard, match)
        if match is not None:
            placement = Placement(match.cluster, micro.id, match.similarity, match.version, match.epoch)
        else:
            epoch = self.clusters[micro.cluster].epoch
            placement = Placement(micro.cluster, micro.id, similarity, 0, epoch, novel=micro.count == 0)
        half_life_ms = self.parameters.half_life_ms
        micro.add(vector, call.event_id, similarity, call.at_ms, call.called, raw.words, raw.text, half_life_ms)
        shard.table.refresh(micro)
        self.clusters[micro.cluster].size += 1
        shard.records += 1
        shard.provisional += match is None
        shard.last_ms, shard.seen_ms = max(shard.last_ms, call.at_ms), max(shard.seen_ms, call.seen_ms)
        self.dirty.micros[micro.id] = None
        self.dirty.shards[key] = None
        self._learn_boilerplate(shard, raw, micro, call.at_ms)
        if shard.feature_version != FEATURE_VERSION:
            shard.feature_version = FEATURE_VERSION
            self._renew(shard, call.at_ms)
        self._reorganise(shard, key, call.at_ms)
        cluster = self.clusters[micro.cluster]
        if cluster.size >= cluster.publish_at:
            self.publish(cluster, call.at_ms)
        stays = match is not None and match.cluster in self.clusters
        return placement if stays else placement._replace(cluster=cluster.id, epoch=cluster.epoch)

    def _learn_boilerplate(self, shard: Shard, raw: RawFeatures, micro: Micro, at_ms: int) -> None:
        shard.sample.add(shard.records, raw.words, micro.id)
        found, drowned = shard.sample.taken(shard.records, shard.boilerplate)
        if not found:
            return
        shard.boilerplate |= found
        for name in drowned:
            if name in self.micros:
                self.micros[name].drowned = True
                self.dirty.micros[name] = None
        self._renew(shard, at_ms)

    def _renew(self, shard: Shard, at_ms: int) -> None:
        """All publications of a shard change at once: boilerplate and features are the same in all of them."""
        for name in dict.fromkeys(micro.cluster for micro in shard.table.micros):
            if self.clusters[name].version:
                self.publish(self.clusters[name], at_ms, surely=True)

    def _reorganise(self, shard: Shard, key: ShardKey, at_ms: int) -> None:
        if recluster_due(shard, self.parameters, at_ms):
            self.recluster(key, at_ms)
        elif shard.records >= shard.merge_at:
            shard.merge_at = shard.records + max(self.parameters.first_merge, shard.records // 2)
            self.merge(key, at_ms)

    def _learnt_by(self, call: Call, vector: Vector, shard: Shard, match: Match | None) -> tuple[Micro, float]:
        """The nearest micro-cluster within the leader's radius, else a new one: in the matched cluster, else in the nearest,
        else in a new one. Micro-clusters are narrower than what is published, so that a recluster can tell apart what one
        matcher holds."""
        closest = shard.table.nearest(vector, 1)
        nearest = self._nearest_micro(call, vector, shard, closest)
        if nearest is not None:
            return nearest
        if self.make_room(shard):
            closest = shard.table.nearest(vector, 1)
        self.born += 1
        cluster = None
        if match is not None:
            representative = self.micros[self.published[match.cluster].micros[match.representative]]
            if not self._too_far_for_other_tools(call, representative, match.similarity):
                cluster = self.clusters[match.cluster]
        cluster = cluster or self._nearest_cluster(call, vector, shard, closest)
        if cluster is None:
            cluster = Cluster(
                id=cluster_id(call.task_key, call.sub_key, call.event_id), task_key=call.task_key, sub_key=call.sub_key,
                tenant=call.tenant, born=self.born, publish_at=self.parameters.born_size,
            )  # fmt: skip
            self.clusters[cluster.id] = cluster
            self.mark_cluster(cluster)
        micro = Micro(
            id=micro_id(call.task_key, call.sub_key, call.event_id), cluster=cluster.id, task_key=call.task_key,
            sub_key=call.sub_key, born=self.born, sums=np.zeros_like(vector), first_event=call.event_id,
        )  # fmt: skip
        self.micros[micro.id] = micro
        shard.table.append(micro)
        return micro, 1.0

    def _nearest_micro(
        self, call: Call, vector: Vector, shard: Shard, closest: Sequence[tuple[Micro, float]]
    ) -> tuple[Micro, float] | None:
        """Nearest within the leader's radius; one whose answers call other tools must be nearer by the malus. ``closest`` is
        the nearest of all, if there is any: nearly always it will do, and it is found faster than several."""
        full = len(shard.table) >= self.parameters.max_micros
        least = self.parameters.full_leader if full else self.parameters.leader
        if not closest or closest[0][1] < least:
            return None
        if not self._too_far_for_other_tools(call, *closest[0]):
            return closest[0]
        for micro, similarity in shard.table.nearest(vector, NEAREST_TRIED):
            if similarity < least:
                return None
            if not self._too_far_for_other_tools(call, micro, similarity):
                return micro, similarity
        return None

    def _too_far_for_other_tools(self, call: Call, micro: Micro, similarity: float) -> bool:
        """The call's answer calls other tools than the micro-cluster's and the requests are not close: it is placed by what
        was published, but learnt apart, so that the next publication tells the two tasks apart."""
        tool = dominant_tool(micro.tools, self.parameters.dominance)
        differs = bool(tool and call.called and tool != call.called)
        return differs and similarity < self.parameters.other_tool_leader

    def _nearest_cluster(
        self, call: Call, vector: Vector, shard: Shard, closest: Sequence[tuple[Micro, float]]
    ) -> Cluster | None:
        if len(shard.table) > self.parameters.max_compared:
            ((micro, similarity),) = closest
            tool = dominant_tool(micro.tools, self.parameters.dominance)
            near = affinity(similarity, tool, call.called or None, self.parameters) >= self.parameters.radius
            return self.clusters[micro.cluster] if near else None
        groups = self._groups(shard, singles=False)
        best, best_value = None, self.parameters.merge_cut
        for group in groups:
            tool = dominant_tool(group.tools, self.parameters.dominance)
            value = affinity(float(group.mean @ vector), tool, call.called or None, self.parameters)
            if value >= best_value and (best is None or value > best_value):
                best, best_value = group, value
        return None if best is None else self.clusters[self.micros[best.members[0]].cluster]

    def _groups(self, shard: Shard, *, singles: bool) -> list[Group]:
        """Clusters of a shard as groups. ``singles``: micro-clusters of unpublished clusters stand alone, so that a merge
        may place them anew."""
        members: dict[str, list[int]] = {}
        for row, micro in enumerate(shard.table.micros):
            if micro.drowned:
                continue
            cluster = self.clusters[micro.cluster]
            alone = singles and cluster.version == 0 and not cluster.settled
            members.setdefault(micro.id if alone else micro.cluster, []).append(row)
        groups = []
        for rows in members.values():
            micros = [shard.table.micros[row] for row in rows]
            mean = np.add.reduce(shard.table.matrix[rows], axis=0) / np.float32(len(rows))
            group = Group([micro.id for micro in micros], mean, micros[0].tools.copy())
            for micro in micros[1:]:
                if micro.tools:
                    group.tools.update(micro.tools)
            cluster = self.clusters[micros[0].cluster]
            group.frozen = cluster.frozen or cluster.settled
            groups.append(group)
        return groups

    def recluster(self, key: ShardKey, at_ms: int) -> None:
        """Groups a shard anew. Ids are carried by overlap; what was split or merged is published under a new epoch."""
        self.retire(key, at_ms)
        shard = self.shards[key]
        outcome = reclustered(shard, self.clusters, self.parameters, self.sentences, at_ms)
        for cluster in outcome.born:
            self.clusters[cluster.id] = cluster
        for micro in shard.table.micros:
            self.dirty.micros[micro.id] = None
        shard.reorganised(at_ms, outcome.record)
        self._reclusters.append(outcome.record)
        self.dirty.shards[key] = None
        for cluster in (*outcome.born, *outcome.carried):
            self.mark_cluster(cluster)
            drifted = cluster.version > 0 and cluster.drift >= self.parameters.told_drift
            surely = cluster.id in outcome.new_epoch or drifted
            if surely or cluster.size >= cluster.publish_at:
                self.publish(cluster, at_ms, surely=surely)
        for cluster, heir in outcome.gone:
            self.end(cluster, merged_away(cluster, self.clusters[heir], at_ms))
        for cluster in outcome.broken:
            self.end(cluster, ended(cluster, ClusterState.SPLIT, at_ms))

    def merge(self, key: ShardKey, at_ms: int) -> None:
        """Average linkage over a shard. Frozen clusters keep their ids and may take others in."""
        shard = self.shards[key]
        groups = self._groups(shard, singles=True)
        if len(groups) > self.parameters.max_groups:
            weight = {id(group): sum(self.micros[member].count for member in group.members) for group in groups}
            groups = sorted(groups, key=lambda group: -weight[id(group)])[: self.parameters.max_groups]
        claimed: set[str] = set()
        moves = _Moves()
        for group in sorted(merged(groups, self.parameters), key=self._seniority):
            members = sorted((self.micros[member] for member in group.members), key=lambda micro: micro.born)
            survivor = self._survivor(members, claimed)
            claimed.add(survivor.id)
            self._gather(members, survivor, moves)
        for name in moves.touched:
            self._settle(name, moves, at_ms)

    def _seniority(self, group: Group) -> tuple[bool, bool, int]:
        """Published groups first, then those with the oldest micro-cluster: they keep their ids."""
        clusters = [self.clusters[self.micros[member].cluster] for member in group.members]
        oldest = min(self.micros[member].born for member in group.members)
        return (
            not any(cluster.frozen for cluster in clusters),
            not any(cluster.version for cluster in clusters),
            oldest,
        )

    def _survivor(self, members: list[Micro], claimed: set[str]) -> Cluster:
        """The cluster whose id a group carries: frozen, else published, else that of its oldest micro-cluster."""
        candidates = [self.clusters[micro.cluster] for micro in members if micro.cluster not in claimed]
        if candidates:
            return min(candidates, key=lambda cluster: (not cluster.frozen, cluster.version == 0, cluster.born))
        first = members[0]
        cluster = Cluster(
            id=cluster_id(first.task_key, first.sub_key, first.first_event), task_key=first.task_key, sub_key=first.sub_key,
            tenant=self.clusters[first.cluster].tenant, born=first.born, publish_at=self.parameters.born_size,
        )  # fmt: skip
        return self.clusters.setdefault(cluster.id, cluster)

    def _gather(self, members: list[Micro], survivor: Cluster, moves: "_Moves") -> None:
        for micro in members:
            if micro.cluster == survivor.id:
                continue
            left = self.clusters[micro.cluster]
            moves.touched |= {left.id: None, survivor.id: None}
            moves.heirs[left.id] = min(moves.heirs.get(left.id, (micro.born, survivor.id)), (micro.born, survivor.id))
            left.size -= micro.count
            survivor.size += micro.count
            survivor.families += [family for family in left.families if family not in survivor.families]
            if left.version and left.id not in survivor.parents:
                survivor.parents.append(left.id)
                survivor.epoch, survivor.state = max(survivor.epoch, left.epoch) + 1, ClusterState.BORN
                moves.new_epoch.add(survivor.id)
            micro.cluster = survivor.id
            self.dirty.micros[micro.id] = None

    def _settle(self, name: str, moves: "_Moves", at_ms: int) -> None:
        """After a merge: an emptied cluster is told as merged, one of a new epoch or size is published."""
        cluster = self.clusters[name]
        if self.members_of(cluster):
            self.mark_cluster(cluster)
            if name in moves.new_epoch or cluster.size >= cluster.publish_at:
                self.publish(cluster, at_ms, surely=name in moves.new_epoch)
            return
        self.end(cluster, merged_away(cluster, self.clusters[moves.heirs[name][1]], at_ms))
