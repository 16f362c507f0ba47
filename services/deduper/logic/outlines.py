"""A bound on the similarity of two word sets that costs one machine word in four.

An outline holds 256 bits: for each of 256 classes of word hashes whether the set has an odd count of them. A class in which
two outlines differ holds a word that only one set has, so the count of differing bits never exceeds the size of the
symmetric difference: the bound is never below the exact Jaccard, and no pair is lost by it.
"""

import numpy as np
from numpy.typing import NDArray

from services.deduper.logic.words import WordSets

BITS = 256
WORDS = BITS // 64

_ONES = np.uint32(0x01010101)

Outlines = NDArray[np.uint64]
Sizes = NDArray[np.int64] | NDArray[np.int32]


def outlines(sets: WordSets) -> Outlines:
    """One row of ``WORDS`` for every set."""
    count = len(sets.starts) - 1
    owner = np.repeat(np.arange(count, dtype=np.int64) * BITS, np.diff(sets.starts))
    counts = np.bincount(owner + (sets.flat & np.uint32(BITS - 1)), minlength=count * BITS)
    return np.packbits((counts & 1).astype(np.bool_).reshape(count, BITS), axis=1).view(np.uint64)


def bound(left: Outlines, left_sizes: Sizes, right: Outlines, right_sizes: Sizes) -> NDArray[np.float64]:
    """Row by row: a Jaccard that the pair does not exceed. Sets without words give 0."""
    counts = np.bitwise_count(left ^ right).view(np.uint32)[..., 0]
    differing = (counts * _ONES) >> np.uint32(24)  # the sum of four bytes; 256 becomes 0, which is a bound too
    both = (left_sizes + right_sizes).astype(np.int64)
    jaccard: NDArray[np.float64] = (both - differing) / np.maximum(both + differing, 1)
    return jaccard
