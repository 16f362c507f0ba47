"""Originals that share a band with a call: those to be judged exactly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.bands import BandTable
from services.deduper.logic.column import Column
from services.deduper.logic.signatures import BANDS, BandKeys
from services.deduper.logic.verdicts import Call

NEWEST = 64
"""Originals looked at per band, the newest; bounds the work on very repetitive traffic."""


class Originals:
    """The originals of the window, found by band."""

    def __init__(self) -> None:
        self.table = BandTable(BANDS)
        self.numbers = Column(np.int32)
        """Of each original its number among the kept calls."""
        self.generations = Column(np.int32)
        self.sizes = Column(np.int32)
        self.salts = Column(np.uint64)

    def add(
        self, keys: BandKeys, numbers: Sequence[int], generations: Sequence[int],
        sizes: Sequence[int] | NDArray[np.int64], salts: NDArray[np.uint64],
    ) -> None:  # fmt: skip
        self.table.add(keys)
        self.numbers.extend(numbers)
        self.generations.extend(generations)
        self.sizes.extend(sizes)
        self.salts.extend(salts)

    def forget_before(self, generation: int, kept_gone: int) -> None:
        """Packs the tables after ``kept_gone`` of the kept calls went, all of generations before ``generation``."""
        if not kept_gone:
            return
        gone = int(np.searchsorted(self.generations.values, generation))
        for column in (self.numbers, self.generations, self.sizes, self.salts):
            column.drop(gone)
        self.numbers.values[:] -= kept_gone
        self.table.forget(gone)


class Candidates:
    """Of every call in a batch, the originals to judge: those of the window, found for all at once, and those of the
    batch itself, known only as the verdicts are given."""

    def __init__(
        self, originals: Originals, keys: BandKeys, salts: NDArray[np.uint64], sizes: NDArray[np.int64],
        oldest: NDArray[np.int64], threshold: float,
    ) -> None:  # fmt: skip
        self._keys = keys
        self._salts: list[int] = salts.tolist()
        self._sizes: list[int] = sizes.tolist()
        self._threshold = threshold
        self._walk(originals, salts, sizes, oldest)
        self._shared = self._shared_keys(sizes)
        self._here: dict[int, list[int]] = {}

    def _walk(
        self, originals: Originals, salts: NDArray[np.uint64], sizes: NDArray[np.int64], oldest: NDArray[np.int64]
    ) -> None:
        """(call, band, how many newer ones of this band, original) of the window, of the same task and a size that may
        reach the threshold."""
        generations = originals.generations.values
        calls, bands = np.divmod(np.arange(self._keys.size), BANDS)
        entries = originals.table.newest(self._keys.reshape(-1))
        found: list[tuple[NDArray[np.int64], ...]] = []
        wordless = sizes == 0
        entries[np.repeat(wordless, BANDS)] = -1
        for newer in range(NEWEST):
            alive = np.flatnonzero(entries >= 0)
            calls, bands, entries = calls[alive], bands[alive], entries[alive]
            numbers = entries // BANDS
            alive = np.flatnonzero(generations[numbers] >= oldest[calls])
            calls, bands, entries, numbers = calls[alive], bands[alive], entries[alive], numbers[alive]
            if not len(calls):
                break
            found.append((calls, bands, np.full(len(calls), newer), numbers))
            entries = originals.table.older(entries)
        if not found:
            self._bounds = [0] * (len(sizes) + 1)
            return
        calls, bands, newer_ones, numbers = (np.concatenate(column) for column in zip(*found, strict=True))
        other = originals.sizes.values[numbers]
        small, large = np.minimum(other, sizes[calls]), np.maximum(other, sizes[calls])
        fits = np.flatnonzero((small / large >= self._threshold) & (originals.salts.values[numbers] == salts[calls]))
        fits = fits[np.argsort(calls[fits], kind="stable")]
        self._bounds = np.searchsorted(calls[fits], np.arange(len(sizes) + 1)).tolist()
        self._bands, self._newer, self._numbers = bands[fits], newer_ones[fits], originals.numbers.values[numbers[fits]]

    def _shared_keys(self, sizes: NDArray[np.int64]) -> dict[int, list[tuple[int, int]]]:
        """Of each call the (band, key) that another call of the batch has too."""
        flat = self._keys[sizes > 0].reshape(-1)
        ordered = np.sort(flat)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        shared: dict[int, list[tuple[int, int]]] = {}
        if not len(twice):
            return shared
        places = np.searchsorted(twice, self._keys)
        places[places == len(twice)] = 0
        calls, bands = np.nonzero((twice[places] == self._keys) & (sizes > 0)[:, None])
        keys = self._keys[calls, bands].tolist()
        for call, band, key in zip(calls.tolist(), bands.tolist(), keys, strict=True):
            shared.setdefault(call, []).append((band, key))
        return shared

    def add(self, index: int) -> None:
        """This call of the batch is an original."""
        for _, key in self._shared.get(index, ()):
            self._here.setdefault(key, []).append(index)

    def of(self, index: int, oldest: int, calls: Sequence[Call], fresh: Sequence[int]) -> tuple[list[int], list[int]]:
        """Numbers among the kept, and indexes within the batch, each in stream order."""
        inside: set[int] = set()
        newer = np.zeros(BANDS, dtype=np.int64)
        for band, key in self._shared.get(index, ()):
            known = self._here.get(key)
            if known:
                alive = [other for other in known[-NEWEST:] if calls[fresh[other]].generation >= oldest]
                newer[band] = len(alive)
                inside.update(alive)
        start, end = self._bounds[index], self._bounds[index + 1]
        if start == end:
            return [], self._fitting(index, inside)
        numbers = self._numbers[start:end]
        if inside:
            numbers = numbers[self._newer[start:end] + newer[self._bands[start:end]] < NEWEST]
        return sorted(set(numbers.tolist())), self._fitting(index, inside)

    def _fitting(self, index: int, inside: set[int]) -> list[int]:
        """Those of the same task and a size that may reach the threshold."""
        if not inside:
            return []
        sizes, salts = self._sizes, self._salts
        size, salt = sizes[index], salts[index]
        return sorted(
            other
            for other in inside
            if salts[other] == salt and min(size, sizes[other]) / max(size, sizes[other]) >= self._threshold
        )
