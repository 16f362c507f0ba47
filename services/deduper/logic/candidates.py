"""Pairs of a call and an original that share a band and may reach the threshold: those to be judged exactly.

Per band the newest originals are looked at, counted at the call's turn; how many of its own batch are among them is known
only as the verdicts are given. What holds however these fall is found for the whole batch; the rest is asked in turn.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.originals import Originals, Signed
from services.deduper.logic.outlines import allowed, differing, differing_folded
from services.deduper.logic.signatures import BANDS

NEWEST = 64
"""Originals looked at per band, the newest; bounds the work on very repetitive traffic."""

_AT_ONCE, _AT_ONCE_WORDS = 48, 8192
"""Calls of a batch compared at once with each other and the originals before them, fewer if they are long. Between the
former one cannot know which are originals; so it costs comparisons for nothing if it is many."""
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)

_Indexes = NDArray[np.int64]


class Crowd:
    """The originals of the batch, by the keys that several of its calls have."""

    def __init__(self, calls: Signed) -> None:
        self._group = np.zeros(calls.keys.shape, dtype=np.int64)
        """0 for a key that no other call of the batch has."""
        self.rank = np.zeros(calls.keys.shape, dtype=np.int64)
        """How many earlier calls of the batch have the same key."""
        groups = self._grouped(calls)
        self._counts = np.zeros(groups + 1, dtype=np.int64)
        self._before = np.zeros(calls.keys.shape, dtype=np.int64)

    def _grouped(self, calls: Signed) -> int:
        flat = calls.keys.reshape(-1)
        ranked = (flat.astype(np.uint64) << _HALF) | np.arange(len(flat), dtype=np.uint64)
        if not calls.sizes.all():
            ranked = ranked[np.repeat(calls.sizes > 0, BANDS)]
        ranked.sort()
        again = np.zeros(len(ranked) + 1, dtype=np.bool_)
        keys = (ranked >> _HALF).astype(np.uint32)
        np.equal(keys[1:], keys[:-1], out=again[1:-1])
        shared = np.flatnonzero(again[1:] | again[:-1])
        first = ~again[shared]
        group = np.cumsum(first)
        places = (ranked[shared] & _LOW).astype(np.int64)
        self._group.reshape(-1)[places] = group
        begins = np.flatnonzero(first)
        self.rank.reshape(-1)[places] = np.arange(len(shared)) - begins[group - 1]
        return len(begins)

    def shared(self, left: _Indexes, right: _Indexes) -> NDArray[np.bool_]:
        """For each pair of calls the bands in which both stand."""
        groups = self._group[left]
        both: NDArray[np.bool_] = (groups == self._group[right]) & (groups > 0)
        return both

    def meeting(self) -> _Indexes:
        """Calls that share a key with another, in order."""
        return np.flatnonzero(self._group.any(axis=1))

    @property
    def crowded(self) -> bool:
        """Whether calls of this batch alone may fill a band."""
        return bool(self.rank.max(initial=0) > NEWEST)

    def add(self, index: int) -> None:
        """This call is an original."""
        groups = self._group[index]
        now = self._counts[groups]
        self._before[index] = now
        self._counts[groups] = now + 1
        self._counts[0] = 0

    def since(self, index: int, other: int | None = None) -> _Indexes:
        """In each band of call ``index`` how many originals of the batch stand there; of those since ``other``, with it."""
        now = self._counts[self._group[index]]
        since: _Indexes = now if other is None else now - self._before[other]
        return since


class Outside:
    """Pairs with originals of the window, in the order of their calls, of a call the oldest original first; ``others`` are
    numbers among the kept. ``sure``: the original is among the newest in a band of both, whatever the batch brings."""

    def __init__(self, originals: Originals, calls: Signed, threshold: float, crowd: Crowd) -> None:
        places, newer, numbers = _walked(originals, calls, threshold)
        rows = places // BANDS
        order = np.argsort((rows << 32) | numbers, kind="stable")
        places, newer, numbers, rows = places[order], newer[order], numbers[order], rows[order]
        fresh = np.ones(len(places), dtype=np.bool_)
        fresh[1:] = (rows[1:] != rows[:-1]) | (numbers[1:] != numbers[:-1])
        starts = np.flatnonzero(fresh)
        self._crowd = crowd
        self._newer, self._bands = newer, places % BANDS
        self._starts = np.append(starts, len(places))
        self.calls = rows[starts]
        self.sizes = originals.sizes.values[numbers[starts]].astype(np.int64)
        self.others = originals.numbers.values[numbers[starts]].astype(np.int64)
        near = newer + crowd.rank.reshape(-1)[places] < NEWEST
        self.sure = np.logical_or.reduceat(near, starts) if len(starts) else near

    def seen(self, pair: int) -> bool:
        """The same at the turn of the call."""
        rows = slice(self._starts[pair], self._starts[pair + 1])
        here = self._crowd.since(int(self.calls[pair]))[self._bands[rows]]
        return bool((self._newer[rows] + here < NEWEST).any())


class Block(NamedTuple):
    """Pairs within the batch, in the order of their calls, of a call the oldest other side first."""

    calls: _Indexes
    others: _Indexes
    sizes: _Indexes
    shared: NDArray[np.bool_]
    """In which bands both stand."""
    sure: NDArray[np.bool_]


class Inside:
    """Pairs with originals of the batch, some calls at a time, so that most of the originals before them are known."""

    def __init__(self, calls: Signed, threshold: float, crowd: Crowd, members: NDArray[np.bool_]) -> None:
        """``members`` are no originals, whatever becomes of the rest."""
        self._calls, self._crowd, self._members = calls, crowd, members
        self._room = allowed(calls.sizes, threshold)
        self._rows = crowd.meeting()
        self._next = 0

    def block(self, originals: NDArray[np.bool_]) -> tuple[Block, int]:
        """The pairs of the next calls that share a key with others, and the call before which to ask again; ``originals``
        are known up to there."""
        rows = self._rows[self._next : self._next + _AT_ONCE]
        words = np.cumsum(self._calls.sizes[rows])
        rows = rows[: max(1, int(np.searchsorted(words, _AT_ONCE_WORDS, side="right")))]
        before = self._rows[: self._next]
        self._next += len(rows)
        end = int(self._rows[self._next]) if self._next < len(self._rows) else len(self._calls)
        later, earlier = self._alike(rows, np.concatenate((before[originals[before]], rows[~self._members[rows]])))
        shared = self._crowd.shared(later, earlier)
        meet = shared.any(axis=1)
        later, earlier, shared = later[meet], earlier[meet], shared[meet]
        near = self._crowd.rank[later] - self._crowd.rank[earlier] <= NEWEST
        sure: NDArray[np.bool_] = np.logical_or.reduce(near & shared, axis=1)
        return Block(later, earlier, self._calls.sizes[earlier], shared, sure), end

    def _alike(self, rows: _Indexes, others: _Indexes) -> tuple[_Indexes, _Indexes]:
        """Which of ``rows`` may reach the threshold with which earlier ones of ``others``."""
        calls, room = self._calls, self._room
        space = room[rows, None] + room[others]
        near = differing_folded(calls.folded[rows, None], calls.folded[others]) <= space
        near &= others < rows[:, None]
        left, right = np.nonzero(near)
        later, earlier = rows[left], others[right]
        fits = differing(calls.outlines[later], calls.outlines[earlier]) <= space[left, right]
        fits &= calls.salts[later] == calls.salts[earlier]
        return later[fits], earlier[fits]

    def seen(self, block: Block, pair: int) -> bool:
        """Whether the other side is among the newest in a band of both, at the turn of the call."""
        since = self._crowd.since(int(block.calls[pair]), int(block.others[pair]))
        return bool((since[block.shared[pair]] <= NEWEST).any())


def _walked(originals: Originals, calls: Signed, threshold: float) -> tuple[_Indexes, _Indexes, _Indexes]:
    """(call × band, how many newer ones of this band, original) of the window, where it may reach the threshold."""
    room = allowed(calls.sizes, threshold)
    rooms = allowed(originals.sizes.values, threshold)
    since = originals.first_since(calls.oldest) * BANDS
    since[calls.sizes == 0] = len(originals.table) * BANDS
    places = np.arange(calls.keys.size)
    rows = np.repeat(np.arange(len(calls)), BANDS)
    entries = originals.table.newest(calls.keys.reshape(-1))
    found: list[tuple[_Indexes, ...]] = [(places[:0],) * 3]
    for newer in range(NEWEST):
        alive = np.flatnonzero(entries >= since[rows])
        if not len(alive):
            break
        places, rows, entries = places[alive], rows[alive], entries[alive]
        numbers = entries // BANDS
        space = room[rows] + rooms[numbers]
        near = differing_folded(calls.folded[rows], originals.folded.values[numbers]) <= space
        fits = np.flatnonzero(near)
        some, those = rows[fits], numbers[fits]
        near = differing(calls.outlines[some], originals.outlines.values[those]) <= space[fits]
        fits = fits[near & (originals.salts.values[those] == calls.salts[some])]
        found.append((places[fits], np.full(len(fits), newer), numbers[fits]))
        entries = originals.table.older(entries)
    places, newer_ones, numbers = (np.concatenate(column) for column in zip(*found, strict=True))
    return places, newer_ones, numbers
