"""What is signed of a call, and its MinHash bands.

Signed are the words of the newest user turn and of the calls and results since, values unfolded; role and called tool of
each later message count as one word each. 126 permutations in 21 bands of 6 rows: a pair at Jaccard 0.8 shares a band
with probability 0.998, one at 0.5 with 0.28; candidates are then judged exactly on their word hashes.
"""

import struct

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from services.deduper.logic.words import WordSets
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
_DIGEST = struct.Struct(f"={BANDS * ROWS}I")


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
    rows = np.frombuffer(b"".join([_DIGEST.pack(*digest) for digest in digests]), dtype=np.uint32)
    mixed: NDArray[np.uint64] = rows.reshape(count, BANDS, ROWS).astype(np.uint64) @ _MIX
    mixed += _BAND_SALT
    mixed += salts[:, None]
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return (mixed >> np.uint64(32)).astype(np.uint32) & ~_BAND_BITS | np.arange(BANDS, dtype=np.uint32)
