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


@dataclass(frozen=True, slots=True)
class Signed:
    """What judging needs of a call."""

    event_id: str
    task_key: str
    fingerprint: str
    """128 bits, hex: equal for exact repeats."""
    trainable: bool
    words: list[str]


def signed(event: ObservationRedacted) -> Signed:
    """The fingerprint covers task, newest step and answer, by the keyed hashes of their raw values."""
    fingerprint = content_hash("fingerprint", event.task_key, event.step_hash, event.answer_hash)
    words = words_of(event.request)
    return Signed(event.event_id, event.task_key, fingerprint, event.untrainable_reason is None, words)


def salt_of(task_key: str) -> int:
    """Keeps the tables of task keys apart."""
    return int(content_hash(task_key)[:16], 16)


def judge(call: Signed, window: Window, clock: WindowClock) -> Verdict | None:
    """The verdict on a call, ``None`` for a re-send. The window is not changed."""
    if window.knows(call.event_id):
        return None
    fingerprint = bytes.fromhex(call.fingerprint)
    original = window.repeated(fingerprint, call.trainable)
    if original is not None:
        document = Document(call.event_id, clock.generation, clock.sequence)
        family = original.family or original.event_id
        return Verdict(call.fingerprint, original.event_id, family, original.similarity, document)
    tokens = token_hashes(call.words)
    salt = salt_of(call.task_key)
    bands = bands_of(tokens, salt) if call.words else []
    nearest = window.nearest(tokens, bands, salt) if call.words else None
    document = Document(
        call.event_id,
        clock.generation,
        clock.sequence,
        call.trainable,
        fingerprint,
        family="" if nearest is None else nearest.event_id,
        similarity=1.0 if nearest is None else nearest.similarity,
        salt=salt if nearest is None else 0,
        tokens=tokens if nearest is None and call.words else None,
    )
    family = document.family or call.event_id
    return Verdict(call.fingerprint, None, family, document.similarity, document, bands if nearest is None else [])
