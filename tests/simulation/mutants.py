"""Bugs planted into the engine, to prove that the simulation finds them: a test that cannot fail proves nothing.

``python -m tests.simulation.mutants`` hunts each one and says by which invariant it was caught; ``--record`` also writes
the seeds that caught them to ``mutants.json``, which ``make test`` replays with and without the bug.
"""

import json
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.state.store import TaskState
from shared.stream import guarded, task_loop
from shared.stream.batches import offsets_after
from shared.stream.dead_letters import DEAD_LETTER_TOPIC
from shared.stream.records import TopicPartition
from shared.stream.runner import Runner
from shared.stream.task import Prepared
from shared.stream.task_loop import TaskLoop
from tests.simulation.seeds import Failure, judge

RECORDED = Path(__file__).with_name("mutants.json")
MOST_SEEDS = 1_000
Offsets = Mapping[TopicPartition, int]
Notes = Mapping[TopicPartition, str]


@contextmanager
def replaced(owner: Any, name: str, by: object) -> Iterator[None]:
    """``owner.name`` is ``by`` for the time being."""
    original = getattr(owner, name)
    setattr(owner, name, by)
    try:
        yield
    finally:
        setattr(owner, name, original)


@contextmanager
def commit_before_produce() -> Iterator[None]:
    """Offsets are committed first, outside the transaction: what a crash between the two leaves is lost."""
    original = TaskLoop._commit

    async def commit(self: TaskLoop, prepared: Prepared, offsets: Offsets, notes: Notes) -> None:
        await self._engine.consumer.commit(offsets)
        self._committed.update(offsets)
        await original(self, prepared, {}, notes)

    with replaced(TaskLoop, "_commit", commit):
        yield


@contextmanager
def offset_off_by_one() -> Iterator[None]:
    """The rest of a batch that was cut is taken to begin one record later than it does."""

    def after(records: Any, done: int, positions: Offsets) -> dict[TopicPartition, int]:
        return offsets_after(records, done + 1 if done < len(records) else done, positions)

    with replaced(task_loop, "offsets_after", after):
        yield


@contextmanager
def staged_state_kept_after_abort() -> Iterator[None]:
    """What a failed batch wrote into the state stays there."""
    with replaced(TaskState, "discard", lambda self: None):
        yield


@contextmanager
def revoke_ignored() -> Iterator[None]:
    """A rebalance takes partitions away, and their tasks go on as if nothing had happened."""

    async def on_revoked(self: Runner, partitions: frozenset[TopicPartition]) -> None:
        return None

    with replaced(Runner, "on_revoked", on_revoked):
        yield


@contextmanager
def dead_letter_outside_transaction() -> Iterator[None]:
    """Dead letters are written at once: an aborted transaction leaves them behind."""
    original = TaskLoop._commit

    async def commit(self: TaskLoop, prepared: Prepared, offsets: Offsets, notes: Notes) -> None:
        letters = [record for record in prepared.records if record.topic == DEAD_LETTER_TOPIC]
        if letters:
            producer = self._engine.broker.producer()
            await producer.start()
            await producer.send(letters)
            await producer.close()
        rest = [record for record in prepared.records if record.topic != DEAD_LETTER_TOPIC]
        await original(self, replace(prepared, records=rest), offsets, notes)

    with replaced(TaskLoop, "_commit", commit):
        yield


@contextmanager
def odd_exceptions_unsorted() -> Iterator[None]:
    """An exception without a kind from a producer ends the process (a bug that the simulation found)."""

    async def unsorted(doing: str, call: Awaitable[Any]) -> Any:
        return await call

    with replaced(guarded, "sorted_by_kind", unsorted):
        yield


@contextmanager
def cancellation_taken_for_an_order() -> Iterator[None]:
    """A client's own cancellation ends a task without a word (a bug that the simulation found)."""
    with replaced(task_loop, "told_to_cancel", lambda: True):
        yield


MUTANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    bug.__name__: bug
    for bug in (
        commit_before_produce,
        offset_off_by_one,
        staged_state_kept_after_abort,
        revoke_ignored,
        dead_letter_outside_transaction,
        odd_exceptions_unsorted,
        cancellation_taken_for_an_order,
    )
}


def play(name: str, seed: int) -> Failure | None:
    """``seed`` with the bug ``name`` in the engine: what broke, if anything did."""
    met = judge("exactly_once", seed, MUTANTS[name]())
    return met if isinstance(met, Failure) else None


def hunt(name: str, most_seeds: int = MOST_SEEDS) -> Failure | None:
    """The first seed that catches the bug."""
    return next((failure for seed in range(most_seeds) if (failure := play(name, seed))), None)


def main(arguments: list[str]) -> int:
    logging.disable(logging.CRITICAL)
    caught: dict[str, dict[str, Any]] = {}
    for name in MUTANTS:
        failure = hunt(name)
        if failure is None:
            print(f"mutant {name}: NOT CAUGHT by {MOST_SEEDS} seeds", flush=True)
            continue
        caught[name] = {"seed": failure.seed, "invariant": failure.invariant}
        print(f"mutant {name}: caught at seed {failure.seed} by {failure.invariant} ({failure.told[:90]})", flush=True)
    if "--record" in arguments:
        RECORDED.write_text(json.dumps(caught, indent=2) + "\n")
    return 0 if caught.keys() == MUTANTS.keys() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
