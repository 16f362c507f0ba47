"""What is remembered of a call, as bytes: the store's entry and the index's at once, so that it is held only once."""

import struct
from typing import Final, Literal, NamedTuple

import numpy as np

from services.deduper.logic.signatures import PARAMETERS
from services.deduper.logic.words import Hashes
from shared.errors import FatalError
from shared.ids import content_hash

Kind = Literal[0, 1, 2]
ORIGINAL: Final = 0
"""Followed by its word hashes."""
MEMBER: Final = 1
"""Followed by the event id of its family's original."""
REPEAT: Final = 2
"""Followed by nothing: only its event id matters."""

FORMAT_TAG = int(content_hash(PARAMETERS)[:8], 16)

WAY_OUT = (
    "stop the deduper, delete its two changelog topics (deduper.documents.changelog, deduper.header.changelog) and make "
    "them anew with `flywheel topics apply`: its window then starts empty, nothing else rests on them"
)

_HEAD = struct.Struct("<IIQBB2x16sQd")
HEAD_WORDS = _HEAD.size // 4
_GENERATION = struct.Struct("<I")
_FINGERPRINT = slice(20, 36)


class Document(NamedTuple):
    """``words`` of an original, ``family`` of a member."""

    kind: Kind
    generation: int
    sequence: int
    trainable: bool = False
    fingerprint: bytes = bytes(16)
    salt: int = 0
    similarity: float = 1.0
    family: str = ""
    words: Hashes | None = None

    def encode(self) -> bytes:
        head = _HEAD.pack(
            FORMAT_TAG, self.generation, self.sequence, self.kind, self.trainable, self.fingerprint, self.salt,
            self.similarity,
        )  # fmt: skip
        if self.kind == MEMBER:
            return head + self.family.encode()
        return head if self.words is None else head + self.words.tobytes()

    @classmethod
    def decode(cls, data: bytes) -> "Document":
        """Raises :class:`FatalError` for an entry of another format or other signature parameters."""
        if len(data) < _HEAD.size or _GENERATION.unpack_from(data)[0] != FORMAT_TAG:
            raise FatalError(f"a remembered call was not written with {PARAMETERS}; {WAY_OUT}")
        _, generation, sequence, kind, trainable, fingerprint, salt, similarity = _HEAD.unpack_from(data)
        tail = data[_HEAD.size :]
        family = tail.decode() if kind == MEMBER else ""
        words = np.frombuffer(tail, dtype=np.uint32) if kind == ORIGINAL else None
        return cls(kind, generation, sequence, bool(trainable), fingerprint, salt, similarity, family, words)


def generation_of(data: bytes) -> int:
    """The generation of an encoded document."""
    generation: int = _GENERATION.unpack_from(data, 4)[0]
    return generation


def fingerprint_of(data: bytes) -> bytes:
    return data[_FINGERPRINT]


def trainable_of(data: bytes) -> bool:
    return data[17] == 1
