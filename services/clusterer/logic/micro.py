"""Micro-clusters: running sums of calls that are nearly alike."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.ids import content_hash
from shared.tasks.features import DIMENSION, Embed, Vector

MAX_WORDS = 24
WORDS_UNTIL = 400
"""Calls after which a micro-cluster's words are no longer counted: labels have settled."""


def decay(age_ms: int, half_life_ms: int) -> float:
    """What is left of a weight after ``age_ms``."""
    return float(2.0 ** (-age_ms / half_life_ms)) if half_life_ms and age_ms else 1.0


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
    """Calls; with their weights decayed by event time: ``weight``, as of ``weighed_ms``, of which ``sums`` is the sum."""
    weight: float = 0.0
    weighed_ms: int = 0
    last_ms: int = 0
    first_event: str = ""
    exemplar: str = ""
    exemplar_similarity: float = -2.0
    tools: Counter[str] = field(default_factory=Counter)
    """Tools that answers called, one key for the calls of one answer; the empty key counts answers of text."""
    words: Counter[str] = field(default_factory=Counter)
    text: str = ""
    """The exemplar's newest user turn, redacted and cut: what a recluster's sentence model reads."""
    sentence: Vector | None = None
    """Its sentence vector, once embedded."""
    drowned: bool = False
    """Learnt in boilerplate that was not known yet: it tells no task, and no call comes to it any more."""

    @property
    def centroid(self) -> Vector:
        norm = float(np.sqrt(self.sums @ self.sums))
        return self.sums / np.float32(norm) if norm > 0.0 else self.sums

    def add(
        self,
        vector: Vector,
        event_id: str,
        similarity: float,
        at_ms: int,
        tool: str | None,
        words: Sequence[str],
        text: str = "",
        half_life_ms: int = 0,
    ) -> None:
        """Takes in one call. What came before weighs half as much after ``half_life_ms`` (0: for ever as much); a call that
        comes late weighs what it would by now, so that the order of arrival changes nothing but roundings."""
        newest = max(self.weighed_ms, at_ms) if self.count else at_ms
        kept, added = decay(newest - self.weighed_ms, half_life_ms), decay(newest - at_ms, half_life_ms)
        self.sums = (self.sums if kept == 1.0 else self.sums * np.float32(kept)) + (
            vector if added == 1.0 else vector * np.float32(added)
        )
        self.weight = self.weight * kept + added
        self.weighed_ms = newest
        self.count += 1
        self.last_ms = max(self.last_ms, at_ms)
        if tool is not None:
            self.tools[tool] += 1
        if similarity > self.exemplar_similarity:
            # The first call is near itself only: any later one near the centre takes its place.
            self.exemplar, self.exemplar_similarity = event_id, similarity if self.count > 1 else 0.0
            if text != self.text:
                self.text, self.sentence = text, None
        if self.count <= WORDS_UNTIL:
            for word in dict.fromkeys(words):
                if word in self.words or len(self.words) < MAX_WORDS:
                    self.words[word] += 1

    def weight_at(self, at_ms: int, half_life_ms: int) -> float:
        """Decayed to ``at_ms``; as it is where that lies before its newest call."""
        return self.weight * decay(max(0, at_ms - self.weighed_ms), half_life_ms)

    def encode(self) -> bytes:
        head = {
            "c": self.cluster, "t": self.task_key, "s": self.sub_key, "b": self.born, "n": self.count, "l": self.last_ms,
            "f": self.first_event, "x": self.exemplar, "xs": self.exemplar_similarity, "a": self.tools, "w": self.words,
            "tx": self.text, "wt": self.weight, "wm": self.weighed_ms, "d": self.drowned,
        }  # fmt: skip
        sentence = b"" if self.sentence is None else self.sentence.astype("<f2").tobytes()
        text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
        return len(text).to_bytes(4, "little") + text + self.sums.astype("<f4").tobytes() + sentence

    @classmethod
    def decode(cls, micro_id: str, data: bytes) -> "Micro":
        length = int.from_bytes(data[:4], "little")
        head = json.loads(data[4 : 4 + length])
        end = 4 + length + 4 * DIMENSION
        sums = np.frombuffer(data[4 + length : end], dtype="<f4").astype(np.float32)
        sentence = np.frombuffer(data[end:], dtype="<f2").astype(np.float32) if len(data) > end else None
        return cls(
            id=micro_id, cluster=head["c"], task_key=head["t"], sub_key=head["s"], born=head["b"], sums=sums,
            count=head["n"], last_ms=head["l"], first_event=head["f"], exemplar=head["x"], exemplar_similarity=head["xs"],
            tools=Counter(head["a"]), words=Counter(head["w"]), text=head.get("tx", ""),
            sentence=sentence, weight=head.get("wt", float(head["n"])), weighed_ms=head.get("wm", head["l"]),
            drowned=head.get("d", False),
        )  # fmt: skip


def micro_id(task_key: str, sub_key: str, event_id: str) -> str:
    return content_hash("micro", task_key, sub_key, event_id)[:16]


def cluster_id(task_key: str, sub_key: str, event_id: str) -> str:
    """Named for the first call of the cluster's oldest micro-cluster."""
    return content_hash("cluster", task_key, sub_key, event_id)[:16]


def embedded(micros: Sequence[Micro], embed: Embed) -> list[Vector]:
    """Sentence vectors of exemplars, as they are stored; each text is embedded once and its vector kept."""
    missing = [micro for micro in micros if micro.sentence is None]
    vectors = embed([micro.text for micro in missing]) if missing else ()
    for micro, row in zip(missing, vectors, strict=True):
        micro.sentence = row.astype("<f2").astype(np.float32)
    return [micro.sentence for micro in micros if micro.sentence is not None]


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
        if count == 1:
            best = int(similarities.argmax())
            return [(self.micros[best], float(similarities[best]))]
        if count < len(self.micros):
            least = np.partition(similarities, -count)[-count]
            rows = np.flatnonzero(similarities >= least)
            rows = rows[np.argsort(-similarities[rows], kind="stable")][:count]
        else:
            rows = np.argsort(-similarities, kind="stable")
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

    def remove(self, gone: Sequence[Micro]) -> None:
        """Takes micro-clusters out; the others keep their order."""
        names = {micro.id for micro in gone}
        rows = [row for row, micro in enumerate(self.micros) if micro.id not in names]
        self._matrix[: len(rows)] = self._matrix[rows]
        self.micros = [self.micros[row] for row in rows]
        self._rows = {other.id: index for index, other in enumerate(self.micros)}
