"""A recluster's partition: micro-clusters to groups, the number of groups found.

Neighbours are averaged first: single exemplars of a task lie apart in any small embedding, but share neighbours, so that
one cut fits narrow and wide domains alike. A micro-cluster of many calls is such an average already and stays where it
is. Average linkage at that cut over-clusters; groups too light to be a task give their members to the others; spherical
k-means, weighted by calls and started from what is left (and from the groups of the last recluster, which is what keeps
ids), settles who goes where. Deterministic: the same input in the same order gives the same groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from services.clusterer.logic.agreement import Labels, adjusted_rand, separation
from services.clusterer.logic.purity import split_by_tool
from shared.tasks.features import EMBEDDING_DIMENSION, Vector

_EPSILON = np.float32(1e-9)
MUCH_STRUCTURE = 0.3
"""Mean share of structure in the vectors of a shard: verbs and tools on offer stay below it, given keys above."""
KEYS_SHOWN = 0.4
"""The same of one vector."""


@dataclass(frozen=True, slots=True)
class RegroupParameters:
    """Measured on public intents (all of them and subsets of 4 to 30) and on generated tool calls."""

    sentence_share: float = 0.8
    """Share of the sentence model in a vector's squared length, where exemplars have been embedded."""
    tool_share: float = 0.45
    """Share of the tool that answers call, where they call one."""
    many_tasks: float = 0.24
    """Mean similarity of two calls of a shard up to which it surely holds many tasks (77 of one bank: 0.22)."""
    one_task: float = 0.36
    """The same from which it may be one task (single intents: 0.32 to 0.67)."""
    neighbours: int = 8
    neighbour_share: float = 0.55
    """How far a micro-cluster of few calls moves to the mean of its neighbours."""
    moves: int = 2
    """How often: what has moved to its neighbours has other ones, nearer to what both are about."""
    own_calls: float = 20.0
    """Calls up to which it does; beyond, it moves the less the more it has: it is a mean already, and may be a whole
    task, whose neighbours are other tasks."""
    given_neighbours: int = 2
    given_own_calls: float = 1.0
    given_moves: int = 1
    """The same where argument keys are given beside the texts: two calls of nearly the same words and keys are a wording
    of their function already, and its neighbours are other functions as often as other wordings. More would also make
    the groups of a stream fall apart as it grows, or those of a short one run together."""
    given_most: float = 0.9
    """Most that keys weigh: the text always has a say."""
    cut: float = 0.7
    """Average similarity, after averaging, from which two groups are one, in a shard of many tasks or of a narrow domain:
    there groups lie close together."""
    few_cut: float = 0.33
    """The same in a shard of few tasks that have little in common, where a higher cut would take wordings apart."""
    first_cut: float = 0.45
    """The same for a first look at how many tasks there may be."""
    tasks_for_cut: float = 100.0
    """So many make :attr:`cut` right."""
    wide: float = 0.16
    """Mean similarity of two sentences of a shard up to which its domain is wide (ten intents of one assistant: 0.09 to
    0.16)."""
    narrow: float = 0.22
    """The same from which :attr:`cut` is right for any number of tasks (intents of one bank: 0.20 to 0.29)."""
    given_cut: float = 0.65
    """The same where argument keys are given beside the texts: such vectors lie closer together."""
    given_floor: float = 0.1
    floor: float = 0.15
    """Groups lighter than this share of a typical call's group are no task of their own."""
    rounds: int = 15
    home_margin: float = 0.1
    """How much nearer another group must be to take a micro-cluster from the one it was in: ids stay."""
    new_below: float = 0.6
    """A group of a warm start is new where no older centre is as near as this."""
    given_new_below: float = 0.9
    """The same where argument keys are given beside the texts."""
    same_above: float = 0.92
    """Two older groups are merged where their centres are as near as this and the cold partition joins them."""
    cold_gain: float = 0.05
    """How much better the cold control must set its groups apart to be taken in place of the warm start: ids are worth
    something. Only between partitions of two groups or more: one group sets nothing apart."""
    cold_growth: float = 1.3
    """How many times the groups of the warm start the control must find to be taken for that: tasks have come to a shard
    that had few, and the groups of then are too wide for them."""
    least_calls: float = 20.0
    """Calls from which a tool gets a part of a group that is split by its tools."""


