"""How alike two partitions of the same calls are, and how well one partition sets its groups apart."""

import numpy as np
from numpy.typing import NDArray

from shared.tasks.features import Vector

Labels = NDArray[np.int64]


def adjusted_rand(left: Labels, right: Labels, counts: NDArray[np.float32]) -> float:
    """Adjusted Rand index of two partitions, each row standing for ``counts`` calls. 1 for equal ones, about 0 by chance."""
    table = np.zeros((int(left.max()) + 1, int(right.max()) + 1))
    np.add.at(table, (left, right), np.maximum(np.rint(counts), 1.0))

    def pairs(sizes: NDArray[np.float64]) -> float:
        return float((sizes * (sizes - 1.0) / 2.0).sum())

    both, in_left, in_right = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    total = pairs(table.sum())
    by_chance = in_left * in_right / total if total else 0.0
    most = (in_left + in_right) / 2.0
    return 1.0 if most == by_chance else (both - by_chance) / (most - by_chance)


def separation(space: Vector, labels: Labels, counts: NDArray[np.float32], centres: Vector) -> float:
    """Mean over calls of how much nearer the own centre is than the nearest other one. At least two centres."""
    similarities = space @ centres.T
    rows = np.arange(len(space))
    own = similarities[rows, labels].copy()
    similarities[rows, labels] = -np.inf
    return float(((own - similarities.max(axis=1)) * counts).sum() / counts.sum())
