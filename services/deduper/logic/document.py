"""What is remembered of a call, as bytes: the store's entry and the index's at once, so that it is held only once."""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

_HEAD = np.dtype(
    [
        ("tag", "<u4"), ("generation", "<u4"), ("sequence", "<u8"), ("kind", "u1"), ("trainable", "?"), ("unused", "V2"),
        ("fingerprint", "V16"), ("salt", "<u8"), ("similarity", "<f8"),
    ]
)  # fmt: skip
HEAD_BYTES = _HEAD.itemsize
_GENERATION, _TRAINABLE, _FINGERPRINT = 4, 17, 20


class Documents(NamedTuple):
    """The heads of some encoded documents, and what follows each."""

    heads: NDArray[Any]
    tails: list[bytes]

    @classmethod
    def of(
        cls, *, generations: Sequence[int], sequences: Sequence[int], kinds: Sequence[Kind], tails: list[bytes]
    ) -> "Documents":
        """Documents of which no more is known yet, as those of repeats stay."""
        heads = np.zeros(len(tails), dtype=_HEAD)
        heads["tag"], heads["similarity"] = FORMAT_TAG, 1.0
        heads["generation"], heads["sequence"], heads["kind"] = generations, sequences, kinds
        return cls(heads, tails)

    def describe(
        self, rows: NDArray[np.int64], *, trainable: Sequence[bool], fingerprints: Sequence[bytes],
        salts: NDArray[np.uint64], similarities: Sequence[float],
    ) -> None:  # fmt: skip
        """Adds what an original or a member, here ``rows``, has more."""
        self.heads["trainable"][rows] = trainable
        self.heads["fingerprint"][rows] = np.frombuffer(b"".join(fingerprints), dtype="V16")
        self.heads["salt"][rows], self.heads["similarity"][rows] = salts, similarities

    def encode(self) -> list[bytes]:
        raw = self.heads.tobytes()
        starts = range(0, len(raw), HEAD_BYTES)
        return [raw[start : start + HEAD_BYTES] + tail for start, tail in zip(starts, self.tails, strict=True)]

    @classmethod
    def decode(cls, entries: Sequence[bytes]) -> "Documents":
        """Raises :class:`FatalError` for an entry of another format or other signature parameters."""
        raw = b"".join([data[:HEAD_BYTES] for data in entries])
        if len(raw) == HEAD_BYTES * len(entries):
            made = cls(np.frombuffer(raw, dtype=_HEAD), [data[HEAD_BYTES:] for data in entries])
            if (made.heads["tag"] == FORMAT_TAG).all():
                return made
        raise FatalError(f"a remembered call was not written with {PARAMETERS}; {WAY_OUT}")


class Document(NamedTuple):
    """One of them. ``words`` of an original, ``family`` of a member."""

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
        tail = self.family.encode() if self.kind == MEMBER else b"" if self.words is None else self.words.tobytes()
        made = Documents.of(generations=[self.generation], sequences=[self.sequence], kinds=[self.kind], tails=[tail])
        made.describe(
            np.zeros(1, dtype=np.int64), trainable=[self.trainable], fingerprints=[self.fingerprint],
            salts=np.array([self.salt], dtype=np.uint64), similarities=[self.similarity],
        )  # fmt: skip
        return made.encode()[0]

    @classmethod
    def decode(cls, data: bytes) -> "Document":
        """Raises :class:`FatalError` as :meth:`Documents.decode`."""
        heads, (tail,) = Documents.decode([data])
        _, generation, sequence, kind, trainable, _, fingerprint, salt, similarity = heads[0].item()
        family = tail.decode() if kind == MEMBER else ""
        words = np.frombuffer(tail, dtype=np.uint32) if kind == ORIGINAL else None
        return cls(kind, generation, sequence, trainable, fingerprint, salt, similarity, family, words)


def generation_of(data: bytes) -> int:
    """The generation of an encoded document."""
    return int.from_bytes(data[_GENERATION : _GENERATION + 4], "little")


def fingerprint_of(data: bytes) -> bytes:
    return data[_FINGERPRINT : _FINGERPRINT + 16]


def trainable_of(data: bytes) -> bool:
    return data[_TRAINABLE] == 1