@dataclass(frozen=True, slots=True)
class Members:
    """Micro-clusters of one shard, row by row."""

    centroids: Vector
    sentences: Vector | None
    """Sentence vectors of exemplars; ``None``: not available."""
    tools: Sequence[str | None]
    """The tool that most answers call; ``None``: unknown or text."""
    counts: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Regrouped:
    """A group for each row, numbered by first row. ``start``: ``first`` where there was nothing to start from, ``warm``
    from the groups before, ``cold`` where the control was taken in their place."""

    labels: Labels
    start: str = "first"
    agreement: float = 1.0
    """Adjusted Rand index, over calls, of the warm groups and the cold control."""


def regroup(members: Members, parameters: RegroupParameters, before: Sequence[str | None] | None = None) -> Regrouped:
    """``before`` starts it warm: the groups of the last recluster, ``None`` for rows that had none. A cold start runs
    beside it as a control: the linkage is shared, so that it costs only its own rounds of k-means."""
    if len(members.counts) < 2:
        return Regrouped(np.zeros(len(members.counts), dtype=np.int64))
    shown = float((members.centroids[:, EMBEDDING_DIMENSION:] ** 2).sum(axis=1).mean())
    much = shown >= MUCH_STRUCTURE
    own_calls = parameters.given_own_calls if much else parameters.own_calls
    neighbours = parameters.given_neighbours if much else parameters.neighbours
    space = _space(members, parameters)
    for _ in range(parameters.given_moves if much else parameters.moves):
        space = smoothed(space, members.counts, neighbours, own_calls, parameters.neighbour_share)
    tree = _Linkage(space)
    cold = tree.groups(parameters.given_cut if much else _cut(tree, members, parameters))
    floor = parameters.given_floor if much else parameters.floor
    seeds = _heavy_centres(space, cold, members.counts, floor)
    nowhere = np.full(len(space), -1, dtype=np.int64)
    control = _settled(space, members.counts, seeds, nowhere, parameters)
    chosen, start, agreement = control, "first", 1.0
    if before is not None:
        new_below = parameters.given_new_below if much else parameters.new_below
        warm_seeds, homes = _warm_seeds(space, cold, seeds, members.counts, before, parameters, floor, new_below)
        warm = _settled(space, members.counts, warm_seeds, homes, parameters)
        agreement = adjusted_rand(warm, control, members.counts)
        better = _gain(space, members.counts, control, warm) >= parameters.cold_gain
        finer = len(np.unique(control)) >= parameters.cold_growth * len(np.unique(warm))
        chosen, start = (control, "cold") if better or finer else (warm, "warm")
    pure = split_by_tool(chosen, members.tools, members.counts, space, parameters.least_calls)
    return Regrouped(_renumbered(pure), start, agreement)


def _gain(space: Vector, counts: NDArray[np.float32], control: Labels, warm: Labels) -> float:
    """How much better the control sets its groups apart; nothing where one of the two has no two groups."""
    values = []
    for labels in (_renumbered(control), _renumbered(warm)):
        groups = int(labels.max()) + 1
        if groups < 2:
            return 0.0
        values.append(separation(space, labels, counts, _centres(space, labels, counts, groups)))
    return values[0] - values[1]


def unit(rows: Vector) -> Vector:
    result: Vector = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _EPSILON)
    return result


def _centred(rows: Vector, counts: NDArray[np.float32], parameters: RegroupParameters) -> Vector:
    """What all requests of many tasks have in common tells none apart, and is taken out. What they share because they are
    one task must stay, or noise alone would be left: the larger the shared part, the less of it is taken."""
    mean = _mean(rows, counts)
    many, one = parameters.many_tasks, parameters.one_task
    taken = np.float32(min(1.0, max(0.0, (one - float(mean @ mean)) / (one - many))))
    return unit(rows - taken * mean)


