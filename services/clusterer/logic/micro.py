"""Micro-clusters: running sums of calls that are nearly alike."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.ids import content_hash
from shared.tasks.features import DIMENSION, Vector

MAX_WORDS = 24
WORDS_UNTIL = 400
"""Calls after which a micro-cluster's words are no longer counted: labels have settled."""


@dataclass(slots=True)
class Micro:
    """One micro-cluster of a shard. ``born`` orders them; ids and order never come from positions."""

    id: str
    cluster: str
    task_key: str
    sub_key: str
    born: int
    sums: Vector
    count: int = 0
    last_ms: int = 0
    first_event: str = ""
    exemplar: str = ""
    exemplar_similarity: float = -2.0
    tools: Counter[str] = field(default_factory=Counter)
    """Tools that answers called, one key for the calls of one answer; the empty key counts answers of text."""
    words: Counter[str] = field(default_factory=Counter)

    @property
    def centroid(self) -> Vector:
        norm = float(np.linalg.norm(self.sums))
        return self.sums / np.float32(norm) if norm > 0.0 else self.sums

    def add(
        self, vector: Vector, event_id: str, similarity: float, at_ms: int, tool: str | None, words: Sequence[str]
    ) -> None:
        """Takes in one call."""
        self.sums = self.sums + vector
        self.count += 1
        self.last_ms = max(self.last_ms, at_ms)
        if tool is not None:
            self.tools[tool] += 1
        if similarity > self.exemplar_similarity:
            self.exemplar, self.exemplar_similarity = event_id, similarity
        if self.count <= WORDS_UNTIL:
            for word in dict.fromkeys(words):
                if word in self.words or len(self.words) < MAX_WORDS:
                    self.words[word] += 1

    def encode(self) -> bytes:
        head = {
            "c": self.cluster, "t": self.task_key, "s": self.sub_key, "b": self.born, "n": self.count, "l": self.last_ms,
            "f": self.first_event, "x": self.exemplar, "xs": self.exemplar_similarity, "a": self.tools, "w": self.words,
        }  # fmt: skip
        text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
        return len(text).to_bytes(4, "little") + text + self.sums.astype("<f4").tobytes()

    @classmethod
    def decode(cls, micro_id: str, data: bytes) -> "Micro":
        length = int.from_bytes(data[:4], "little")
        head = json.loads(data[4 : 4 + length])
        sums = np.frombuffer(data[4 + length :], dtype="<f4").astype(np.float32)
        return cls(
            id=micro_id, cluster=head["c"], task_key=head["t"], sub_key=head["s"], born=head["b"], sums=sums,
            count=head["n"], last_ms=head["l"], first_event=head["f"], exemplar=head["x"], exemplar_similarity=head["xs"],
            tools=Counter(head["a"]), words=Counter(head["w"]),
        )  # fmt: skip


def micro_id(task_key: str, sub_key: str, event_id: str) -> str:
    return content_hash("micro", task_key, sub_key, event_id)[:16]


def cluster_id(task_key: str, sub_key: str, event_id: str) -> str:
    """Named for the first call of the cluster's oldest micro-cluster."""
    return content_hash("cluster", task_key, sub_key, event_id)[:16]


class MicroTable:
    """The micro-clusters of one shard with their centroids as rows of one matrix, in order of birth."""

    def __init__(self, micros: Sequence[Micro] = ()) -> None:
        self.micros: list[Micro] = sorted(micros, key=lambda micro: micro.born)
        self._rows = {micro.id: row for row, micro in enumerate(self.micros)}
        self._matrix = np.zeros((max(16, len(self.micros)), DIMENSION), dtype=np.float32)
        for row, micro in enumerate(self.micros):
            self._matrix[row] = micro.centroid

    def __len__(self) -> int:
        return len(self.micros)

    def get(self, micro_id: str) -> Micro:
        return self.micros[self._rows[micro_id]]

    @property
    def matrix(self) -> Vector:
        """Unit centroids, one row each; not to be changed."""
        return self._matrix[: len(self.micros)]

    def nearest(self, vector: Vector, count: int) -> list[tuple[Micro, float]]:
        """The nearest micro-clusters with their similarity, nearest first, the older of equals."""
        if not self.micros:
            return []
        similarities = self.matrix @ vector
        rows = np.argsort(-similarities, kind="stable")[:count]
        return [(self.micros[row], float(similarities[row])) for row in rows.tolist()]

    def append(self, micro: Micro) -> None:
        if len(self.micros) == len(self._matrix):
            self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._rows[micro.id] = len(self.micros)
        self.micros.append(micro)
        self.refresh(micro)

    def refresh(self, micro: Micro) -> None:
        """The micro-cluster's sums have changed."""
        self._matrix[self._rows[micro.id]] = micro.centroid

    def remove(self, micro: Micro) -> None:
        row = self._rows.pop(micro.id)
        count = len(self.micros)
        self._matrix[row : count - 1] = self._matrix[row + 1 : count]
        del self.micros[row]
        self._rows = {other.id: index for index, other in enumerate(self.micros)}
