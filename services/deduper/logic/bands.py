"""A flat table from keys to numbered documents, each key's documents newest first.

Every document has the same count of keys, one entry each: entry ``number * keys + place``. An open-addressing table holds
the newest entry of a key, and every entry the next older one of the same key: about 16 and 4 bytes an entry.
Documents are forgotten oldest first, all up to a number at once; their entries stay until the next :meth:`forget`, so a
reader checks what it finds. What is found never depends on the size of the table or on when it was rebuilt.
"""

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.column import Column

Entries = NDArray[np.int64]
Keys = NDArray[np.uint32]
_Cells = NDArray[np.uint64]
"""The spread key in the high half, one more than its newest entry in the low; 0 for an empty cell. One look tells both."""

_SPREAD = np.uint32(0x9E3779B1)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_FULL = 0.72
_ROOM = 2.4
_CELLS_AT_FIRST = 1024
_AT_ONCE = 1 << 16
_REACH = np.arange(1, 9)
"""Cells behind one that are looked at in one step."""


class BandTable:
    """At most 2**31 entries."""

    def __init__(self, keys_per_document: int) -> None:
        self.width = keys_per_document
        self._older = Column(np.int32)
        self._cells: _Cells = np.zeros(_CELLS_AT_FIRST, dtype=np.uint64)
        self._used = 0

    def __len__(self) -> int:
        return len(self._older) // self.width

    def newest(self, keys: Keys) -> Entries:
        """The newest entry of each key, -1 for none."""
        return _entries(self._cells[self._places(keys * _SPREAD)])

    def older(self, entries: Entries) -> Entries:
        """The next older entry of the same key, -1 for none."""
        return self._older.values[entries].astype(np.int64)

    def add(self, keys: Keys) -> None:
        """Appends one document a row."""
        flat = keys.reshape(-1) * _SPREAD
        first, count = len(self._older), len(flat)
        if not count:
            return
        if self._used + count > _FULL * len(self._cells):
            self._rebuild(self._cells[self._cells != 0], room_for=count)
        ranked = np.sort((flat.astype(np.uint64) << _HALF) | np.arange(count, dtype=np.uint64))
        places = (ranked & _LOW).astype(np.int64)
        ordered = (ranked >> _HALF).astype(np.uint32)
        starts = np.empty(count, dtype=np.bool_)
        starts[0] = True
        np.not_equal(ordered[1:], ordered[:-1], out=starts[1:])
        cells = self._places(ordered[starts])
        older = np.empty(count, dtype=np.int64)
        older[1:] = places[:-1] + first
        older[starts] = _entries(self._cells[cells])
        self._used += int((older[starts] < 0).sum())
        linked = np.empty(count, dtype=np.int64)
        linked[places] = older
        self._older.extend(linked)
        last = np.append(starts[1:], True)
        self._write(ranked[last] + np.uint64(first + 1), cells)

    def forget(self, documents: int) -> None:
        """Drops the oldest ``documents``; all later ones are numbered from 0 again."""
        gone = documents * self.width
        self._older.drop(gone)
        self._older.values[:] = np.maximum(self._older.values - gone, -1)
        cells = self._cells[(self._cells & _LOW) > gone]
        self._rebuild(cells - np.uint64(gone), room_for=0)

    def _places(self, spread: Keys) -> NDArray[np.int64]:
        """The cell of each spread key: its own, or the empty one in which it would stand."""
        size = len(self._cells)
        places = _homes(spread, size)
        cells = self._cells[places]
        pending = np.flatnonzero((cells != 0) & (cells >> _HALF != spread))
        while len(pending):
            behind = places[pending, None] + _REACH
            behind[behind >= size] -= size
            cells = self._cells[behind]
            settled = (cells == 0) | (cells >> _HALF == spread[pending, None])
            rows, first = np.arange(len(pending)), settled.argmax(axis=1)
            found = settled[rows, first]
            places[pending] = behind[rows, np.where(found, first, len(_REACH) - 1)]
            pending = pending[~found]
        return places

    def _write(self, cells: _Cells, places: NDArray[np.int64]) -> None:
        """Writes cells of distinct keys. Of several that want one empty place the last has it, the others move on."""
        while True:
            self._cells[places] = cells
            cells = cells[self._cells[places] != cells]
            if not len(cells):
                return
            places = self._places((cells >> _HALF).astype(np.uint32))

    def _rebuild(self, cells: _Cells, room_for: int) -> None:
        """A table of these cells, with room to grow. In the order of their homes each stands in its home or right behind
        the one before it, so nothing is searched; what would stand behind the end is written the usual way."""
        cells.sort()
        size = max(_CELLS_AT_FIRST, int(_ROOM * (len(cells) + room_for)))
        self._used = len(cells)
        self._cells = np.zeros(size, dtype=np.uint64)
        behind = 0
        for first in range(0, len(cells), _AT_ONCE):
            block = cells[first : first + _AT_ONCE]
            rank = np.arange(len(block), dtype=np.int64)
            free = _homes((block >> _HALF).astype(np.uint32), size) - rank
            free[0] = max(int(free[0]), behind)
            places = np.maximum.accumulate(free) + rank
            behind = int(places[-1]) + 1
            inside = int(np.searchsorted(places, size))
            self._cells[places[:inside]] = block[:inside]
            if inside < len(block):
                over = cells[first + inside :]
                self._write(over, self._places((over >> _HALF).astype(np.uint32)))
                return


def _homes(spread: Keys, size: int) -> NDArray[np.int64]:
    """Where each key would stand in an empty table: rising with the spread key."""
    return ((spread.astype(np.uint64) * np.uint64(size)) >> _HALF).astype(np.int64)


def _entries(cells: _Cells) -> Entries:
    return (cells & _LOW).astype(np.int64) - 1
