"""Replaying dead letters: the payload goes back to its origin topic, meant for the service that had rejected it.

Records and the audit row that lists them are one transaction under one transactional id: a second operator is fenced, and
a letter that the trail knows is not replayed again. Raw observations are left to the redactor, which alone may read them.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.dead_letters import Filter, Letter, read_mailbox, waiting
from shared.audit_trail import ChainWriter, read_chain
from shared.clock import Clock
from shared.errors import PoisonError
from shared.events import DeadLetter
from shared.replayed import ACTION, CLI_CHAIN, REDACTOR_CHAIN, Replayed, evidence, place, replayed_letters
from shared.schema.topics import TopicSpec
from shared.stream.broker import Broker, OutRecord
from shared.stream.records import Record, TopicPartition
from shared.stream.replays import replay_headers
from shared.stream.scan import records_at, scan
from shared.stream.serde import Serde

CHUNK = 100
CHUNK_BYTES = 8 * 1024 * 1024

Announce = Callable[[str], None]
Redact = Callable[[Sequence[Letter], int | None], Awaitable[Mapping[str, str]]]
"""Has the redactor replay these raw letters, at most so many; returns by id the result of each that it came to."""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one letter. ``record`` is what is written for it, if anything."""

    letter: Letter
    result: str
    record: OutRecord | None = None