def _mean(rows: Vector, counts: NDArray[np.float32]) -> Vector:
    mean: Vector = (rows * counts[:, None]).sum(axis=0) / counts.sum()
    return mean


def _key_share(structure: Vector, parameters: RegroupParameters) -> Vector:
    """Share of given keys in a row. One key is taken by many functions, three or four together by hardly a second one, so
    they weigh the more the more there are: of ``n``, n² to 1. Nothing where none are given."""
    squares = structure**2
    shown = squares.sum(axis=1, keepdims=True)
    # How many tokens bear the block: tools on offer, each weighing little, do not count.
    number = shown**2 / np.maximum((squares**2).sum(axis=1, keepdims=True), _EPSILON)
    share = np.minimum(number**2 / (number**2 + 1.0), parameters.given_most)
    result: Vector = np.where(shown >= KEYS_SHOWN, share, 0.0).astype(np.float32)
    return result


def _space(members: Members, parameters: RegroupParameters) -> Vector:
    text = _centred(members.centroids, members.counts, parameters)
    words, structure = unit(text[:, :EMBEDDING_DIMENSION]), text[:, EMBEDDING_DIMENSION:]
    shown = (structure**2).sum(axis=1, keepdims=True)
    kept = shown
    if members.sentences is not None:
        # The sentence model stands for the text alone. Verbs (less than a sixth of a vector) are in the sentence already
        # and keep a third of their share.
        share = np.float32(parameters.sentence_share)
        sentences = _centred(members.sentences, members.counts, parameters)
        words = np.concatenate([np.sqrt(share) * sentences, np.sqrt(1 - share) * words], axis=1)
        kept = np.minimum(2.0 * shown**2, 1.0)
    kept = np.maximum(kept, _key_share(members.centroids[:, EMBEDDING_DIMENSION:], parameters))
    text = unit(np.concatenate([np.sqrt(1 - kept) * words, np.sqrt(kept) * unit(structure)], axis=1))
    codes = {tool: code for code, tool in enumerate(dict.fromkeys(tool for tool in members.tools if tool))}
    if not codes:
        return text
    called = np.zeros((len(text), len(codes)), dtype=np.float32)
    for row, tool in enumerate(members.tools):
        if tool:
            called[row, codes[tool]] = 1.0
    share = np.float32(parameters.tool_share)
    return unit(np.concatenate([np.sqrt(1 - share) * text, np.sqrt(share) * called], axis=1))


