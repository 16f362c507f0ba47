"""Redaction as a processor. Stateless; any exception of a record rejects that record and no other."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from services.ingest_redactor.logic.eligibility import Limits
from services.ingest_redactor.logic.record import RedactionContext, redacted
from services.ingest_redactor.logic.redaction import Redacted, Redactor
from services.ingest_redactor.logic.rules.rule import Profile
from services.ingest_redactor.logic.scanner import Scanner
from shared.errors import PoisonError
from shared.events.observations import ObservationRaw
from shared.stream.outcome import NOTHING, Emit, Outcomes, Rejected, Result, Skipped
from shared.stream.processor import Application, State, TaskId
from shared.stream.records import Message

SOURCE = "observation.raw"
TARGET = "observation.redacted"


class IngestRedactor:
    """``observation.raw`` → ``observation.redacted``."""

    def __init__(self, context: RedactionContext) -> None:
        self._context = context

    def restored(self, state: State) -> None:
        """Nothing to restore."""

    def process(self, batch: Sequence[Message], state: State) -> Outcomes:  # noqa: ARG002
        events = [message.event for message in batch if _is_wanted(message.event)]
        try:
            outcomes = iter(self._context.redactor.redact_all([(event.request, event.answer) for event in events]))
        except Exception:  # one record's failure is no other's
            return Outcomes([self._one(message, None) for message in batch])
        return Outcomes(
            [self._one(message, next(outcomes) if _is_wanted(message.event) else None) for message in batch]
        )

    def on_tick(self, now_ms: int, state: State) -> Outcomes:  # noqa: ARG002
        return NOTHING

    def _one(self, message: Message, outcome: Redacted | PoisonError | None) -> Result:
        event = message.event
        if not isinstance(event, ObservationRaw):
            return Skipped("tombstone")
        if event.anonymised:
            return Skipped("anonymised")
        try:
            outcome = outcome or self._context.redactor.redact(event.request, event.answer)
            result = redacted(event, message.partition, message.offset, self._context, outcome)
        except PoisonError as error:
            return Rejected(error.reason, error.detail)
        except Exception as error:  # fail closed: whatever went wrong, nothing of the record passes
            return Rejected("redaction_error", type(error).__name__)
        return Emit(TARGET, result.task_key, result)


def _is_wanted(event: Any) -> TypeGuard[ObservationRaw]:
    return isinstance(event, ObservationRaw) and not event.anonymised


def application(
    *, hash_key: bytes, profile: Profile, limits: Limits, scanner: Scanner | None = None
) -> Application:  # fmt: skip
    """The redactor as the engine runs it; rules are compiled once for all tasks."""
    shared_scanner = scanner or Scanner(profile)

    def processor(_: TaskId) -> IngestRedactor:
        return IngestRedactor(RedactionContext(Redactor(shared_scanner), profile, hash_key, limits))

    return Application(
        name="ingest_redactor",
        topics=(SOURCE,),
        processor=processor,
        tick_interval_s=None,
        keep_dead_letter_payload=False,
        slice_records=200,  # names and patterns of many texts are looked for together
    )
