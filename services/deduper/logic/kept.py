"""Originals and members: calls that an exact repeat can name."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.bands import BandTable
from services.deduper.logic.column import Column
from services.deduper.logic.document import fingerprint_of
from services.deduper.logic.signatures import BandKeys

_FEW = 1024
"""So many forgotten calls may stay in the tables before these are packed; more if as many are still remembered."""


class Kept:
    """Found by fingerprint. Ids and entries stand in arrays, not in lists: the garbage collector would visit every one of a
    list's at each of its rounds."""

    def __init__(self) -> None:
        self._ids = Column(np.object_)
        self._entries = Column(np.object_)
        self._generations = Column(np.int32)
        self._table = BandTable(1)

    def __len__(self) -> int:
        return len(self._ids)

    def id_of(self, number: int) -> str:
        event_id: str = self._ids.values[number]
        return event_id

    def entry_of(self, number: int) -> bytes:
        entry: bytes = self._entries.values[number]
        return entry

    def entries(self, numbers: NDArray[np.int64]) -> list[bytes]:
        entries: list[bytes] = self._entries.values[numbers].tolist()
        return entries

    def find(self, fingerprints: Sequence[bytes], oldest: NDArray[np.int64]) -> dict[int, list[int]]:
        """For each place in ``fingerprints`` that has any: numbers of remembered calls with this fingerprint."""
        found: dict[int, list[int]] = {}
        numbers = self._table.newest(_keys_of(fingerprints)[:, 0])
        places = np.arange(len(fingerprints))
        generations = self._generations.values
        while True:
            alive = numbers >= 0
            places, numbers = places[alive], numbers[alive]
            alive = generations[numbers] >= oldest[places]
            places, numbers = places[alive], numbers[alive]
            if not len(places):
                return found
            for place, number in zip(places.tolist(), numbers.tolist(), strict=True):
                if fingerprint_of(self.entry_of(number)) == fingerprints[place]:
                    found.setdefault(place, []).append(number)
            numbers = self._table.older(numbers)

    def add(
        self, ids: Sequence[str], entries: Sequence[bytes], generations: Sequence[int], fingerprints: Sequence[bytes]
    ) -> None:
        self._ids.extend(ids)
        self._entries.extend(entries)
        self._generations.extend(generations)
        self._table.add(_keys_of(fingerprints))

    def forget_before(self, generation: int) -> int:
        """Packs the tables when it pays; how many calls went."""
        gone = int(np.searchsorted(self._generations.values, generation))
        if gone < _FEW or 2 * gone < len(self):
            return 0
        self._ids.drop(gone)
        self._entries.drop(gone)
        self._generations.drop(gone)
        self._table.forget(gone)
        return gone


def _keys_of(fingerprints: Sequence[bytes]) -> BandKeys:
    return np.frombuffer(b"".join(fingerprints), dtype=np.uint32).reshape(-1, 4)[:, :1]
