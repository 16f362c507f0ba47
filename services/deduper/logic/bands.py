"""A flat table from keys to numbered documents, each key's documents newest first.

Every document has the same count of keys, one entry each: entry ``number * keys + place``. An open-addressing table holds
the newest entry of a key, and every entry the next older one of the same key: 8 bytes an entry and about 8 for the table.
Documents are forgotten oldest first, all up to a number at once; their entries stay until the next :meth:`forget`, so a
reader checks what it finds. What is found never depends on the size of the table or on when it was rebuilt.
"""

import numpy as np
from numpy.typing import NDArray

Entries = NDArray[np.int64]
Keys = NDArray[np.uint32]

_SPREAD = np.uint32(0x9E3779B1)
_FULL = 0.66
_GROWTH = 1.25
_CELLS_AT_FIRST = 1024
_AT_ONCE = 1 << 16


class BandTable:
    """At most 2**31 entries."""

    def __init__(self, keys_per_document: int) -> None:
        self.width = keys_per_document
        self._entries = 0
        self._cells = np.full(_CELLS_AT_FIRST, -1, dtype=np.int32)
        self._used = 0
        self._keys: Keys = np.zeros(1, dtype=np.uint32)
        self._older: NDArray[np.int32] = np.full(1, -1, dtype=np.int32)

    def __len__(self) -> int:
        return self._entries // self.width

    def newest(self, keys: Keys) -> Entries:
        """The newest entry of each key, -1 for none."""
        return self._cells[self._places(keys)].astype(np.int64)

    def older(self, entries: Entries) -> Entries:
        """The next older entry of the same key, -1 for none."""
        return self._older[entries].astype(np.int64)

    def add(self, keys: Keys) -> None:
        """Appends one document a row."""
        flat = keys.reshape(-1)
        first, count = self._entries, len(flat)
        if not count:
            return
        self._make_room(first + count)
        self._keys[first : first + count] = flat
        self._entries += count
        if self._used + count > _FULL * len(self._cells):
            self._rebuild_cells(first)
        ranked = np.sort((flat.astype(np.uint64) << np.uint64(32)) | np.arange(count, dtype=np.uint64))
        ordered = (ranked >> np.uint64(32)).astype(np.uint32)
        entries = (ranked & np.uint64(0xFFFFFFFF)).astype(np.int64) + first
        starts = np.empty(count, dtype=np.bool_)
        starts[0] = True
        np.not_equal(ordered[1:], ordered[:-1], out=starts[1:])
        older = np.empty(count, dtype=np.int64)
        older[1:] = entries[:-1]
        places = self._places(ordered[starts])
        older[starts] = self._cells[places]
        self._older[entries] = older
        last = np.append(starts[1:], True)
        self._used += int((older[starts] < 0).sum())
        self._write(entries[last], ordered[last], places)

    def forget(self, documents: int) -> None:
        """Drops the oldest ``documents``; all later ones are numbered from 0 again."""
        gone = documents * self.width
        self._keys = np.append(self._keys[gone : self._entries], np.uint32(0))
        self._older = np.append(np.maximum(self._older[gone : self._entries] - gone, -1), np.int32(-1)).astype(np.int32)
        self._entries -= gone
        self._rebuild_cells(self._entries)

    def _places(self, keys: Keys) -> NDArray[np.int64]:
        """The cell of each key: its own, or the empty one in which it would stand."""
        size = len(self._cells)
        places = (((keys * _SPREAD).astype(np.uint64) * np.uint64(size)) >> np.uint64(32)).astype(np.int64)
        found = self._cells[places]
        pending = np.flatnonzero((found >= 0) & (self._keys[found] != keys))
        while len(pending):
            moved = places[pending] + 1
            moved[moved == size] = 0
            places[pending] = moved
            found = self._cells[moved]
            pending = pending[(found >= 0) & (self._keys[found] != keys[pending])]
        return places

    def _write(self, entries: Entries, keys: Keys, places: NDArray[np.int64]) -> None:
        """Makes ``entries``, in rising order within a key, the newest of their keys. Of several that want one empty cell
        the last has it and the others move on; as all entries of a key want the same cell, it has the last of its key."""
        while True:
            self._cells[places] = entries
            lost = np.flatnonzero(self._keys[self._cells[places]] != keys)
            if not len(lost):
                return
            entries, keys = entries[lost], keys[lost]
            places = self._places(keys)

    def _make_room(self, entries: int) -> None:
        if entries > len(self._keys):
            size = max(entries, int(len(self._keys) * _GROWTH)) + 1
            keys = np.zeros(size, dtype=np.uint32)
            keys[: self._entries] = self._keys[: self._entries]
            older = np.full(size, -1, dtype=np.int32)
            older[: self._entries] = self._older[: self._entries]
            self._keys, self._older = keys, older

    def _rebuild_cells(self, entries: int) -> None:
        """A table for the first ``entries``, with room to grow."""
        wanted = 2 * (min(self._used, entries) + self._entries - entries)
        self._cells = np.full(max(_CELLS_AT_FIRST, wanted), -1, dtype=np.int32)
        for first in range(0, entries, _AT_ONCE):
            block = np.arange(first, min(first + _AT_ONCE, entries), dtype=np.int64)
            keys = self._keys[block]
            self._write(block, keys, self._places(keys))
        self._used = int((self._cells >= 0).sum())