class DeadLetterReplay:
    """One run of ``flywheel dlq replay``. ``specs`` is the registry of topics."""

    def __init__(
        self,
        broker: Broker,
        serde: Serde,
        clock: Clock,
        specs: Mapping[str, TopicSpec],
        redact: Redact,
        *,
        actor: str,
        announce: Announce = lambda _line: None,
    ) -> None:
        self._broker = broker
        self._serde = serde
        self._clock = clock
        self._specs = specs
        self._redact = redact
        self._actor = actor
        self._announce = announce

    async def already(self) -> frozenset[str]:
        """Letters that the audit trail tells of."""
        redacted = replayed_letters(await read_chain(self._broker, self._serde, REDACTOR_CHAIN))
        return redacted | replayed_letters(await read_chain(self._broker, self._serde, CLI_CHAIN))

    async def plan(self, chosen: Filter, limit: int | None) -> list[Step]:
        """What :meth:`run` would do, with nothing written. Whether raw records have expired only the redactor sees."""
        plain, raw = await self._waiting(chosen, await self.already())
        steps: list[Step] = []
        for chunk in _chunks(plain):
            steps += _first(await self._prepare(chunk), _left(limit, steps))
        return steps + [Step(letter, "read again by the redactor") for letter in raw[: _left(limit, steps)]]

    async def run(self, chosen: Filter, limit: int | None) -> list[Step]:
        """Replay what waits, in the order it was rejected, until ``limit`` were replayed; what cannot be is told and does
        not count. Every chunk is whole or not at all; running it again goes on from there."""
        steps: list[Step] = []
        async with ChainWriter(self._broker, self._serde, self._clock, chain=CLI_CHAIN, actor=self._actor) as chain:
            plain, raw = await self._waiting(chosen, await self.already())
            for chunk in _chunks(plain):
                prepared = _first(await self._prepare(chunk), _left(limit, steps))
                await self._write(chain, prepared)
                steps += prepared
                self._announce(f"{len(steps)} of {len(plain) + len(raw)}")
        left = _left(limit, steps)
        if raw and left != 0:
            results = await self._redact(raw, left)
            steps += [Step(letter, results[letter.id]) for letter in raw if letter.id in results]
            self._announce(f"{len(steps)} of {len(plain) + len(raw)}")
        return steps

    async def _waiting(self, chosen: Filter, replayed: frozenset[str]) -> tuple[list[Letter], list[Letter]]:
        """Letters with topics that an operator may read, and raw ones."""
        letters = waiting((await read_mailbox(self._broker, self._serde)).letters, chosen, replayed)
        return [one for one in letters if not self._is_raw(one)], [one for one in letters if self._is_raw(one)]

    def _is_raw(self, letter: Letter) -> bool:
        spec = self._specs.get(letter.origin.topic)
        return spec is not None and spec.data == "raw"

    async def _write(self, chain: ChainWriter, steps: Sequence[Step]) -> None:
        written = [step for step in steps if step.record is not None]
        if not written:
            return
        told = [
            Replayed(step.letter.id, place(step.letter.origin), step.letter.event.application, step.result)
            for step in written
        ]
        subject = ", ".join(sorted({step.letter.origin.topic for step in written}))
        await chain.write([step.record for step in written if step.record], ACTION, subject, evidence(told))

    async def _prepare(self, letters: Sequence[Letter]) -> list[Step]:
        """The step of each letter. Origins are read where they are still there: for the key, and for what changed."""
        counts = await self._broker.admin().topics()
        there = [one for one in letters if one.origin.partition < counts.get(one.origin.topic, 0)]
        envelopes = await records_at(self._broker, [letter.position for letter in there])
        origins = await records_at(self._broker, [letter.origin for letter in there])
        newest = await self._newest([one for one in there if self._is_compacted(one)])
        steps = []
        for letter in letters:
            if letter not in there:
                steps.append(Step(letter, "not replayed: its topic or partition does not exist"))
                continue
            origin = origins.get(letter.origin)
            if origin is not None and _hash(origin.value) != letter.event.payload_sha256:
                origin = None  # another record stands there now: the topic was made again
            steps.append(self._step(letter, envelopes.get(letter.position), origin, newest))
        return steps

    def _step(
        self, letter: Letter, envelope: Record | None, origin: Record | None, newest: Mapping[tuple[str, bytes], int]
    ) -> Step:
        value = self._payload(envelope) if envelope is not None else None
        if origin is not None:
            value, key, how = origin.value, origin.key, "appended"
        elif value is None:
            return Step(letter, "not replayed: the record has expired and its payload was not kept")
        else:
            found = self._key_of(letter.origin.topic, value)
            if found is None:
                return Step(letter, "not replayed: the record has expired, and its key with it")
            key, how = found, "appended; the record has expired, its key is taken from the payload"
        if self._is_compacted(letter):
            last = newest.get((letter.origin.topic, key or b""))
            if last is not None and last > letter.origin.offset:
                return Step(letter, f"not replayed: a newer record of its key stands at offset {last}")
        headers = replay_headers(
            origin.headers if origin is not None else (), letter.origin, letter.event.application, letter.event.attempt
        )
        return Step(letter, how, OutRecord(letter.origin.topic, key, value, headers, letter.origin.partition))

    def _payload(self, envelope: Record) -> bytes | None:
        try:
            event = self._serde.decode(envelope.topic, envelope.value or b"")
        except PoisonError:
            return None
        return event.payload if isinstance(event, DeadLetter) else None

    def _key_of(self, topic: str, value: bytes) -> bytes | None:
        """The field of the event that the registry names as its key; ``None`` if there is none, or it cannot be read."""
        spec = self._specs.get(topic)
        try:
            event: Any = self._serde.decode(topic, value)
        except (PoisonError, KeyError):
            return None
        key = getattr(event, spec.key, None) if spec is not None else None
        return key.encode() if isinstance(key, str) else None

    def _is_compacted(self, letter: Letter) -> bool:
        spec = self._specs.get(letter.origin.topic)
        return spec is not None and spec.cleanup == "compact"

    async def _newest(self, letters: Sequence[Letter]) -> dict[tuple[str, bytes], int]:
        """Last offset of each key of compacted topics: an older record put behind a newer one would replace it."""
        newest: dict[tuple[str, bytes], int] = {}
        partitions = sorted({TopicPartition(one.origin.topic, one.origin.partition) for one in letters})
        if partitions:
            async for batch in scan(self._broker, partitions):
                for record in batch:
                    newest[record.topic, record.key or b""] = record.offset
        return newest


def _left(limit: int | None, steps: Sequence[Step]) -> int | None:
    """How many more may be replayed."""
    return None if limit is None else max(0, limit - sum(step.record is not None for step in steps))


def _first(steps: Sequence[Step], left: int | None) -> list[Step]:
    """Steps up to the last one that may still be written."""
    kept: list[Step] = []
    for step in steps:
        if left is not None and _left(left, kept) == 0:
            break
        kept.append(step)
    return kept


def _chunks(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Transactions of bounded count and size, in order."""
    chunks: list[list[Letter]] = []
    size = 0
    for letter in letters:
        size += letter.payload_bytes or 0
        if not chunks or len(chunks[-1]) >= CHUNK or size > CHUNK_BYTES:
            chunks.append([])
            size = letter.payload_bytes or 0
        chunks[-1].append(letter)
    return chunks


def _hash(value: bytes | None) -> str | None:
    return None if value is None else hashlib.sha256(value).hexdigest()
