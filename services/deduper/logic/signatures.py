"""What is signed of a call, its MinHash bands, and the exact similarity of two calls.

Signed are the words of the newest user turn and of the calls and results since, values unfolded; role and called tool of
each later message count as one word each. 126 permutations in 21 bands of 6 rows: a pair at Jaccard 0.8 shares a band
with probability 0.998, one at 0.5 with 0.28; candidates are then judged exactly on their word hashes.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from services.deduper.logic.words import Hashes, WordSets
from shared.events.calls import Request
from shared.tasks.identity import message_text, newest_step

BANDS, ROWS = 21, 6
SEED = 42
PARAMETERS = f"rensa-r{RMinHash.ALGORITHM_VERSION}/seed{SEED}/{BANDS}x{ROWS}/words-poly32/2"
"""Everything that a remembered call rests on. States of other parameters never mix with it."""

BandKeys = NDArray[np.uint32]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = _SPREAD * (2 * np.arange(ROWS, dtype=np.uint64) + np.uint64(1))
_BAND_SALT = np.arange(1, BANDS + 1, dtype=np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
_BAND_BITS = np.uint32(31)
_TABLE = 1 << 16
_FEWEST, _FEW = 2, 8


def signed_text(request: Request) -> str:
    """The text whose words are signed. What came after the user's turn adds its role and calls as words of their own."""
    parts: list[str] = []
    for index, message in enumerate(newest_step(request)):
        if index:
            parts.append(f"⟦role:{message.role}⟧")
        parts.append(message_text(message))
        for call in message.tool_calls:
            parts += (f"⟦call:{call.name}⟧", call.arguments_json)
    return "\n".join(parts)


def band_keys(words: WordSets, salts: NDArray[np.uint64]) -> BandKeys:
    """One row of 32-bit keys for every word set: 27 bits of hash, 5 that say which band; ``salts`` keep task keys apart.
    From word hashes alone, so that an index is rebuilt without the texts."""
    count = len(salts)
    spread = words.flat.astype(np.uint64) * _SPREAD
    starts = words.starts.astype(np.uint64)
    digests = RMinHash.digest_matrix_from_flat_token_hashes(spread, starts, BANDS * ROWS, SEED).to_rows()
    rows = np.fromiter(chain.from_iterable(digests), dtype=np.uint32, count=count * BANDS * ROWS)
    mixed: NDArray[np.uint64] = rows.reshape(count, BANDS, ROWS).astype(np.uint64) @ _MIX
    mixed += _BAND_SALT
    mixed += salts[:, None]
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return (mixed >> np.uint64(32)).astype(np.uint32) & ~_BAND_BITS | np.arange(BANDS, dtype=np.uint32)


class Judge:
    """Exact Jaccard of one word set with many others, each stored behind a header of ``skip`` words of 32 bits."""

    def __init__(self, threshold: float, skip: int) -> None:
        self._threshold = threshold
        self._skip = skip
        self._low_halves = np.zeros(_TABLE, dtype=np.bool_)

    def best(self, query: Hashes, stored: Sequence[bytes]) -> tuple[int, float] | None:
        """Index and similarity of the most similar one at or above the threshold, the first of equals."""
        if len(stored) <= _FEWEST:
            each = [self._of_one(query, one) for one in stored]
            similarity = max(each)
            return (each.index(similarity), similarity) if similarity >= self._threshold else None
        places = list(range(len(stored)))
        if len(stored) > _FEW:
            places = self._possible(query, stored)
            if not places:
                return None
            stored = [stored[place] for place in places]
        similarities = self._exact(query, stored)
        nearest = int(similarities.argmax())
        similarity = float(similarities[nearest])
        return (places[nearest], similarity) if similarity >= self._threshold else None

    def _of_one(self, query: Hashes, stored: bytes) -> float:
        words = np.frombuffer(stored, dtype=np.uint32, offset=4 * self._skip)
        found = query.take(query.searchsorted(words), mode="clip")
        shared = int(np.count_nonzero(found == words))
        return shared / (len(words) + len(query) - shared)

    def _possible(self, query: Hashes, stored: Sequence[bytes]) -> list[int]:
        """Those that may reach the threshold, by the low halves of their hashes alone: never too few."""
        halves = query.view(np.uint16)[::2]
        self._low_halves[halves] = True
        merged = np.frombuffer(b"".join(stored), dtype=np.uint16)[::2]
        bound = self._jaccard(self._low_halves[merged], len(query), stored)
        self._low_halves[halves] = False
        places: list[int] = np.flatnonzero(bound >= self._threshold).tolist()
        return places

    def _exact(self, query: Hashes, stored: Sequence[bytes]) -> NDArray[np.float64]:
        merged = np.frombuffer(b"".join(stored), dtype=np.uint32)
        found = query.take(query.searchsorted(merged), mode="clip")
        return self._jaccard(found == merged, len(query), stored)

    def _jaccard(self, hits: NDArray[np.bool_], size: int, stored: Sequence[bytes]) -> NDArray[np.float64]:
        lengths = np.array([len(one) for one in stored]) >> 2
        ends = np.cumsum(lengths)
        sums = np.zeros(len(hits) + 1, dtype=np.int64)
        np.cumsum(hits, out=sums[1:])
        shared = sums[ends] - sums[ends - lengths + self._skip]
        jaccard: NDArray[np.float64] = shared / (lengths - self._skip + size - shared)
        return jaccard