def smoothed(
    rows: Vector, counts: NDArray[np.float32], neighbours: int, own_calls: float, neighbour_share: float
) -> Vector:
    """Each row moved to the mean of its nearest rows, weighted by similarity and, damped, by calls; rows of more than
    ``own_calls`` calls less."""
    # Among few rows the nearest are not of the same task.
    count = min(neighbours, len(rows) // 4)
    if count < 1:
        return rows
    similarities = rows @ rows.T
    np.fill_diagonal(similarities, -1.0)
    nearest = np.argpartition(similarities, -count, axis=1)[:, -count:]
    weights = np.maximum(np.take_along_axis(similarities, nearest, axis=1), 0.0) ** 2 * np.sqrt(counts[nearest])
    means = np.stack([weights[row] @ rows[nearest[row]] for row in range(len(rows))])
    firmness = np.maximum(counts / np.float32(own_calls), np.float32(1.0))
    share = (np.float32(neighbour_share) / firmness)[:, None]
    return unit((1 - share) * rows + share * unit(means))


class _Linkage:
    """Average linkage of all rows, to be cut more than once."""

    def __init__(self, space: Vector) -> None:
        distances = np.maximum(1.0 - space @ space.T, 0.0)
        np.fill_diagonal(distances, 0.0)
        self._merges = linkage(squareform(distances, checks=False), "average")

    def groups(self, cut: float) -> Labels:
        """Numbered from 0: rows whose groups are at least that similar in the mean."""
        labels: Labels = fcluster(self._merges, 1.0 - cut, "distance").astype(np.int64) - 1
        return labels


def _cut(tree: _Linkage, members: Members, parameters: RegroupParameters) -> float:
    """Similarities are not the same everywhere: among many tasks, and among those of one narrow domain, any two lie closer
    together. How many there are is asked of a first cut: as many equal ones as hold what its groups tell (the exponential
    of their entropy), so that a tail of strays counts little."""
    if members.sentences is None:
        return parameters.cut
    shares = np.bincount(tree.groups(parameters.first_cut), weights=members.counts) / members.counts.sum()
    tasks = float(np.exp(-(shares * np.log(shares)).sum()))
    mean = _mean(members.sentences, members.counts)
    narrowness = (float(mean @ mean) - parameters.wide) / (parameters.narrow - parameters.wide)
    return parameters.few_cut + (parameters.cut - parameters.few_cut) * min(
        1.0, max(0.0, narrowness, tasks / parameters.tasks_for_cut)
    )


def _centres(space: Vector, labels: Labels, counts: NDArray[np.float32], groups: int) -> Vector:
    sums = np.zeros((groups, space.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, space * counts[:, None])
    return unit(sums)


def _heavy_centres(space: Vector, labels: Labels, counts: NDArray[np.float32], floor: float) -> Vector:
    weights = np.bincount(labels, weights=counts)
    typical = float((weights**2).sum() / weights.sum())
    return _centres(space, labels, counts, len(weights))[weights >= floor * typical]


def _warm_seeds(
    space: Vector, cold: Labels, seeds: Vector, counts: NDArray[np.float32], before: Sequence[str | None],
    parameters: RegroupParameters, floor: float, new_below: float,
) -> tuple[Vector, Labels]:  # fmt: skip
    """Centres of the older groups where they are now, those that have become one joined, and the cold ones far from all;
    and for each row the older group that it comes from, -1 for none."""
    names = list(dict.fromkeys(name for name in before if name is not None))
    rows = np.array([row for row, name in enumerate(before) if name is not None], dtype=np.int64)
    came_from = np.full(len(space), -1, dtype=np.int64)
    if not names:
        return seeds, came_from
    codes = {name: code for code, name in enumerate(names)}
    labels = np.array([codes[name] for name in before if name is not None], dtype=np.int64)
    weights = np.bincount(labels, weights=counts[rows])
    older = _centres(space[rows], labels, counts[rows], len(names))
    homes = [
        np.bincount(cold[rows[labels == code]], weights=counts[rows[labels == code]]).argmax()
        for code in range(len(names))
    ]
    typical = float((weights**2).sum() / weights.sum())
    kept: list[int] = []
    for code in np.argsort(-weights, kind="stable").tolist():
        joined = any(
            homes[code] == homes[other] and older[code] @ older[other] >= parameters.same_above for other in kept
        )
        if not joined and weights[code] >= floor * typical:
            kept.append(code)
    columns = np.full(len(names), -1, dtype=np.int64)
    columns[sorted(kept)] = np.arange(len(kept))
    came_from[rows] = columns[labels]
    older = older[sorted(kept)]
    fresh = seeds[(seeds @ older.T).max(axis=1) < new_below] if len(seeds) else seeds
    return np.concatenate([older, fresh]), came_from


def _settled(
    space: Vector, counts: NDArray[np.float32], centres: Vector, homes: Labels, parameters: RegroupParameters
) -> Labels:
    """Rounds of k-means. A row leaves the older group that it comes from only for one nearer by a margin."""
    at_home = np.flatnonzero(homes >= 0)

    def nearest(to: Vector) -> Labels:
        similarities = space @ to.T
        similarities[at_home, homes[at_home]] += np.float32(parameters.home_margin)
        found: Labels = similarities.argmax(axis=1)
        return found

    labels = nearest(centres)
    for _ in range(parameters.rounds):
        after = nearest(_centres(space, labels, counts, len(centres)))
        if (after == labels).all():
            break
        labels = after
    return labels


def _renumbered(labels: Labels) -> Labels:
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels.tolist()], dtype=np.int64)
