"""What a processor says of its input. Conservation of records: every input record gets exactly one result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Emit(NamedTuple):
    """One output record. ``event`` is a dataclass of :mod:`shared.events`, or ``None`` for a tombstone."""

    topic: str
    key: str
    event: Any
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def outputs(self) -> "tuple[Emit, ...]":
        """Itself: as a result, one output stands for ``Emitted`` of that output."""
        return (self,)


class Emitted(NamedTuple):
    """The record led to these outputs (at least one)."""

    outputs: tuple[Emit, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The record is poison: it becomes a dead letter.

    ``reason`` is a short code from a fixed list (``bad_json``, ``unknown_schema``…). ``detail`` must never hold content
    of the record: it may name a field, a type, a size.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The record led to nothing of its own, on purpose: a duplicate, absorbed into state, opted out.

    ``reason`` is a code.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Async processors only: not possible now (a model not loaded yet, a service away); to be tried again later."""

    reason: str
    retry_after_s: float = 1.0


Result = Emit | Emitted | Rejected | Skipped | Deferred


class Measured(NamedTuple):
    """A figure of the logic for one of the metrics that :data:`shared.telemetry.MEASURED` names. ``label`` is one of a
    fixed few words, where the metric has a label of its own."""

    metric: str
    value: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Results aligned with the batch, one each in order, plus outputs that belong to the batch or tick as a whole.

    ``measured`` is published once what it belongs to is committed: an abort counts nothing twice.
    """

    results: Sequence[Result] = ()
    also: Sequence[Emit] = ()
    measured: Sequence[Measured] = ()


NOTHING = Outcomes()
