"""Invariants the engine holds a processor to. A breach is a bug of the service, never of a record."""

from collections import Counter
from collections.abc import Sequence

from shared.errors import FatalError
from shared.stream.outcome import Deferred, Emit, Emitted, Outcomes, Rejected, Result, Skipped


def check_conservation(application: str, batch_size: int, outcomes: Outcomes) -> None:
    """Every input has exactly one result, of one kind. Raises :class:`FatalError` naming the application."""
    results = outcomes.results
    if len(results) != batch_size:
        raise FatalError(
            f"{application}: {len(results)} results for {batch_size} records; each record needs exactly one"
        )
    kinds = set(map(type, results))  # of a batch there are one or two: what is not done for every record is not felt
    for kind in kinds - _STREAMED:
        if kind is Deferred:
            raise FatalError(f"{application}: only async processors may defer")
        raise FatalError(f"{application}: {kind.__name__} is no result")
    if Emitted in kinds and any(isinstance(result, Emitted) and not result.outputs for result in results):
        raise FatalError(f"{application}: an Emitted result without outputs; say Skipped with a reason instead")


def check_tick(application: str, outcomes: Outcomes) -> None:
    """A tick has no input record, so it has no results. Raises :class:`FatalError`."""
    if outcomes.results:
        raise FatalError(f"{application}: on_tick returned results; its outputs belong in Outcomes.also")


def count_kinds(results: Sequence[Result]) -> dict[str, int]:
    """How many results of each kind, for metrics."""
    kinds: Counter[str] = Counter()
    for kind, count in Counter(map(type, results)).items():
        kinds[_KINDS[kind]] += count
    return kinds


_KINDS: dict[type, str] = {
    Emit: "emitted",
    Emitted: "emitted",
    Rejected: "rejected",
    Skipped: "skipped",
    Deferred: "deferred",
}
_STREAMED = _KINDS.keys() - {Deferred}
