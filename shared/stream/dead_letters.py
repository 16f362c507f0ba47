"""What becomes of a record that cannot be processed, and when so many of them stop the task instead."""

from collections.abc import Sequence
from typing import Protocol

from shared.errors import FatalError
from shared.stream.outcome import Rejected
from shared.stream.records import Position, Record

DEAD_LETTER_TOPIC = "dead.letter"


class DeadLetterFactory(Protocol):
    """Builds the dead-letter event; given by the composition root, so that the engine knows none of its fields."""

    def __call__(
        self,
        *,
        position: Position,
        application: str,
        reason: str,
        detail: str,
        attempt: int,
        payload: bytes | None,
        payload_sha256: str | None,
        at_ms: int,
    ) -> object: ...


class StopLimit:
    """Counts rejected records in a row. A bad deploy must fill a backlog, not the dead letters."""

    def __init__(self, application: str, limit: int) -> None:
        self._application = application
        self._limit = limit
        self._run = 0

    def after(self, rejections: Sequence[Rejected | None], last: Record) -> int:
        """The run's length after these records in order (``None``: not rejected); nothing is counted yet.

        Raises :class:`FatalError` when a run reaches the limit: the batch must not be committed.
        """
        run = self._run
        for rejected in rejections:
            run = run + 1 if rejected is not None else 0
            if run >= self._limit and rejected is not None:
                raise FatalError(
                    f"{self._application} rejected {run} records in a row of {last.topic}[{last.partition}] "
                    f"(last reason: {rejected.reason}); halted before committing them. Mend the service or the "
                    f"producer, then restart"
                )
        return run

    def committed(self, run: int) -> None:
        self._run = run
