"""A recluster of one shard: new groups, old ids, lineage and drift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.clusterer.logic.carry import carried, overlaps
from services.clusterer.logic.cluster import Cluster
from services.clusterer.logic.linkage import dominant_tool
from services.clusterer.logic.micro import Micro, cluster_id, embedded
from services.clusterer.logic.parameters import Parameters
from services.clusterer.logic.regroup import Members, Regrouped, regroup
from services.clusterer.logic.shard import Shard
from shared.events.vocabulary import ClusterState
from shared.tasks.features import Embed

_LEAST_WEIGHT = 1e-3
LEAST_JACCARD = 0.3
"""Overlap from which a group continues an old cluster."""
MOVED_SHARE = 0.1
"""Share of calls lost to or taken from other published clusters from which a cluster was split or merged."""


@dataclass(slots=True)
class Outcome:
    """Clusters after a recluster. ``gone``: the emptied ones, each with the cluster that took most of its calls.
    ``broken``: published ones that came apart, no other cluster with most of their calls."""

    carried: list[Cluster] = field(default_factory=list)
    born: list[Cluster] = field(default_factory=list)
    gone: list[tuple[Cluster, str]] = field(default_factory=list)
    broken: list[Cluster] = field(default_factory=list)
    new_epoch: set[str] = field(default_factory=set)
    record: dict[str, Any] = field(default_factory=dict)
    """Of the recluster: ``at_ms``, ``start``, ``groups``, ``agreement`` with the cold control, ``drift`` (share of the
    calls placed by an earlier recluster that changed their cluster)."""


def recluster_due(shard: Shard, parameters: Parameters, at_ms: int) -> bool:
    """By event time where the shard has had enough calls since, where a published cluster needs splitting by its tools, or
    by what is new, counted in records."""
    since = shard.records - shard.reclustered_at
    if since < parameters.recluster_records:
        return False
    if at_ms - shard.reclustered_ms >= parameters.recluster_ms:
        return True
    if shard.impure:
        return True
    return shard.provisional >= max(parameters.novel_records, parameters.novel_share * since)


def reclustered(
    shard: Shard, clusters: Mapping[str, Cluster], parameters: Parameters, sentences: Embed | None, at_ms: int
) -> Outcome:
    """Moves the shard's micro-clusters to their new clusters and says what became of the old ones."""
    micros = shard.table.micros
    if not micros:
        return Outcome()
    before = [micro.cluster for micro in micros]
    settled = {name for name in before if clusters[name].settled}
    labels, regrouped = _groups(shard, clusters, parameters, sentences, at_ms)
    old, new, both = overlaps(before, labels, [micro.count for micro in micros])
    ids = carried(old, new, both, LEAST_JACCARD)
    outcome = Outcome()
    targets: dict[int, Cluster] = {}
    for group in new:
        members = [micro for micro, label in zip(micros, labels, strict=True) if label == group]
        if group in ids:
            name, jaccard = ids[group]
            targets[group] = clusters[name]
            clusters[name].drift = 1.0 - jaccard
            outcome.carried.append(clusters[name])
        else:
            targets[group] = _born(members, clusters, parameters)
            outcome.born.append(targets[group])
        targets[group].size = new[group]
        targets[group].settled = True
    _lineage(outcome, targets, old, both, clusters)
    for micro, label in zip(micros, labels, strict=True):
        micro.cluster = targets[label].id
    kept = {cluster.id for cluster in outcome.carried}
    for name in old:
        if name not in kept:
            heir = max((group for at, group in both if at == name), key=lambda group: (both[name, group], -group))
            if clusters[name].version and 2 * both[name, heir] <= old[name]:
                outcome.broken.append(clusters[name])
            else:
                outcome.gone.append((clusters[name], targets[heir].id))
    kept_calls = sum(both[name, group] for group, (name, _) in ids.items() if name in settled)
    placed = sum(old[name] for name in settled)
    outcome.record = {
        "at_ms": at_ms, "start": regrouped.start, "groups": len(new), "agreement": regrouped.agreement,
        "drift": 1.0 - kept_calls / placed if placed else 0.0,
    }  # fmt: skip
    return outcome


