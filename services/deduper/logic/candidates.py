"""Originals that share a band with a call and may reach the threshold: those to be judged exactly."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.bands import BandTable
from services.deduper.logic.column import Column
from services.deduper.logic.outlines import WORDS, Outlines, bound, outlines
from services.deduper.logic.signatures import BANDS, BandKeys, band_keys
from services.deduper.logic.words import WordSets

NEWEST = 64
"""Originals looked at per band, the newest; bounds the work on very repetitive traffic."""

_AT_ONCE = 64
"""Rows of a batch compared with all before them at once, so that the products stay in the processor's cache."""

_Indexes = NDArray[np.int64]


class Signed(NamedTuple):
    """The signatures of some calls, a row each."""

    words: WordSets
    keys: BandKeys
    salts: NDArray[np.uint64]
    sizes: _Indexes
    outlines: Outlines
    generations: _Indexes
    oldest: _Indexes
    """The oldest generation that each call still sees."""

    def __len__(self) -> int:
        return len(self.salts)


def signed(
    words: WordSets, salts: Sequence[int], generations: Sequence[int], oldest: Sequence[int] | None = None
) -> Signed:
    """``oldest`` is not needed of calls that only stand to be found."""
    salted = np.array(salts, dtype=np.uint64)
    since = np.array(generations if oldest is None else oldest, dtype=np.int64)
    sizes = np.diff(words.starts)
    return Signed(
        words, band_keys(words, salted), salted, sizes, outlines(words), np.array(generations, dtype=np.int64), since
    )


class Originals:
    """The originals of the window, found by band."""

    def __init__(self) -> None:
        self.table = BandTable(BANDS)
        self.numbers = Column(np.int32)
        """Of each original its number among the kept calls."""
        self.generations = Column(np.int32)
        self.sizes = Column(np.int32)
        self.salts = Column(np.uint64)
        self.outlines = Column(np.uint64, WORDS)

    def add(self, calls: Signed, rows: _Indexes, numbers: _Indexes) -> None:
        """``rows`` of ``calls``, each with its number among the kept."""
        self.table.add(calls.keys[rows])
        self.numbers.extend(numbers)
        self.generations.extend(calls.generations[rows])
        self.sizes.extend(calls.sizes[rows])
        self.salts.extend(calls.salts[rows])
        self.outlines.extend(calls.outlines[rows])

    def forget_before(self, generation: int, kept_gone: int) -> None:
        """Packs the tables after ``kept_gone`` of the kept calls went, all of generations before ``generation``."""
        if not kept_gone:
            return
        gone = int(np.searchsorted(self.generations.values, generation))
        for column in (self.numbers, self.generations, self.sizes, self.salts, self.outlines):
            column.drop(gone)
        self.numbers.values[:] -= kept_gone
        self.table.forget(gone)


class Candidates:
    """Of every call in a batch the originals to judge: those of the window, found for all calls at once, and those of the
    batch itself, known only as the verdicts are given."""

    def __init__(self, originals: Originals, calls: Signed, threshold: float) -> None:
        self._calls = calls
        self._threshold = threshold
        self._walk(originals)
        self._possible = self._look_inside()
        self._rows = np.empty(len(calls), dtype=np.int64)
        self._count = 0

    def _walk(self, originals: Originals) -> None:
        """(call, band, how many newer ones of this band, original) of the window, where it may reach the threshold."""
        calls, threshold = self._calls, self._threshold
        generations = originals.generations.values
        which, bands = np.divmod(np.arange(calls.keys.size), BANDS)
        entries = originals.table.newest(calls.keys.reshape(-1))
        entries[np.repeat(calls.sizes == 0, BANDS)] = -1
        found: list[tuple[NDArray[np.integer], ...]] = []
        for newer in range(NEWEST):
            alive = np.flatnonzero(entries >= 0)
            which, bands, entries = which[alive], bands[alive], entries[alive]
            numbers = entries // BANDS
            alive = np.flatnonzero(generations[numbers] >= calls.oldest[which])
            which, bands, entries, numbers = which[alive], bands[alive], entries[alive], numbers[alive]
            if not len(which):
                break
            similar = bound(
                calls.outlines[which],
                calls.sizes[which],
                originals.outlines.values[numbers],
                originals.sizes.values[numbers],
            )
            fits = np.flatnonzero((similar >= threshold) & (originals.salts.values[numbers] == calls.salts[which]))
            found.append((which[fits], bands[fits], np.full(len(fits), newer), originals.numbers.values[numbers[fits]]))
            entries = originals.table.older(entries)
        if not found:
            self._bounds = [0] * (len(calls) + 1)
            return
        which, bands, newer_ones, numbers = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(which, kind="stable")
        self._bounds = np.searchsorted(which[order], np.arange(len(calls) + 1)).tolist()
        self._bands, self._newer, self._numbers = bands[order], newer_ones[order], numbers[order]

    def _look_inside(self) -> dict[int, list[int]]:
        """Of each call the earlier ones of the batch that share any key with others and may reach the threshold."""
        calls = self._calls
        ordered = np.sort(calls.keys[calls.sizes > 0].reshape(-1))
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(twice):
            return {}
        found = twice.take(twice.searchsorted(calls.keys), mode="clip") == calls.keys
        rows = np.flatnonzero(found.any(axis=1) & (calls.sizes > 0))
        outline, sizes, salts = calls.outlines[rows], calls.sizes[rows], calls.salts[rows]
        possible: dict[int, list[int]] = {}
        for first in range(0, len(rows), _AT_ONCE):
            end = min(first + _AT_ONCE, len(rows))
            similar = bound(outline[first:end, None], sizes[first:end, None], outline[None, :end], sizes[None, :end])
            fits = (similar >= self._threshold) & (salts[first:end, None] == salts[None, :end])
            later, earlier = np.nonzero(np.tril(fits, first - 1))
            for row, other in zip(rows[first + later].tolist(), rows[earlier].tolist(), strict=True):
                possible.setdefault(row, []).append(other)
        return possible

    def add(self, index: int) -> None:
        """This call of the batch is an original."""
        self._rows[self._count] = index
        self._count += 1

    def of(self, index: int, oldest: int) -> tuple[list[int], list[int]]:
        """Numbers among the kept, and indexes within the batch, each in stream order."""
        start, end = self._bounds[index], self._bounds[index + 1]
        possible = self._possible.get(index)
        if start == end and not possible:
            return [], []
        calls = self._calls
        rows = self._rows[: self._count]
        rows = rows[calls.generations[rows] >= oldest]
        same = calls.keys[rows] == calls.keys[index]
        outside: list[int] = []
        if start != end:
            newer = self._newer[start:end] + same.sum(axis=0)[self._bands[start:end]]
            outside = sorted(set(self._numbers[start:end][newer < NEWEST].tolist()))
        if not possible:
            return outside, []
        if len(rows) > NEWEST:
            same &= np.cumsum(same[::-1], axis=0)[::-1] <= NEWEST
        near = set(rows[same.any(axis=1)].tolist())
        return outside, [other for other in possible if other in near]
