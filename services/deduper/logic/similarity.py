"""The exact Jaccard of many pairs of word sets at once."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.words import Hashes, WordSets

_MANY_WORDS = 1024
"""From so many words to compare with, a call's pairs are looked through by the low halves of their hashes first."""
_AT_ONCE_WORDS = 1 << 18
_TABLE = 1 << 16
_HALF = np.uint64(32)

_Indexes = NDArray[np.int64]


class Others(NamedTuple):
    """The other sides of some pairs, as they are stored."""

    sizes: _Indexes
    """Words of each, none 0."""
    stored: Callable[[_Indexes], Sequence[bytes]]
    """Of the pairs of these indexes the sorted hashes, each behind a head."""
    head: int
    """Bytes before the hashes, a multiple of 4."""


class Judge:
    """Compares calls of a batch with originals, stored as sorted 32-bit word hashes."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._low_halves = np.zeros(_TABLE, dtype=np.bool_)

    def similarities(self, words: WordSets, calls: _Indexes, others: Others) -> NDArray[np.float64]:
        """Of every pair, in the order of ``calls`` (rising); 0 where it is below the threshold for certain."""
        similar = np.zeros(len(calls), dtype=np.float64)
        if not len(calls):
            return similar
        sizes = others.sizes
        starts = np.flatnonzero(np.diff(calls, prepend=-1))
        ends = np.append(starts[1:], len(calls))
        many = np.add.reduceat(sizes, starts) > _MANY_WORDS
        for first, after in zip(starts[many].tolist(), ends[many].tolist(), strict=True):
            query = words.of(int(calls[first]))
            for chunk in _chunks(np.arange(first, after), sizes[first:after]):
                fits = chunk[self._bounds(query, chunk, others) >= self._threshold]
                if len(fits):
                    similar[fits] = _exact(words, calls[fits], fits, others)
        few = np.flatnonzero(np.repeat(~many, ends - starts))
        for chunk in _chunks(few, sizes[few] + np.diff(words.starts)[calls[few]]):
            similar[chunk] = _exact(words, calls[chunk], chunk, others)
        return similar

    def _bounds(self, query: Hashes, pairs: _Indexes, others: Others) -> NDArray[np.float64]:
        """By the low halves of the hashes alone."""
        halves = query.view(np.uint16)[::2]
        self._low_halves[halves] = True
        hits = self._low_halves[np.frombuffer(b"".join(others.stored(pairs)), dtype=np.uint16)[::2]]
        self._low_halves[halves] = False
        return _jaccard(hits, np.full(len(pairs), len(query)), others.sizes[pairs], others.head)


def _exact(words: WordSets, calls: _Indexes, pairs: _Indexes, others: Others) -> NDArray[np.float64]:
    merged = np.frombuffer(b"".join(others.stored(pairs)), dtype=np.uint32)
    sizes = others.sizes[pairs]
    if calls[0] == calls[-1]:
        query = words.of(int(calls[0]))
        hits = query.take(query.searchsorted(merged), mode="clip") == merged
        return _jaccard(hits, np.full(len(sizes), len(query)), sizes, others.head)
    fresh = np.diff(calls, prepend=-1) != 0
    own = [words.of(call) for call in calls[fresh].tolist()]
    own_sizes = np.array([len(one) for one in own], dtype=np.int64)
    known = (np.repeat(np.arange(len(own), dtype=np.uint64), own_sizes) << _HALF) | np.concatenate(own)
    which = np.cumsum(fresh) - 1
    asked = np.repeat(which.astype(np.uint64) << _HALF, sizes + others.head // 4) | merged
    hits = known.take(known.searchsorted(asked), mode="clip") == asked
    return _jaccard(hits, own_sizes[which], sizes, others.head)


def _jaccard(hits: NDArray[np.bool_], left: _Indexes, right: _Indexes, head: int) -> NDArray[np.float64]:
    ends = np.cumsum(right + head // 4)
    borders = np.stack((ends - right, ends), axis=1).reshape(-1)[:-1]
    shared = np.add.reduceat(hits, borders, dtype=np.int64)[::2]  # between them stand the heads
    jaccard: NDArray[np.float64] = shared / (left + right - shared)
    return jaccard


def _chunks(pairs: _Indexes, words: _Indexes) -> Iterator[_Indexes]:
    """Cut so that no chunk has many more than ``_AT_ONCE_WORDS``, except where one pair has."""
    if not len(pairs):
        return
    piece = np.cumsum(words) // _AT_ONCE_WORDS
    yield from np.split(pairs, np.flatnonzero(np.diff(piece)) + 1)
