"""Which published cluster a request belongs to, before any model is called.

The router and the clusterer hold the same index over the same published matchers, so they agree by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.events.calls import Request
from shared.events.clusters import ClusterChanged, Matcher
from shared.tasks.boilerplate import Runs, from_weights
from shared.tasks.features import (
    DIMENSION,
    FEATURE_VERSION,
    WEIGHTS,
    Featuriser,
    RawFeatures,
    Vector,
    decode_weights,
    default_mean,
    encode_weights,
    project,
)
from shared.tasks.identity import sub_key

_OUTSIDE = -2.0
"""Below every similarity."""
Owner = tuple[str, int, int, int]
"""Cluster, version, epoch and row of a representative."""


class Match(NamedTuple):
    """A request inside the radius of a published representative."""

    cluster: str
    similarity: float
    version: int
    epoch: int
    representative: int = 0
    """Row of the matcher's vectors that is nearest."""


class OwnFeatures(NamedTuple):
    """A request beside the boilerplate of its shard, and its vector under the default mean and weights."""

    boilerplate: Runs
    vector: Vector


@dataclass(frozen=True, slots=True)
class _Space:
    """Representatives of one shard that share mean and weights: one product matches them all."""

    mean: Vector
    weights: Mapping[str, float]
    boilerplate: Runs
    vectors: Vector
    radii: NDArray[np.float32]
    owners: tuple[Owner, ...]
    is_default: bool
    """Mean and weights are those of :meth:`Featuriser.vector`, boilerplate apart."""


def _decode(data: bytes, columns: int) -> Vector:
    return np.frombuffer(data, dtype="<f2").astype(np.float32).reshape(-1, columns)


def _usable(event: ClusterChanged) -> Matcher | None:
    """The matcher, unless the cluster is gone or its features come from other code."""
    matcher = event.matcher
    if matcher is None or event.merged_into is not None or matcher.feature_version != FEATURE_VERSION:
        return None
    rows = len(matcher.radii)
    fits = matcher.dimension == DIMENSION and rows > 0 and len(matcher.vectors) == 2 * rows * DIMENSION
    return matcher if fits else None


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A usable matcher, taken apart once: its shard is put together again at every publication."""

    matcher: Matcher
    vectors: Vector
    weights: str
    """One spelling of equal weights."""
    radii: Vector
    owners: tuple[Owner, ...]


@cache
def _default() -> tuple[bytes, Mapping[str, float]]:
    return default_mean().astype("<f2").tobytes(), WEIGHTS


@lru_cache(maxsize=256)
def _of_spelling(weights: str) -> tuple[Runs, Mapping[str, float]]:
    return from_weights(decode_weights(weights))


def _spaces(decoded: Sequence[_Decoded]) -> tuple[_Space, ...]:
    groups: dict[tuple[bytes, str], list[_Decoded]] = {}
    for one in decoded:
        groups.setdefault((one.matcher.feature_mean, one.weights), []).append(one)
    spaces = []
    for (mean, spelling), members in sorted(groups.items(), key=lambda item: item[0]):
        boilerplate, weights = _of_spelling(spelling)
        spaces.append(
            _Space(
                mean=np.frombuffer(mean, dtype="<f2").astype(np.float32),
                weights=weights,
                boilerplate=boilerplate,
                vectors=np.concatenate([one.vectors for one in members]),
                radii=np.concatenate([one.radii for one in members]),
                owners=tuple(chain.from_iterable(one.owners for one in members)),
                is_default=(mean, weights) == _default(),
            )
        )
    return tuple(spaces)


def _spelling(weights: Mapping[str, float], other: _Decoded | None) -> str:
    """One spelling of equal weights, taken from ``other`` where it has the same: most of a shard have, and to compare is
    faster."""
    return other.weights if other is not None and other.matcher.idf == weights else encode_weights(weights)


class MatcherIndex:
    """Published matchers by task key and sub-key. ``update`` may run in another thread than ``match``: a shard is
    replaced whole, never changed."""

    def __init__(self, featuriser: Featuriser) -> None:
        self.featuriser = featuriser
        self._lock = Lock()
        self._decoded: dict[tuple[str, str], dict[str, _Decoded]] = {}
        self._shard_of: dict[str, tuple[str, str]] = {}
        self._shards: dict[tuple[str, str], tuple[_Space, ...]] = {}

    def __len__(self) -> int:
        """Clusters that can match."""
        return len(self._shard_of)

    def update(self, cluster_id: str, event: ClusterChanged | None) -> None:
        """Takes in the newest event of a cluster; ``None`` or an event without a matcher takes the cluster out."""
        with self._lock:
            old = self._shard_of.pop(cluster_id, None)
            if old is not None:
                del self._decoded[old][cluster_id]
            new = None
            matcher = _usable(event) if event is not None else None
            if event is not None and matcher is not None:
                new = (matcher.task_key, matcher.sub_key)
                self._shard_of[cluster_id] = new
                members = self._decoded.setdefault(new, {})
                members[cluster_id] = _Decoded(
                    matcher,
                    _decode(matcher.vectors, DIMENSION),
                    _spelling(matcher.idf, next(reversed(members.values()), None)),
                    np.array(matcher.radii, dtype=np.float32),
                    tuple((cluster_id, matcher.version, event.epoch, row) for row in range(len(matcher.radii))),
                )
            for shard in {old, new} - {None}:
                assert shard is not None
                self._rebuild(shard)

    def _rebuild(self, shard: tuple[str, str]) -> None:
        members = self._decoded.get(shard)
        if members:
            self._shards[shard] = _spaces([members[cluster] for cluster in sorted(members)])
        else:
            self._decoded.pop(shard, None)
            self._shards.pop(shard, None)

    def match(self, request: Request, task_key: str) -> Match | None:
        """The cluster of the nearest representative of the same task key and sub-key, if inside its radius."""
        shard = self._shards.get((task_key, sub_key(request)))
        if shard is None:
            return None
        return self._nearest(shard, self.featuriser.raw(request))

    def match_features(
        self, raw: RawFeatures, task_key: str, sub_key: str, own: OwnFeatures | None = None
    ) -> Match | None:
        """The same for features at hand. ``own``: them as the shard's newest matchers see them, if that is at hand too."""
        shard = self._shards.get((task_key, sub_key))
        return None if shard is None else self._nearest(shard, raw, own)

    def _nearest(self, shard: tuple[_Space, ...], raw: RawFeatures, own: OwnFeatures | None = None) -> Match | None:
        best: Match | None = None
        for space in shard:
            if own is not None and space.is_default and space.boilerplate == own.boilerplate:
                vector = own.vector
            else:
                vector = project(self.featuriser.without(raw, space.boilerplate), space.mean, space.weights)
            similarities = space.vectors @ vector
            index = int(similarities.argmax())
            if similarities[index] < space.radii[index]:  # one further off may reach further
                similarities[similarities < space.radii] = _OUTSIDE
                index = int(similarities.argmax())
            similarity = float(similarities[index])
            if similarity == _OUTSIDE or (best is not None and similarity <= best.similarity):
                continue
            cluster, version, epoch, row = space.owners[index]
            best = Match(cluster, similarity, version, epoch, row)
        return best
