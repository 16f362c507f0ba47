"""Average linkage over groups, guided by what their answers called."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.clusterer.logic.parameters import Parameters

_NEVER = np.float32(-9.0)


@dataclass(slots=True)
class Group:
    """Micro-clusters that go together: the mean of their unit centroids, how many they are, and their answers' tools."""

    members: list[str]
    mean: NDArray[np.float32]
    tools: Counter[str]
    frozen: bool = False


def dominant_tool(tools: Counter[str], dominance: float) -> str | None:
    """The tool of at least that share of answers, ``None`` where none has it or most answers are text."""
    if not tools:
        return None
    tool, count = max(tools.items(), key=lambda item: (item[1], item[0]))
    return tool if tool and count >= dominance * tools.total() else None


def affinity(similarity: float, left: str | None, right: str | None, parameters: Parameters) -> float:
    """Similarity corrected by what answers say."""
    if left is None or right is None:
        return similarity
    return similarity + (parameters.same_tool_bonus if left == right else -parameters.other_tool_malus)


class _Matrix:
    """Affinities of all pairs with each row's best at hand."""

    def __init__(self, groups: list[Group], parameters: Parameters) -> None:
        self.groups = groups
        self._parameters = parameters
        self._means = np.stack([group.mean for group in groups])
        self._codes: dict[str | None, int] = {None: -1}
        self._labels = np.array([self._code(group) for group in groups])
        self._frozen = np.array([group.frozen for group in groups])
        self._alive = np.ones(len(groups), dtype=bool)
        self.values = self._all()
        self.best = self.values.argmax(axis=1)
        self.best_value = self.values[np.arange(len(groups)), self.best]

    def _code(self, group: Group) -> int:
        tool = dominant_tool(group.tools, self._parameters.dominance)
        return self._codes.setdefault(tool, len(self._codes))

    def _all(self) -> NDArray[np.float32]:
        """What :meth:`_row` is of each, while all are alive, from one product."""
        values = self._with_tools(self._means @ self._means.T, self._labels[:, None])
        values[self._frozen[:, None] & self._frozen] = _NEVER
        np.fill_diagonal(values, _NEVER)
        return values

    def _row(self, index: int) -> NDArray[np.float32]:
        row = self._with_tools(self._means @ self._means[index], self._labels[index])
        row[~self._alive] = _NEVER
        if self._frozen[index]:
            row[self._frozen] = _NEVER
        row[index] = _NEVER
        return row

    def _with_tools(self, similarities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
        """As :func:`affinity`, of groups with these labels and of all."""
        known = (labels >= 0) & (self._labels >= 0)
        bonus, malus = np.float32(self._parameters.same_tool_bonus), np.float32(self._parameters.other_tool_malus)
        corrected: NDArray[np.float32] = similarities + np.where(labels == self._labels, bonus, -malus) * known
        return corrected

    def join(self, keep: int, gone: int) -> None:
        left, right = self.groups[keep], self.groups[gone]
        total = len(left.members) + len(right.members)
        mean = (left.mean * len(left.members) + right.mean * len(right.members)) / np.float32(total)
        self.groups[keep] = Group(
            left.members + right.members, mean, left.tools + right.tools, left.frozen or right.frozen
        )
        self._means[keep] = mean
        self._labels[keep] = self._code(self.groups[keep])
        self._frozen[keep] = left.frozen or right.frozen
        self._alive[gone] = False
        self.values[gone, :] = _NEVER
        self.values[:, gone] = _NEVER
        self.best_value[gone] = _NEVER
        row = self._row(keep)
        self.values[keep, :] = row
        self.values[:, keep] = row
        stale = np.flatnonzero(self._alive & ((self.best == keep) | (self.best == gone) | (row > self.best_value)))
        for index in {*stale.tolist(), keep}:
            self.best[index] = self.values[index].argmax()
            self.best_value[index] = self.values[index, self.best[index]]


def merged(groups: list[Group], parameters: Parameters) -> list[Group]:
    """The groups after all merges at or above the cut, best pair first; of two frozen groups neither moves.

    Deterministic: equal affinities are settled by the order of ``groups``.
    """
    if len(groups) < 2:
        return groups
    matrix = _Matrix(list(groups), parameters)
    alive = set(range(len(groups)))
    while True:
        left = int(matrix.best_value.argmax())
        if matrix.best_value[left] < parameters.merge_cut:
            return [matrix.groups[index] for index in sorted(alive)]
        keep, gone = sorted((left, int(matrix.best[left])))
        matrix.join(keep, gone)
        alive.discard(gone)
