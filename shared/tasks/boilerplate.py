"""Boilerplate: text that the calls of a shard share and that would drown what changes from call to call.

It is known by its runs of words. A table of run hashes is learnt by the clusterer and published with each matcher, so that
the router leaves out the same words. Hashes, not words: a table says nothing of what was written.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RUN_WORDS = 3
"""Words of a run: fewer in a row are shared by chance."""
SLOT_WORDS = 2
"""Words of one slot at most: values have been folded before, so these are plain words."""
MAX_RUNS = 512
"""Runs of one table; a run is published as about twenty bytes."""
_PREFIX = "shared:"
_FACTOR = np.uint64(0x9E37_79B9_7F4A_7C15)

Runs = frozenset[int]
NO_RUNS: Runs = frozenset()


def word_hashes(words: Sequence[str]) -> NDArray[np.uint32]:
    return np.fromiter((zlib.crc32(word.encode()) for word in words), dtype=np.uint32, count=len(words))


def run_hashes(hashes: NDArray[np.uint32]) -> list[int]:
    """Of each run of :data:`RUN_WORDS` words, by its first word."""
    if len(hashes) < RUN_WORDS:
        return []
    wide = hashes.astype(np.uint64)
    mixed = np.zeros(len(hashes) - RUN_WORDS + 1, dtype=np.uint64)
    for offset in range(RUN_WORDS):
        mixed = (mixed + wide[offset : offset + len(mixed)]) * _FACTOR
    runs: list[int] = (mixed >> np.uint64(32)).tolist()
    return runs


def is_shared(hashes: NDArray[np.uint32], table: Runs) -> NDArray[np.bool_]:
    """Whether each word lies in a run of the table, or in a slot between two such runs."""
    starts = [start for start, run in enumerate(run_hashes(hashes)) if run in table]
    shared = np.zeros(len(hashes), dtype=np.bool_)
    for start in starts:
        shared[start : start + RUN_WORDS] = True
    with_slots = shared.copy()
    for start, following in pairwise(starts):
        if following - start <= RUN_WORDS + SLOT_WORDS:
            with_slots[start:following] = True
    # What is said in as few words as a slot would be taken for one.
    return shared if with_slots.all() else with_slots


def own_words(words: Sequence[str], table: Runs) -> tuple[str, ...]:
    """The words outside of shared runs; all of them where nothing else is said."""
    if not table or len(words) < RUN_WORDS:
        return tuple(words)
    shared = is_shared(word_hashes(words), table).tolist()
    return tuple(word for word, skipped in zip(words, shared, strict=True) if not skipped) or tuple(words)


def as_weights(table: Iterable[int]) -> dict[str, float]:
    """As a matcher carries it: runs without weight."""
    return {f"{_PREFIX}{run:08x}": 0.0 for run in sorted(table)}


def from_weights(weights: Mapping[str, float]) -> tuple[Runs, dict[str, float]]:
    """The table that a matcher carries, and its other weights."""
    runs = frozenset(int(token.removeprefix(_PREFIX), 16) for token in weights if token.startswith(_PREFIX))
    return runs, {token: weight for token, weight in weights.items() if not token.startswith(_PREFIX)}
