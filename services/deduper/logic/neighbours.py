"""Of every call in a batch the nearest original, asked in stream order."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.candidates import Crowd, Inside, Outside
from services.deduper.logic.document import HEAD_BYTES
from services.deduper.logic.kept import Kept
from services.deduper.logic.originals import Originals, Signed
from services.deduper.logic.similarity import Judge, Others


class Ranked:
    """Pairs at or above the threshold, of a call the most similar first, the first of equals first."""

    def __init__(self, threshold: float, calls: NDArray[np.int64], similar: NDArray[np.float64]) -> None:
        reach = np.flatnonzero(similar >= threshold)
        order = reach[np.lexsort((-similar[reach], calls[reach]))]  # stable
        self._first = int(calls[order[0]]) if len(order) else 0
        last = int(calls[order[-1]]) if len(order) else -1
        self._bounds = np.searchsorted(calls[order], np.arange(self._first, last + 2)).tolist()
        self._pairs: list[int] = order.tolist()

    def of(self, call: int) -> Iterator[int]:
        place = call - self._first
        if 0 <= place < len(self._bounds) - 1:
            yield from self._pairs[self._bounds[place] : self._bounds[place + 1]]


class Neighbours:
    """Every call of the batch is asked for, in order, and said to be an original before the next if it is."""

    def __init__(self, kept: Kept, originals: Originals, judge: Judge, threshold: float, calls: Signed) -> None:
        self._calls, self._judge, self._threshold = calls, judge, threshold
        self._crowd = Crowd(calls)
        self._outside = outside = Outside(originals, calls, threshold, self._crowd)
        self._similar_outside = judge.similarities(
            calls.words,
            outside.calls,
            Others(outside.sizes, lambda pairs: kept.entries(outside.others[pairs]), HEAD_BYTES),
        )
        self._ranked_outside = Ranked(threshold, outside.calls, self._similar_outside)
        members = np.zeros(len(calls), dtype=np.bool_)
        members[outside.calls[outside.sure & (self._similar_outside >= threshold)]] = True
        self._inside = Inside(calls, threshold, self._crowd, members)
        self._asked = 0
        self._originals = np.zeros(len(calls), dtype=np.bool_)
        self._counted = self._crowd.crowded or not outside.sure.all()
        self._words = calls.words.flat.tobytes()
        self._bounds = (4 * calls.words.starts).tolist()

    def add(self, index: int) -> None:
        """This call of the batch is an original."""
        self._originals[index] = True
        if self._counted:
            self._crowd.add(index)

    def nearest(self, index: int) -> tuple[int | None, int, float] | None:
        """(number among the kept, or none and then the index in the batch; similarity). The oldest of equals."""
        if index >= self._asked:
            self._ask()
        near: tuple[int | None, int, float] | None = None
        outside, least = self._outside, self._threshold
        for pair in self._ranked_outside.of(index):
            if outside.sure[pair] or outside.seen(pair):
                least = float(self._similar_outside[pair])
                near = int(outside.others[pair]), -1, least
                break
        for pair in self._ranked_inside.of(index):
            similar = float(self._similar_inside[pair])
            if similar < least or (near and similar == least):
                break
            other = int(self._block.others[pair])
            if self._originals[other] and (self._block.sure[pair] or self._inside.seen(self._block, pair)):
                return None, other, similar
        return near

    def _ask(self) -> None:
        words, bounds = self._words, self._bounds
        self._block, self._asked = self._inside.block(self._originals)
        block = self._block
        self._similar_inside = self._judge.similarities(
            self._calls.words,
            block.calls,
            Others(
                block.sizes,
                lambda pairs: [words[bounds[n] : bounds[n + 1]] for n in block.others[pairs].tolist()],
                head=0,
            ),
        )
        self._ranked_inside = Ranked(self._threshold, block.calls, self._similar_inside)
