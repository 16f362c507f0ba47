"""The signatures of calls, and the originals of the window as columns over them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.bands import BandTable
from services.deduper.logic.column import Column
from services.deduper.logic.outlines import WORDS, Outlines, folded, outlines
from services.deduper.logic.signatures import BANDS, BandKeys, band_keys
from services.deduper.logic.words import WordSets

_Indexes = NDArray[np.int64]


class Signed(NamedTuple):
    """The signatures of some calls, a row each."""

    words: WordSets
    keys: BandKeys
    salts: NDArray[np.uint64]
    sizes: _Indexes
    outlines: Outlines
    folded: NDArray[np.uint64]
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
    born = np.array(generations, dtype=np.int64)
    since = born if oldest is None else np.array(oldest, dtype=np.int64)
    drawn = outlines(words)
    return Signed(words, band_keys(words, salted), salted, np.diff(words.starts), drawn, folded(drawn), born, since)


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
        self.folded = Column(np.uint64)

    def add(self, calls: Signed, rows: _Indexes, numbers: _Indexes) -> None:
        """``rows`` of ``calls``, each with its number among the kept."""
        self.table.add(calls.keys[rows])
        self.numbers.extend(numbers)
        self.generations.extend(calls.generations[rows])
        self.sizes.extend(calls.sizes[rows])
        self.salts.extend(calls.salts[rows])
        self.outlines.extend(calls.outlines[rows])
        self.folded.extend(calls.folded[rows])

    def first_since(self, generations: _Indexes) -> _Indexes:
        """Of each generation the first original that is not older."""
        if not len(self.generations) or self.generations.values[0] >= generations.max(initial=0):
            return np.zeros(len(generations), dtype=np.int64)
        return np.searchsorted(self.generations.values, generations).astype(np.int64)

    def forget_before(self, generation: int, kept_gone: int) -> None:
        """Packs the tables after ``kept_gone`` of the kept calls went, all of generations before ``generation``."""
        if not kept_gone:
            return
        gone = int(np.searchsorted(self.generations.values, generation))
        for column in (self.numbers, self.generations, self.sizes, self.salts, self.outlines, self.folded):
            column.drop(gone)
        self.numbers.values[:] -= kept_gone
        self.table.forget(gone)
