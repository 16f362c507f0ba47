"""Dead letters as an operator sees them: read, filtered, and which of them still wait for a replay."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.errors import PoisonError, SettingsError
from shared.events import DeadLetter
from shared.replayed import place
from shared.stream.broker import Broker
from shared.stream.dead_letters import DEAD_LETTER_TOPIC
from shared.stream.records import Position
from shared.stream.scan import partitions_of, scan
from shared.stream.serde import Serde


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter and where it stands. Its payload is left in the log: ``payload_bytes`` is ``None`` without one."""

    position: Position
    event: DeadLetter
    payload_bytes: int | None

    @property
    def id(self) -> str:
        return place(self.position)

    @property
    def origin(self) -> Position:
        return Position(self.event.origin_topic, self.event.origin_partition, self.event.origin_offset)


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty fields let everything through."""

    origin: str = ""
    application: str = ""
    reason: str = ""

    def lets(self, letter: Letter) -> bool:
        pairs = (
            (self.origin, letter.event.origin_topic),
            (self.application, letter.event.application),
            (self.reason, letter.event.reason),
        )
        return all(wanted in ("", found) for wanted, found in pairs)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Every letter, oldest first, and positions of records in the topic that are none."""

    letters: tuple[Letter, ...]
    unreadable: tuple[Position, ...]


def parse_position(text: str) -> Position:
    """``topic/partition/offset``. Raises :class:`SettingsError` for anything else."""
    topic, _, rest = text.partition("/")
    partition, _, offset = rest.partition("/")
    if not topic or not partition.isdigit() or not offset.isdigit():
        raise SettingsError(f"{text!r} is no position: write TOPIC/PARTITION/OFFSET, as 'flywheel dlq list' shows it")
    return Position(topic, int(partition), int(offset))


async def read_mailbox(broker: Broker, serde: Serde) -> Mailbox:
    """All dead letters that are kept, without their payloads."""
    letters, unreadable = [], []
    async with contextlib.aclosing(scan(broker, await partitions_of(broker, DEAD_LETTER_TOPIC))) as batches:
        async for batch in batches:
            for record in batch:
                try:
                    event = serde.decode(DEAD_LETTER_TOPIC, record.value or b"")
                except PoisonError:
                    unreadable.append(record.position)
                    continue
                if isinstance(event, DeadLetter):
                    size = None if event.payload is None else len(event.payload)
                    letters.append(Letter(record.position, replace(event, payload=None), size))
    return Mailbox(tuple(sorted(letters, key=_age)), tuple(unreadable))


def _age(letter: Letter) -> tuple[int, Position]:
    return letter.event.failed_at_ms, letter.position


def _written(letter: Letter) -> Position:
    return letter.position


def states(letters: Sequence[Letter], replayed: frozenset[str]) -> dict[str, str]:
    """By letter id: ``waiting``, ``replayed``, or ``repeated`` where a newer letter tells of the same record and reader.

    So a record that was rejected twice (its group was set back) is replayed once. Letters of one origin topic share a
    partition, so offsets say which is newer, whatever the clocks said.
    """
    newest: dict[tuple[Position, str], str] = {}
    for letter in sorted(letters, key=_written):
        newest[letter.origin, letter.event.application] = letter.id
    return {
        letter.id: "replayed"
        if letter.id in replayed
        else ("waiting" if newest[letter.origin, letter.event.application] == letter.id else "repeated")
        for letter in letters
    }


def waiting(letters: Sequence[Letter], chosen: Filter, replayed: frozenset[str]) -> list[Letter]:
    """What a replay would take, in the order the letters were written."""
    state = states(letters, replayed)
    ordered = sorted(letters, key=_written)
    return [letter for letter in ordered if state[letter.id] == "waiting" and chosen.lets(letter)]
