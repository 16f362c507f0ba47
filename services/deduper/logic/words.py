"""Texts to sets of word hashes, a whole batch at a time.

A word is a run of letters, digits and ``_`` (``\\w+``) of the lower-cased text, or one whole placeholder ``⟦…⟧``. Each
is hashed to 32 bits; a text is the sorted set of its hashes. The batch is one array of code points: word borders are
changes of character class, hashes are differences of running sums, so no step is done word by word.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_WORDS = 65_536
"""Distinct words that stand for a text. Of a longer one the smallest hashes, which are a uniform sample."""
MAX_PLACEHOLDER_CHARS = 64

Hashes = NDArray[np.uint32]
_Indexes = NDArray[np.int64]

_OPEN, _CLOSE = 0x27E6, 0x27E7
_CODE_POINTS = 0x110000
_PIECE_CHARS = 1 << 17
_RADIX = 0x9E3779B97F4A7C15
_RADIX_INVERSE = pow(_RADIX, -1, 1 << 64)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


class WordSets(NamedTuple):
    """``flat[starts[i]:starts[i + 1]]`` are the sorted distinct hashes of text ``i``."""

    flat: Hashes
    starts: _Indexes

    def of(self, index: int) -> Hashes:
        return self.flat[self.starts[index] : self.starts[index + 1]]


def word_sets(texts: Sequence[str]) -> WordSets:
    """The word hashes of every text; a text gives the same whatever stands beside it."""
    sets = [_hashed(piece) for piece in _pieces([text.lower() for text in texts])]
    if not sets:
        return WordSets(np.empty(0, dtype=np.uint32), np.zeros(1, dtype=np.int64))
    counts = np.concatenate([np.diff(one.starts) for one in sets])
    return WordSets(np.concatenate([one.flat for one in sets]), _starts(counts))


def _pieces(texts: list[str]) -> Iterator[list[str]]:
    """Cut so that the arrays of a piece stay in the processor's cache."""
    piece: list[str] = []
    room = _PIECE_CHARS
    for text in texts:
        if piece and len(text) > room:
            yield piece
            piece, room = [], _PIECE_CHARS
        piece.append(text)
        room -= len(text) + 1
    if piece:
        yield piece


def _hashed(texts: list[str]) -> WordSets:
    codes = np.frombuffer(("\n".join(texts) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.cumsum(np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts)))
    in_word = _word_characters()[codes]
    border = np.empty(len(codes), dtype=np.bool_)
    border[0] = in_word[0]
    opens, closes = _placeholders(codes, ends)
    if len(opens):
        depth = np.zeros(len(codes) + 1, dtype=np.int8)
        depth[opens] += 1
        depth[closes + 1] -= 1
        in_word |= np.cumsum(depth[:-1], dtype=np.int8).view(np.bool_)
        np.not_equal(in_word[1:], in_word[:-1], out=border[1:])
        border[opens] = border[closes + 1] = True
    else:
        np.not_equal(in_word[1:], in_word[:-1], out=border[1:])
    borders = np.flatnonzero(border)
    words = np.flatnonzero(in_word[borders])
    hashes = _hashes(codes, borders[words], borders[words + 1])
    return _sets(hashes, borders[words], ends)


def _placeholders(codes: Hashes, ends: _Indexes) -> tuple[_Indexes, _Indexes]:
    """First and last place of every placeholder: brackets with nothing but 1 to 64 other characters between."""
    brackets = np.flatnonzero((codes & np.uint32(0xFFFFFFFE)) == _OPEN)
    if len(brackets) < 2:
        return brackets[:0], brackets[:0]
    left, right = brackets[:-1], brackets[1:]
    whole = (codes[left] == _OPEN) & (codes[right] == _CLOSE)
    whole &= (right - left >= 2) & (right - left <= MAX_PLACEHOLDER_CHARS + 1)
    whole &= np.searchsorted(ends, left, side="right") == np.searchsorted(ends, right, side="right")
    return left[whole], right[whole]


def _hashes(codes: Hashes, first: _Indexes, after: _Indexes) -> Hashes:
    """Polynomial in the code points modulo 2**64, mixed, its high half."""
    powers, inverses = _powers(max(_PIECE_CHARS, len(codes)) + 1)
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=sums[1:])
    hashes = (sums[after] - sums[first]) * inverses[first]
    hashes ^= hashes >> _HALF
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    return (hashes >> _HALF).astype(np.uint32)


def _sets(hashes: Hashes, first: _Indexes, ends: _Indexes) -> WordSets:
    """Sorted and distinct within each text."""
    counts = np.diff(np.searchsorted(first, ends), prepend=0)
    owner = np.repeat(np.arange(len(ends), dtype=np.uint64) << _HALF, counts)
    both = np.sort(owner | hashes)
    if len(both):
        fresh = np.empty(len(both), dtype=np.bool_)
        fresh[0] = True
        np.not_equal(both[1:], both[:-1], out=fresh[1:])
        both = both[fresh]
    starts = np.searchsorted(both, np.arange(len(ends) + 1, dtype=np.uint64) << _HALF)
    flat = both.astype(np.uint32)
    if (np.diff(starts) > MAX_WORDS).any():
        kept = [flat[start:end][:MAX_WORDS] for start, end in pairwise(starts)]
        return WordSets(np.concatenate(kept), _starts(np.array([len(one) for one in kept])))
    return WordSets(flat, starts)


def _starts(counts: _Indexes) -> _Indexes:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)))


@lru_cache(maxsize=1)
def _word_characters() -> NDArray[np.bool_]:
    """Which code points ``\\w`` takes."""
    points = np.arange(_CODE_POINTS, dtype=np.uint32)
    text = points.tobytes().decode("utf-32-le", "surrogatepass")
    table = np.zeros(_CODE_POINTS, dtype=np.bool_)
    for run in re.finditer(r"\w+", text):
        table[run.start() : run.end()] = True
    return table


@lru_cache(maxsize=1)
def _usual_powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    return _progression(_RADIX, _PIECE_CHARS + 1), _progression(_RADIX_INVERSE, _PIECE_CHARS + 1)


def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the radix and of its inverse modulo 2**64; beyond the usual length made for the occasion."""
    if count <= _PIECE_CHARS + 1:
        return _usual_powers()
    return _progression(_RADIX, count), _progression(_RADIX_INVERSE, count)


def _progression(ratio: int, count: int) -> NDArray[np.uint64]:
    factors = np.full(count, ratio, dtype=np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)
