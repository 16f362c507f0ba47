"""The redactor once more over given positions: ``python -m services.ingest_redactor.replay`` (``flywheel dlq replay``).

Standard input: ``{"actor": …, "limit": …, "letters": [{"letter", "partition", "offset", "attempt", "sha256"}, …]}``: dead
letters of ``observation.raw``, which hold no payload. Standard output: ``{"results": {letter: result}}``. Same processor,
settings and principal as the service; outputs, new dead letters (attempt + 1) and the audit row that lists the letters are
one transaction under a transactional id of its own. Letters that its audit chain knows are not replayed again.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.ingest_redactor.main import configured
from services.ingest_redactor.processor import SOURCE
from shared.audit_trail import ChainWriter
from shared.clock import Clock, SystemClock
from shared.lifecycle import Process, make_dead_letter, serve
from shared.replayed import ACTION, REDACTOR_CHAIN, Replayed, evidence, place, replayed_letters
from shared.stream.broker import Broker
from shared.stream.outcome import Emit, Emitted, Rejected, Result, Skipped
from shared.stream.processor import Application, TaskId
from shared.stream.records import Position, Record
from shared.stream.replays import replay_headers
from shared.stream.scan import records_at
from shared.stream.serde import Serde
from shared.stream.tables import NO_TABLES
from shared.stream.task import Work

CHUNK = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """One dead letter of a raw record; ``sha256`` of the record's value, as the letter holds it."""

    letter: str
    partition: int
    offset: int
    attempt: int
    sha256: str | None

    @property
    def origin(self) -> Position:
        return Position(SOURCE, self.partition, self.offset)


async def replay(
    broker: Broker,
    serde: Serde,
    clock: Clock,
    application: Application,
    wanted: Sequence[Wanted],
    actor: str,
    limit: int | None = None,
) -> dict[str, str]:
    """Redact what the letters tell of, and stop after ``limit`` records. Returns the result of each letter it came to:
    ``emitted``, ``rejected: reason``, ``skipped: reason``, ``expired`` or ``already replayed``.

    Raises :class:`shared.errors.FatalError` when the stop limit is reached: the chunk is not committed.
    """
    results: dict[str, str] = {}
    async with ChainWriter(broker, serde, clock, chain=REDACTOR_CHAIN, actor=actor) as chain:
        known = replayed_letters(chain.rows)
        results.update({one.letter: "already replayed" for one in wanted if one.letter in known})
        todo = [one for one in wanted if one.letter not in known]
        work = Work(application, TaskId(application.name, (SOURCE,), 0), serde, make_dead_letter, NO_TABLES)
        work.restored()
        left = len(todo) if limit is None else limit
        while todo and left > 0:
            size = min(CHUNK, left)
            chunk, todo = todo[:size], todo[size:]
            found = await records_at(broker, [one.origin for one in chunk])
            present = [(one, record) for one in chunk if (record := _same(one, found)) is not None]
            results.update({one.letter: "expired" for one in chunk})
            if present:
                results.update(await _commit(work, chain, present, clock))
                left -= len(present)
    return results


def _same(wanted: Wanted, found: dict[Position, Record]) -> Record | None:
    """The record the letter was written for, marked with the attempts made on it; ``None`` if another stands there."""
    record = found.get(wanted.origin)
    if record is None or hashlib.sha256(record.value or b"").hexdigest() != wanted.sha256:
        return None
    headers = replay_headers(record.headers, wanted.origin, "ingest_redactor", wanted.attempt)
    return record._replace(headers=headers)


async def _commit(
    work: Work, chain: ChainWriter, present: Sequence[tuple[Wanted, Record]], clock: Clock
) -> dict[str, str]:
    prepared = work.prepare([record for _, record in present], NO_TABLES, clock.now_ms())
    results = {one.letter: _told(result) for (one, _), result in zip(present, prepared.results, strict=True)}
    told = [Replayed(one.letter, place(one.origin), work.application.name, results[one.letter]) for one, _ in present]
    await chain.write(prepared.records, ACTION, SOURCE, evidence(told))
    work.applied(prepared)
    return results


def _told(result: Result) -> str:
    if isinstance(result, Emit | Emitted):
        return "emitted"
    if isinstance(result, Rejected | Skipped):
        return f"{type(result).__name__.lower()}: {result.reason}"
    return "deferred"


def main() -> int:
    application, settings = configured()
    document: dict[str, Any] = json.load(sys.stdin)
    wanted = [Wanted(**letter) for letter in document["letters"]]
    results: dict[str, str] = {}

    async def run(process: Process) -> None:
        actor, limit = str(document["actor"]), document.get("limit")
        found = await replay(process.broker, process.serde, SystemClock(), application, wanted, actor, limit)
        results.update(found)

    code = serve(run, settings, name=REDACTOR_CHAIN)
    sys.stdout.write(json.dumps({"results": results}) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
