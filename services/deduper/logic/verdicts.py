"""The verdict on one call: re-sent, exact repeat, family member or original."""

from dataclasses import dataclass, field

from services.deduper.logic.signatures import bands_of, token_hashes, words_of
from services.deduper.logic.window import Document, Window
from shared.events.observations import ObservationRedacted
from shared.ids import content_hash

REAPED_PER_RECORD = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write on the call, and what to remember of it."""

    fingerprint: str
    repeat_of: str | None
    family: str
    similarity: float
    document: Document
    bands: list[int] = field(default_factory=list)
    """Of an original, to be indexed."""


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


def fingerprint_of(event: ObservationRedacted) -> str:
    """128 bits over task, newest step and answer, by the keyed hashes of their raw values."""
    return content_hash("fingerprint", event.task_key, event.step_hash, event.answer_hash)


def salt_of(task_key: str) -> int:
    """Keeps the tables of task keys apart."""
    return int(content_hash(task_key)[:16], 16)


def judge(event: ObservationRedacted, window: Window, clock: WindowClock) -> Verdict | None:
    """The verdict on a call, ``None`` for a re-send. The window is not changed."""
    if window.knows(event.event_id):
        return None
    fingerprint = fingerprint_of(event)
    trainable = event.untrainable_reason is None
    original = window.repeated(bytes.fromhex(fingerprint), trainable)
    if original is not None:
        document = Document(event.event_id, clock.generation, clock.sequence)
        family = original.family or original.event_id
        return Verdict(fingerprint, original.event_id, family, original.similarity, document)
    words = words_of(event.request)
    tokens = token_hashes(words)
    salt = salt_of(event.task_key)
    bands = bands_of(tokens, salt) if words else []
    nearest = window.nearest(tokens, bands, salt) if words else None
    document = Document(
        event.event_id,
        clock.generation,
        clock.sequence,
        trainable,
        bytes.fromhex(fingerprint),
        family="" if nearest is None else nearest.event_id,
        similarity=1.0 if nearest is None else nearest.similarity,
        salt=salt if nearest is None else 0,
        tokens=tokens if nearest is None and words else None,
    )
    family = document.family or event.event_id
    return Verdict(fingerprint, None, family, document.similarity, document, bands if nearest is None else [])
