"""What becomes of a record that cannot be processed, and when so many of them stop the task instead."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from shared.errors import FatalError
from shared.stream.outcome import Rejected
from shared.stream.records import Position, Record, TopicPartition

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


_NOTE = "rejected_in_a_row="


class StopLimit:
    """Counts rejected records in a row. A bad deploy must fill a backlog, not the dead letters.

    The count is committed as a note beside the offsets, so that a process that is started again goes on counting. Who
    sets the offsets by hand writes no note: that gives the count a fresh start.
    """

    def __init__(self, application: str, limit: int, run: int = 0) -> None:
        self._application = application
        self._limit = limit
        self._run = run

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
                    f"producer, then restart; "
                    f"`flywheel offsets set` steps over them, or counts afresh where it is set to the same offset"
                )
        return run

    def committed(self, run: int) -> None:
        self._run = run

    @property
    def run(self) -> int:
        return self._run


class StopLimits:
    """One :class:`StopLimit` for each partition that a process works on or has worked on."""

    def __init__(self, application: str, limit: int) -> None:
        self._application = application
        self._limit = limit
        self._by_partition: dict[TopicPartition, StopLimit] = {}

    def open(self, partition: TopicPartition, note: str) -> None:
        """Go on counting from the note beside the partition's committed offset."""
        self._by_partition[partition] = StopLimit(self._application, self._limit, noted_run(note))

    def of(self, partition: TopicPartition) -> StopLimit:
        if partition not in self._by_partition:
            self.open(partition, "")
        return self._by_partition[partition]

    def notes(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, str]:
        """What to commit beside the offsets of ``partitions``."""
        return {partition: note_of(self.of(partition).run) for partition in partitions}


def note_of(run: int) -> str:
    """What is committed beside an offset after ``run`` rejected records in a row."""
    return f"{_NOTE}{run}" if run else ""


def noted_run(note: str) -> int:
    """The run that ``note`` tells of; a note that is none of ours tells of none."""
    number = note.removeprefix(_NOTE)
    return int(number) if number != note and number.isascii() and number.isdigit() else 0
