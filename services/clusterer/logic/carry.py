"""Ids carried over a recluster: which new group is which old cluster."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def hungarian(cost: NDArray[np.float64]) -> list[int]:
    """A column for each row, no column twice, at the lowest total cost. Rows must not outnumber columns.

    Shortest augmenting paths with potentials: rows enter one by one, cubic time.
    """
    rows, columns = cost.shape
    assert rows <= columns, "turn the matrix over"
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    owner = np.zeros(columns + 1, dtype=np.int64)
    for row in range(1, rows + 1):
        owner[0] = row
        column = 0
        slack = np.full(columns + 1, np.inf)
        came_from = np.zeros(columns + 1, dtype=np.int64)
        used = np.zeros(columns + 1, dtype=bool)
        while owner[column] != 0:
            used[column] = True
            reduced = cost[owner[column] - 1] - row_price[owner[column]] - column_price[1:]
            nearer = ~used[1:] & (reduced < slack[1:])
            slack[1:][nearer] = reduced[nearer]
            came_from[1:][nearer] = column
            free = np.where(used, np.inf, slack)
            free[0] = np.inf
            column = int(free.argmin())
            step = free[column]
            row_price[owner[used]] += step
            column_price[used] -= step
            slack[~used] -= step
        while column:
            owner[column] = owner[came_from[column]]
            column = int(came_from[column])
    result = [-1] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            result[owner[column] - 1] = column - 1
    return result


def overlaps(
    before: Sequence[str | None], after: Sequence[int], counts: Sequence[int]
) -> tuple[dict[str, int], dict[int, int], dict[tuple[str, int], int]]:
    """Calls in each old cluster, in each new group, and in both."""
    old: dict[str, int] = {}
    new: dict[int, int] = {}
    both: dict[tuple[str, int], int] = {}
    for name, group, count in zip(before, after, counts, strict=True):
        new[group] = new.get(group, 0) + count
        if name is not None:
            old[name] = old.get(name, 0) + count
            both[name, group] = both.get((name, group), 0) + count
    return old, new, both


def carried(
    old: Mapping[str, int], new: Mapping[int, int], both: Mapping[tuple[str, int], int], least: float
) -> dict[int, tuple[str, float]]:
    """For each new group that continues an old cluster: its id and their Jaccard index, at least ``least``.

    Hungarian matching: the sum of the indices is the largest there is, and no id is carried twice.
    """
    names, groups = list(old), list(new)
    if not names or not groups:
        return {}
    index = np.zeros((len(groups), len(names)))
    for (name, group), shared in both.items():
        index[groups.index(group), names.index(name)] = shared / (old[name] + new[group] - shared)
    turned = len(groups) > len(names)
    pairs = enumerate(hungarian(-index.T if turned else -index))
    matched = [(column, row) if turned else (row, column) for row, column in pairs]
    return {
        groups[row]: (names[column], float(index[row, column]))
        for row, column in matched
        if index[row, column] >= least
    }