def _groups(
    shard: Shard, clusters: Mapping[str, Cluster], parameters: Parameters, sentences: Embed | None, at_ms: int
) -> tuple[list[int], Regrouped]:
    """A group for each micro-cluster. The heaviest are grouped, the others go with the nearest of them; what was drowned
    in boilerplate stays where it is, apart."""
    micros, matrix = shard.table.micros, shard.table.matrix
    drowned = [row for row, micro in enumerate(micros) if micro.drowned]
    if len(drowned) == len(micros):
        drowned = []
    weights = [max(micro.weight_at(at_ms, parameters.half_life_ms), _LEAST_WEIGHT) for micro in micros]
    ranked = sorted(range(len(micros)), key=lambda row: (-weights[row], micros[row].born))
    rows = sorted([row for row in ranked if row not in set(drowned)][: parameters.max_regrouped])
    chosen = [micros[row] for row in rows]
    members = Members(
        centroids=matrix[rows],
        sentences=None if sentences is None else np.stack(embedded(chosen, sentences)),
        tools=[dominant_tool(micro.tools, parameters.dominance) for micro in chosen],
        counts=np.array([weights[row] for row in rows], dtype=np.float32),
    )
    firm = [clusters[micro.cluster].settled for micro in chosen]
    before = [micro.cluster if is_firm else None for micro, is_firm in zip(chosen, firm, strict=True)]
    regrouped = regroup(members, parameters.regroup, before if any(firm) else None)
    grouped = regrouped.labels.tolist()
    labels = dict(zip(rows, grouped, strict=True))
    apart = {name: len(micros) + place for place, name in enumerate(micros[row].cluster for row in drowned)}
    labels |= {row: apart[micros[row].cluster] for row in drowned}
    others = [row for row in range(len(micros)) if row not in labels]
    if others:
        nearest = (matrix[others] @ matrix[rows].T).argmax(axis=1).tolist()
        labels |= {row: grouped[index] for row, index in zip(others, nearest, strict=True)}
    return [labels[row] for row in range(len(micros))], regrouped


def _born(members: Sequence[Micro], clusters: Mapping[str, Cluster], parameters: Parameters) -> Cluster:
    """A cluster named for its oldest call; a name that another one carries is never given twice."""
    first = min(members, key=lambda micro: micro.born)
    name = cluster_id(first.task_key, first.sub_key, first.first_event)
    while name in clusters:
        name = cluster_id(first.task_key, first.sub_key, name)
    return Cluster(
        id=name, task_key=first.task_key, sub_key=first.sub_key, tenant=clusters[first.cluster].tenant,
        born=first.born, publish_at=parameters.born_size,
    )  # fmt: skip


def _lineage(
    outcome: Outcome, targets: Mapping[int, Cluster], old: Mapping[str, int], both: Mapping[tuple[str, int], int],
    clusters: Mapping[str, Cluster],
) -> None:  # fmt: skip
    """Parents, and a new epoch for published clusters that were split or merged: evidence on the old ones is void."""
    epochs = {name: clusters[name].epoch for name in old}
    for group, cluster in targets.items():
        came = {name: shared for (name, at), shared in both.items() if at == group and name != cluster.id}
        parents = [
            name for name, shared in came.items()
            if clusters[name].version and shared >= MOVED_SHARE * min(cluster.size, old[name])
        ]  # fmt: skip
        cluster.parents += [name for name in parents if name not in cluster.parents]
        raised = max([epochs.get(cluster.id, 0), *(epochs[name] for name in parents)]) + 1
        if cluster.id not in old:
            cluster.epoch = raised
            heaviest = max(came, key=lambda name: (came[name], name))
            cluster.families = list(clusters[heaviest].families)
            continue
        lost = old[cluster.id] - both[cluster.id, group]
        taken = sum(came[name] for name in parents)
        if cluster.version and (lost >= MOVED_SHARE * old[cluster.id] or taken >= MOVED_SHARE * cluster.size):
            split = lost >= MOVED_SHARE * old[cluster.id]
            cluster.epoch, cluster.state = raised, ClusterState.SPLIT if split else ClusterState.BORN
            cluster.frozen = False
            outcome.new_epoch.add(cluster.id)
