"""A cluster's identity and what is published of it."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.clusterer.logic.linkage import dominant_tool
from services.clusterer.logic.micro import Micro
from services.clusterer.logic.parameters import Parameters
from shared.events.clusters import ClusterChanged, Matcher
from shared.events.vocabulary import ClusterState
from shared.tasks.boilerplate import Runs, as_weights
from shared.tasks.features import DIMENSION, FEATURE_VERSION, WEIGHTS, Vector, default_mean
from shared.tasks.verbs import CANONICAL

MAX_LABEL_CHARS = 40
LABEL_DOMINANCE = 0.5
"""Share of answers that must call a tool for the cluster to be named after it."""
TEXT = "(text)"
"""Stands for an answer without calls where that says which step of a tool loop it is."""

_FILLER_TEXT = """
a an the to of for from in on at by with and or but is are was were be been am i me my mine we us our you your it its this
that these those do does did can could would will shall should may might have has had please hi hello hey thanks thank ok
just so if then than as there here about into out up down some any i'd i'm i've i'll what which who how when where why need
want like no not
"""
_FILLER = frozenset(_FILLER_TEXT.split())


@dataclass(slots=True)
class Cluster:
    """What the clusterer knows of a cluster beside its micro-clusters."""

    id: str
    task_key: str
    sub_key: str
    tenant: str
    born: int
    epoch: int = 1
    state: ClusterState = ClusterState.BORN
    """How it came to its epoch: ``split`` where it lost members to others, else ``born``."""
    version: int = 0
    """Publications so far; 0 while provisional."""
    frozen: bool = False
    settled: bool = False
    """A recluster has placed it: only another one splits or merges it."""
    drift: float = 0.0
    """1 - Jaccard index of its calls before and after the last recluster."""
    publish_at: int = 0
    """Size at which it is published next."""
    size: int = 0
    """Calls counted; derived from the micro-clusters."""
    parents: list[str] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    """The first families: below a number of them the split is by episode."""

    def encode(self) -> dict[str, Any]:
        return {
            "task_key": self.task_key, "sub_key": self.sub_key, "tenant": self.tenant, "born": self.born,
            "epoch": self.epoch, "version": self.version, "frozen": self.frozen, "publish_at": self.publish_at,
            "settled": self.settled, "drift": self.drift, "state": str(self.state),
            "parents": list(self.parents), "families": list(self.families),
        }  # fmt: skip

    @classmethod
    def decode(cls, cluster: str, data: dict[str, Any]) -> "Cluster":
        lists = {name: list(data[name]) for name in ("families", "parents")}
        return cls(id=cluster, **{**data, **lists, "state": ClusterState(data.get("state", ClusterState.BORN))})


@dataclass(frozen=True, slots=True)
class Published:
    """Representatives as last published: micro-clusters in the order of the matcher's rows, and their vectors."""

    micros: tuple[str, ...]
    vectors: bytes
    label: str
    verbs: tuple[str, ...]
    tools: tuple[str, ...]
    exemplars: tuple[str, ...]
    radius: float
    at_ms: int
    size: int

    def encode(self) -> dict[str, Any]:
        return {
            "micros": list(self.micros), "vectors": base64.b64encode(self.vectors).decode(), "label": self.label,
            "verbs": list(self.verbs), "tools": list(self.tools), "exemplars": list(self.exemplars),
            "radius": self.radius, "at_ms": self.at_ms, "size": self.size,
        }  # fmt: skip

    @classmethod
    def decode(cls, data: dict[str, Any]) -> "Published":
        lists = {name: tuple(data[name]) for name in ("micros", "verbs", "tools", "exemplars")}
        return cls(**{**data, **lists, "vectors": base64.b64decode(data["vectors"])})


def changed(cluster: Cluster, published: Published, boilerplate: Runs) -> ClusterChanged:
    """The event that tells the world. ``boilerplate``: of its shard."""
    matcher = Matcher(
        version=cluster.version,
        task_key=cluster.task_key,
        sub_key=cluster.sub_key,
        dimension=DIMENSION,
        vectors=published.vectors,
        radii=(published.radius,) * len(published.micros),
        feature_mean=default_mean().astype("<f2").tobytes(),
        idf={**WEIGHTS, **as_weights(boilerplate)},
        feature_version=FEATURE_VERSION,
    )
    return ClusterChanged(
        cluster=cluster.id,
        task_key=cluster.task_key,
        tenant=cluster.tenant,
        state=cluster.state,
        label=published.label,
        verbs=published.verbs,
        tools=published.tools,
        exemplars=published.exemplars,
        parents=tuple(cluster.parents),
        epoch=cluster.epoch,
        drift=cluster.drift,
        size=published.size,
        matcher=matcher,
        changed_at_ms=published.at_ms,
    )


