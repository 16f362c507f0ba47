"""What is signed of a call, and its MinHash bands.

Tokens are the distinct lower-cased words of the newest user turn and of the calls and results since; placeholders count
as one word each, values stay unfolded. 126 permutations in 21 bands of 6 rows: a pair at Jaccard 0.8 shares a band with
probability 0.998, one at 0.5 with 0.28; candidates are then judged exactly on their token hashes.
"""

import re
import zlib

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from shared.events.calls import Request
from shared.tasks.identity import message_text, newest_step

BANDS, ROWS = 21, 6
SEED = 42
PARAMETERS = f"rensa-r{RMinHash.ALGORITHM_VERSION}/seed{SEED}/{BANDS}x{ROWS}/words-crc32/1"
"""Everything that a stored signature rests on. States of other parameters never mix with it."""

_WORD = re.compile(r"⟦[^⟦⟧]{1,64}⟧|\w+")
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = _SPREAD * (2 * np.arange(ROWS, dtype=np.uint64) + np.uint64(1))
_BAND_SALT = np.arange(1, BANDS + 1, dtype=np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)

TokenHashes = NDArray[np.uint32]


def words_of(request: Request) -> list[str]:
    """Distinct words of the newest step, sorted; what came after the user's turn adds its role and calls as words."""
    words: set[str] = set()
    for index, message in enumerate(newest_step(request)):
        if index:
            words.add(f"role:{message.role}")
        words.update(_WORD.findall(message_text(message).lower()))
        for call in message.tool_calls:
            words.add(f"call:{call.name}")
            words.update(_WORD.findall(call.arguments_json.lower()))
    return sorted(words)


def token_hashes(words: list[str]) -> TokenHashes:
    """Sorted distinct 32-bit hashes."""
    return np.unique(np.fromiter((zlib.crc32(word.encode()) for word in words), dtype=np.uint32, count=len(words)))


def bands_of(tokens: TokenHashes, salt: int) -> list[int]:
    """64-bit hash of each band; ``salt`` keeps task keys apart. From token hashes alone, so that an index is rebuilt."""
    spread = tokens.astype(np.uint64) * _SPREAD
    digest = RMinHash.digest_matrix_from_flat_token_hashes(spread, (0, len(tokens)), BANDS * ROWS, SEED).to_rows()[0]
    rows = np.array(digest, dtype=np.uint64).reshape(BANDS, ROWS)
    mixed = (rows * _MIX).sum(axis=1, dtype=np.uint64) + _BAND_SALT + np.uint64(salt)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    bands: list[int] = mixed.tolist()
    return bands


def best_match(query: TokenHashes, candidates: list[TokenHashes]) -> NDArray[np.float64]:
    """Exact Jaccard of the query with every candidate, in one pass."""
    sizes = np.array([len(candidate) for candidate in candidates])
    merged = np.concatenate(candidates)
    places = np.searchsorted(query, merged)
    places[places == len(query)] = 0
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    shared = np.add.reduceat((query[places] == merged).astype(np.int64), starts)
    jaccard: NDArray[np.float64] = shared / (sizes + len(query) - shared)
    return jaccard
