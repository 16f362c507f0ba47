"""Bounds on the similarity of two word sets that cost one machine word in four, and one machine word.

An outline holds 256 bits: for each of 256 classes of word hashes whether the set has an odd count of them. A class in which
two outlines differ holds a word that only one set has, so the count of differing bits never exceeds the size of the
symmetric difference, and a pair with more of them than its sizes allow at the threshold is below it. Folded to 64 classes
the same holds; that is looked at first. No pair is lost by either.
"""

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.words import WordSets

BITS = 256
WORDS = BITS // 64

_ONES = np.uint32(0x01010101)
_SLACK = 1 / 64
"""On what is allowed, for the rounding of 32-bit floats; far less than one word."""

Outlines = NDArray[np.uint64]
Folded = NDArray[np.uint64]
Allowed = NDArray[np.float32]


def outlines(sets: WordSets) -> Outlines:
    """One row of ``WORDS`` for every set."""
    count = len(sets.starts) - 1
    owner = np.repeat(np.arange(count, dtype=np.int64) * BITS, np.diff(sets.starts))
    counts = np.bincount(owner + (sets.flat & np.uint32(BITS - 1)), minlength=count * BITS)
    return np.packbits((counts & 1).astype(np.bool_).reshape(count, BITS), axis=1).view(np.uint64)


def folded(drawn: Outlines) -> Folded:
    """Every outline in one machine word."""
    made: Folded = np.bitwise_xor.reduce(drawn, axis=-1)
    return made


def allowed(sizes: NDArray[np.integer], threshold: float) -> Allowed:
    """What a set of each size adds to the words that a pair at the threshold may not share: of sets of ``a`` and ``b``
    words at Jaccard ``t`` these are ``(a + b) (1 - t) / (1 + t)``."""
    share = (1 - threshold) / (1 + threshold)
    made: Allowed = (sizes * share + _SLACK).astype(np.float32)
    return made


def differing_folded(left: Folded, right: Folded) -> NDArray[np.uint8]:
    """Row by row: words that the pair at least does not share, by its folded outlines."""
    made: NDArray[np.uint8] = np.bitwise_count(left ^ right)
    return made


def differing(left: Outlines, right: Outlines) -> NDArray[np.uint32]:
    """Row by row: words that the pair at least does not share, by its outlines."""
    counts = np.bitwise_count(left ^ right).view(np.uint32)[..., 0]
    made: NDArray[np.uint32] = (counts * _ONES) >> np.uint32(
        24
    )  # the sum of four bytes; 256 becomes 0: too few at most
    return made
