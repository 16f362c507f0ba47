"""The window of remembered calls: generations of tables, the oldest dropped whole."""

import struct
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from services.deduper.logic.signatures import PARAMETERS, TokenHashes, best_match
from shared.errors import FatalError
from shared.ids import content_hash

MAX_BUCKET = 16
"""Originals remembered per band and generation, the newest that came; bounds the work on very repetitive traffic."""
MAX_CANDIDATES = 64
"""Originals judged exactly per call: those that share most bands."""

_TAG = content_hash(PARAMETERS)[:8].encode()
_HEAD = struct.Struct("<8sIQ?16sdH")
_NO_FINGERPRINT = bytes(16)


@dataclass(frozen=True, slots=True)
class Document:
    """What is remembered of a call. Repeats have no fingerprint, only originals have tokens."""

    event_id: str
    generation: int
    sequence: int
    trainable: bool = False
    fingerprint: bytes = _NO_FINGERPRINT
    family: str = ""
    similarity: float = 1.0
    salt: int = 0
    tokens: TokenHashes | None = None

    def encode(self) -> bytes:
        family = self.family.encode()
        head = _HEAD.pack(
            _TAG, self.generation, self.sequence, self.trainable, self.fingerprint, self.similarity, len(family)
        )
        tail = b"" if self.tokens is None else self.salt.to_bytes(8, "little") + self.tokens.tobytes()
        return head + family + tail

    @classmethod
    def decode(cls, event_id: str, data: bytes) -> "Document":
        """Raises :class:`FatalError` for an entry of other signature parameters."""
        tag, generation, sequence, trainable, fingerprint, similarity, length = _HEAD.unpack_from(data)
        if tag != _TAG:
            raise FatalError("the deduper's state was written with other signature parameters: reset it and replay")
        body = data[_HEAD.size :]
        family, tail = body[:length].decode(), body[length:]
        salt = int.from_bytes(tail[:8], "little") if tail else 0
        tokens = np.frombuffer(tail[8:], dtype=np.uint32) if tail else None
        return cls(event_id, generation, sequence, trainable, fingerprint, family, similarity, salt, tokens)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The nearest original of a call."""

    event_id: str
    similarity: float


@dataclass(slots=True)
class _Generation:
    documents: dict[str, Document] = field(default_factory=dict)
    exact: dict[tuple[bytes, bool], Document] = field(default_factory=dict)
    bands: dict[int, list[Document]] = field(default_factory=dict)


class Window:
    """Index over the remembered calls of one task. Everything in it is rebuilt from documents."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._generations: dict[int, _Generation] = {}
        self.expired: dict[str, None] = {}
        """Event ids of dropped generations whose store entries still stand."""

    def __len__(self) -> int:
        return sum(len(generation.documents) for generation in self._generations.values())

    def knows(self, event_id: str) -> bool:
        return any(event_id in generation.documents for generation in self._generations.values())

    def repeated(self, fingerprint: bytes, trainable: bool) -> Document | None:
        """The original with this fingerprint. One that may not train never takes the payload of one that may."""
        for generation in self._generations.values():
            for kept in (True,) if trainable else (True, False):
                known = generation.exact.get((fingerprint, kept))
                if known is not None:
                    return known
        return None

    def nearest(self, tokens: TokenHashes, bands: list[int], salt: int) -> Neighbour | None:
        """The original of highest Jaccard at or above the threshold, the oldest of equals."""
        shared: Counter[int] = Counter()
        documents: dict[int, Document] = {}
        low, high = self._threshold * len(tokens), len(tokens) / self._threshold
        for generation in self._generations.values():
            for band in bands:
                for document in generation.bands.get(band, ()):
                    assert document.tokens is not None
                    if document.salt == salt and low <= len(document.tokens) <= high:
                        shared[document.sequence] += 1
                        documents[document.sequence] = document
        if not shared:
            return None
        ranked = sorted(shared, key=lambda sequence: (-shared[sequence], sequence))[:MAX_CANDIDATES]
        ranked.sort()
        candidates = [documents[sequence] for sequence in ranked]
        similarities = best_match(tokens, [c.tokens for c in candidates if c.tokens is not None])
        best = int(similarities.argmax())
        if similarities[best] < self._threshold:
            return None
        return Neighbour(candidates[best].event_id, float(similarities[best]))

    def add(self, document: Document, bands: list[int]) -> None:
        """Remembers a call; ``bands`` only for an original."""
        generation = self._generations.setdefault(document.generation, _Generation())
        generation.documents[document.event_id] = document
        if document.fingerprint != _NO_FINGERPRINT:
            generation.exact.setdefault((document.fingerprint, document.trainable), document)
        for band in bands:
            bucket = generation.bands.setdefault(band, [])
            bucket.append(document)
            if len(bucket) > MAX_BUCKET:
                del bucket[0]

    def drop_before(self, generation: int) -> None:
        """Drops older generations whole; their store entries are left to :meth:`reap`."""
        for old in [number for number in self._generations if number < generation]:
            self.expired.update(dict.fromkeys(self._generations.pop(old).documents))

    def reap(self, count: int) -> list[str]:
        """The next event ids whose store entries may go: a few a record, so that no transaction swells."""
        gone = list(islice(self.expired, count))
        for event_id in gone:
            del self.expired[event_id]
        return gone