def merged_away(cluster: Cluster, into: Cluster, at_ms: int) -> ClusterChanged:
    """The event that tells where a merged cluster went: a record, never a tombstone."""
    return ClusterChanged(
        cluster=cluster.id,
        task_key=cluster.task_key,
        tenant=cluster.tenant,
        state=ClusterState.MERGED,
        label="",
        merged_into=into.id,
        epoch=cluster.epoch + 1,
        size=cluster.size,
        changed_at_ms=at_ms,
    )


def ended(cluster: Cluster, state: ClusterState, at_ms: int) -> ClusterChanged:
    """The event that tells the end of a cluster that no single other one continues: ``split`` into several, each with it
    among its parents, or ``retired``."""
    return ClusterChanged(
        cluster=cluster.id,
        task_key=cluster.task_key,
        tenant=cluster.tenant,
        state=state,
        label="",
        epoch=cluster.epoch + 1,
        size=cluster.size,
        changed_at_ms=at_ms,
    )


def publication(
    cluster: Cluster,
    members: Sequence[Micro],
    tools: tuple[str, ...],
    before: Published | None,
    parameters: Parameters,
    at_ms: int,
) -> Published:
    """What is published next. A frozen cluster keeps its representatives as they were published and only gains some."""
    weights = {micro.id: micro.weight_at(at_ms, parameters.half_life_ms) for micro in members}
    ranked = sorted(members, key=lambda micro: (-weights[micro.id], micro.born))
    chosen = _representatives(ranked, parameters.representatives)
    vectors = _vectors(chosen)
    if cluster.frozen and before is not None:
        new = [micro for micro in chosen if micro.id not in before.micros][
            : parameters.representatives - len(before.micros)
        ]
        chosen_ids = (*before.micros, *(micro.id for micro in new))
        vectors = before.vectors + _vectors(new)
    else:
        chosen_ids = tuple(micro.id for micro in chosen)
    words: Counter[str] = Counter()
    called: Counter[str] = Counter()
    for micro in members:
        words.update(micro.words)
        called.update(micro.tools)
    return Published(
        micros=chosen_ids,
        vectors=vectors,
        label=label_of(called, words, cluster.sub_key),
        verbs=tuple([word for word in _ranked(words) if word in CANONICAL][:5]),
        tools=tools,
        exemplars=tuple(micro.exemplar for micro in ranked[:3] if micro.exemplar),
        radius=parameters.pure_radius if dominant_tool(called, parameters.purity) else parameters.radius,
        at_ms=at_ms,
        size=cluster.size,
    )


def _representatives(ranked: Sequence[Micro], limit: int) -> list[Micro]:
    """The heaviest micro-clusters, which come first; single calls only where there are few."""
    if len(ranked) > 8:
        ranked = [micro for index, micro in enumerate(ranked) if micro.count > 1 or index < 8]
    return sorted(ranked[:limit], key=lambda micro: micro.born)


def _vectors(micros: Sequence[Micro]) -> bytes:
    if not micros:
        return b""
    stacked: Vector = np.stack([micro.centroid for micro in micros])
    return stacked.astype("<f2").tobytes()


def _ranked(words: Counter[str]) -> list[str]:
    return sorted(words, key=lambda word: (-words[word], word))


def label_of(tools: Counter[str], words: Counter[str], sub_key: str) -> str:
    """A readable name: the tool that answers call, else the verb and noun that requests use most."""
    tool = dominant_tool(tools, LABEL_DOMINANCE)
    if tool and tool != TEXT:
        return slug(tool)
    if tool == TEXT:
        return slug(f"answer after {sub_key.partition(':')[2]}")
    ranked = [word for word in _ranked(words) if word not in _FILLER]
    verb = next((CANONICAL[word] for word in ranked if word in CANONICAL), "")
    noun = next((word for word in ranked if word not in CANONICAL), "")
    return slug(f"{verb} {noun}") or "task"


def slug(text: str) -> str:
    """Lower-case words joined by dashes, as model names want it."""
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in text.lower())
    return "-".join(part for part in plain.split("-") if part)[:MAX_LABEL_CHARS].rstrip("-")
