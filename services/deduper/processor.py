"""De-duplication as a processor: verdicts in stream order, the window's documents in a store."""

from collections.abc import Sequence
from typing import Any

from services.deduper.logic.signatures import PARAMETERS, bands_of
from services.deduper.logic.verdicts import REAPED_PER_RECORD, Span, WindowClock, judge, signed
from services.deduper.logic.window import Document, Window
from shared.errors import FatalError
from shared.events.observations import ObservationRedacted, ObservationUnique, advance
from shared.stream.outcome import NOTHING, Emit, Emitted, Outcomes, Result, Skipped
from shared.stream.processor import Application, State, StoreSpec, TaskId
from shared.stream.records import Message

SOURCE = "observation.redacted"
TARGET = "observation.unique"
_CLOCK_FIELDS = ("generation", "started_at_ms", "high_ms", "records", "sequence")


class Deduper:
    """``observation.redacted`` → ``observation.unique``."""

    def __init__(self, threshold: float, span: Span) -> None:
        self._threshold = threshold
        self._span = span
        self._window = Window(threshold)
        self._clock = WindowClock()

    def restored(self, state: State) -> None:
        """Rebuilds the index. Raises :class:`FatalError` for a state of other signature parameters."""
        header = state.store("header").get("header")
        if header is not None:
            if header["parameters"] != PARAMETERS:
                raise FatalError(
                    f"the deduper's state was written with {header['parameters']}, this code signs with {PARAMETERS}: "
                    "reset the state and replay"
                )
            self._clock = WindowClock(**{name: header[name] for name in _CLOCK_FIELDS})
        self._window = Window(self._threshold)
        oldest = self._clock.generation - self._span.generations + 1
        documents = (Document.decode(event_id, data) for event_id, data in state.store("documents").items())
        for document in sorted(documents, key=lambda document: document.sequence):
            bands = [] if document.tokens is None else bands_of(document.tokens, document.salt)
            self._window.add(document, bands)
        self._window.drop_before(oldest)

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        results = [self._one(message.event, state) for message in batch]
        header: dict[str, Any] = {name: getattr(self._clock, name) for name in _CLOCK_FIELDS}
        state.store("header").put("header", {"parameters": PARAMETERS, **header})
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:  # noqa: ARG002
        return NOTHING

    def _one(self, event: Any, state: State) -> Result:
        if not isinstance(event, ObservationRedacted):
            return Skipped("tombstone")
        documents = state.store("documents")
        before = self._clock.generation
        self._clock.advance(event.occurred_at_ms, self._span)
        if self._clock.generation != before:
            self._window.drop_before(self._clock.generation - self._span.generations + 1)
        for expired in self._window.reap(REAPED_PER_RECORD):
            documents.delete(expired)
        verdict = judge(signed(event), self._window, self._clock)
        if verdict is None:
            return Skipped("duplicate_event")
        self._window.expired.pop(event.event_id, None)
        documents.put(event.event_id, verdict.document.encode())
        self._window.add(verdict.document, verdict.bands)
        unique = advance(
            ObservationUnique,
            event,
            fingerprint=verdict.fingerprint,
            repeat_of=verdict.repeat_of,
            family=verdict.family,
            family_similarity=verdict.similarity,
        )
        return Emitted((Emit(TARGET, event.task_key, unique),))


def application(*, threshold: float, span: Span) -> Application:
    """The deduper as the engine runs it."""

    def processor(_: TaskId) -> Deduper:
        return Deduper(threshold, span)

    return Application(
        name="deduper",
        topics=(SOURCE,),
        processor=processor,
        stores=(
            StoreSpec(
                "documents", codec="bytes", cleanup="delete", retention_ms=2 * span.generations * span.generation_ms
            ),
            StoreSpec("header"),
        ),
        tick_interval_s=None,
    )
