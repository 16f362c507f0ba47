"""Invariants the engine holds a processor to. A breach is a bug of the service, never of a record."""

from collections import Counter
from collections.abc import Sequence

from shared.errors import FatalError
from shared.stream.outcome import Deferred, Emitted, Outcomes, Rejected, Result, Skipped


def check_conservation(application: str, batch_size: int, outcomes: Outcomes) -> None:
    """Every input has exactly one result, of one kind. Raises :class:`FatalError` naming the application."""
    results = outcomes.results
    if len(results) != batch_size:
        raise FatalError(
            f"{application}: {len(results)} results for {batch_size} records; each record needs exactly one"
        )
    for result in results:
        if isinstance(result, Emitted):
            if not result.outputs:
                raise FatalError(f"{application}: an Emitted result without outputs; say Skipped with a reason instead")
        elif isinstance(result, Deferred):
            raise FatalError(f"{application}: only async processors may defer")
        elif not isinstance(result, Rejected | Skipped):
            raise FatalError(f"{application}: {type(result).__name__} is no result")


def check_tick(application: str, outcomes: Outcomes) -> None:
    """A tick has no input record, so it has no results. Raises :class:`FatalError`."""
    if outcomes.results:
        raise FatalError(f"{application}: on_tick returned results; its outputs belong in Outcomes.also")


def count_kinds(results: Sequence[Result]) -> dict[str, int]:
    """How many results of each kind, for metrics."""
    return {_KINDS[kind]: count for kind, count in Counter(map(type, results)).items()}


_KINDS: dict[type, str] = {Emitted: "emitted", Rejected: "rejected", Skipped: "skipped", Deferred: "deferred"}
