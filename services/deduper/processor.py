"""De-duplication as a processor: verdicts in stream order, the window's documents in a store."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from services.deduper.logic.document import WAY_OUT, generation_of
from services.deduper.logic.expiry import Expiry
from services.deduper.logic.signatures import PARAMETERS, signed_text
from services.deduper.logic.verdicts import Call, Span, Verdict, WindowClock, fingerprint_of_event
from services.deduper.logic.window import Window
from shared.errors import FatalError
from shared.events.observations import ObservationRedacted, ObservationUnique, advance
from shared.stream.outcome import NOTHING, Emit, Outcomes, Result, Skipped
from shared.stream.processor import Application, State, Store, StoreSpec, TaskId
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
        self._expiry = Expiry()

    def restored(self, state: State) -> None:
        """Rebuilds the index. Raises :class:`FatalError` for a state of other signature parameters."""
        header = state.store("header").get("header")
        if header is not None:
            if header["parameters"] != PARAMETERS:
                raise FatalError(
                    f"the deduper's state was written with {header['parameters']}, "
                    f"this code signs with {PARAMETERS}: {WAY_OUT}"
                )
            self._clock = WindowClock(**{name: header[name] for name in _CLOCK_FIELDS})
        self._window, self._expiry = Window(self._threshold), Expiry()
        remembered = list(state.store("documents").items())  # in the order of their sequence: each is written once
        oldest = self._clock.generation - self._span.generations + 1
        self._window.restore([one for one in remembered if generation_of(one[1]) >= oldest])
        for event_id, data in remembered:
            self._expiry.remember(event_id, generation_of(data))
        self._expiry.drop_before(oldest)

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:
        documents = state.store("documents")
        here: dict[str, int] = {}
        turns = [self._turn(message.event, documents, here) for message in batch]
        verdicts = iter(self._window.judge([turn.call for turn in turns if turn.call is not None]))
        results: list[Result] = []
        for message, turn in zip(batch, turns, strict=True):
            for event_id in turn.reaped:
                documents.delete(event_id)
            if turn.call is None:
                results.append(Skipped(turn.skipped))
            else:
                verdict = next(verdicts)
                documents.put(turn.call.event_id, verdict.remembered)
                results.append(_emitted(message.event, turn.call, verdict))
        header: dict[str, Any] = {name: getattr(self._clock, name) for name in _CLOCK_FIELDS}
        state.store("header").put("header", {"parameters": PARAMETERS, **header})
        return Outcomes(results)

    def on_tick(self, now_ms: int, state: State) -> Outcomes:  # noqa: ARG002
        return NOTHING

    def _turn(self, event: Any, documents: Store, here: dict[str, int]) -> "_Turn":
        """Moves the clock and tells re-sends; ``here`` are the event ids of this batch with their generation."""
        if not isinstance(event, ObservationRedacted):
            return _Turn(skipped="tombstone")
        clock, event_id = self._clock, event.event_id
        before = clock.generation
        clock.advance(event.occurred_at_ms, self._span)
        oldest = clock.generation - self._span.generations + 1
        if clock.generation != before:
            self._expiry.drop_before(oldest)
        reaped = self._expiry.reap()
        known = here.get(event_id)
        if known is None:
            data = documents.get(event_id)
            known = -1 if data is None else generation_of(data)
        if known >= max(oldest, 0):
            return _Turn(reaped, skipped="duplicate_event")
        here[event_id] = clock.generation
        self._expiry.remember(event_id, clock.generation)
        fingerprint = fingerprint_of_event(event)
        trainable = event.untrainable_reason is None
        text = signed_text(event.request)
        return _Turn(
            reaped,
            Call(event_id, event.task_key, fingerprint, trainable, text, clock.generation, clock.sequence, oldest),
        )


class _Turn(NamedTuple):
    """One record's turn: store entries that may go, and the call to be judged or why there is none."""

    reaped: Sequence[str] = ()
    call: Call | None = None
    skipped: str = ""


def _emitted(event: ObservationRedacted, call: Call, verdict: Verdict) -> Emit:
    unique = advance(
        ObservationUnique,
        event,
        fingerprint=call.fingerprint.hex(),
        repeat_of=verdict.repeat_of,
        family=verdict.family,
        family_similarity=verdict.similarity,
    )
    return Emit(TARGET, event.task_key, unique)


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
        slice_records=500,
    )
