"""What is judged, the verdict on it, and the window's clock."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from services.deduper.logic.document import Kind
from shared.events.observations import ObservationRedacted
from shared.ids import content_hash


class Verdict(NamedTuple):
    """What to write on a call, and what to remember of it."""

    repeat_of: str | None
    """The original of an exact repeat."""
    family: str
    """The nearest original, the own id for an original."""
    similarity: float
    """Exact Jaccard to the family's original."""
    kind: Kind
    remembered: bytes
    """The encoded :class:`services.deduper.logic.document.Document`."""


@dataclass(frozen=True, slots=True)
class Span:
    """How far the window reaches back."""

    generations: int
    generation_ms: int
    generation_records: int


@dataclass(slots=True)
class WindowClock:
    """Event time and counts; advances with records only, never with the wall clock."""

    generation: int = 0
    started_at_ms: int = 0
    high_ms: int = 0
    records: int = 0
    sequence: int = 0

    def advance(self, occurred_at_ms: int, span: Span) -> None:
        """Takes in one record. A record from far ahead moves time by one generation at most: a skewed clock cannot empty
        the window."""
        if self.sequence == 0:
            self.started_at_ms = self.high_ms = occurred_at_ms
        self.sequence += 1
        self.high_ms = max(self.high_ms, min(occurred_at_ms, self.high_ms + span.generation_ms))
        if self.high_ms - self.started_at_ms >= span.generation_ms or self.records >= span.generation_records:
            self.generation += 1
            self.started_at_ms = self.high_ms
            self.records = 0
        self.records += 1


class Call(NamedTuple):
    """What judging needs of a call, with the window's clock at its turn."""

    event_id: str
    task_key: str
    fingerprint: bytes
    """128 bits: equal for exact repeats."""
    trainable: bool
    text: str
    generation: int
    sequence: int
    oldest: int
    """The oldest generation that this call still sees."""


def fingerprint_of_event(event: ObservationRedacted) -> bytes:
    """Covers task, newest step and answer, by the keyed hashes of their raw values."""
    return bytes.fromhex(content_hash("fingerprint", event.task_key, event.step_hash, event.answer_hash))


@lru_cache(maxsize=4096)
def salt_of(task_key: str) -> int:
    """Keeps the tables of task keys apart."""
    return int(content_hash(task_key)[:16], 16)
