"""Records as the engine sees them: where they stand in the log and what they hold.

Named tuples: one of each is made per record, and they are made and hashed several times as fast as frozen dataclasses.
"""

from typing import Any, NamedTuple


class TopicPartition(NamedTuple):
    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


class Position(NamedTuple):
    """Where one record stands. A *committed* position is always the next offset to read, never the last one read."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Record(NamedTuple):
    """One record as fetched: undecoded. ``timestamp_ms`` is epoch milliseconds as the broker gave it."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def position(self) -> Position:
        return Position(self.topic, self.partition, self.offset)


class Message(NamedTuple):
    """One decoded record. ``event`` is a dataclass of :mod:`shared.events`; ``None`` for a tombstone."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str
    event: Any
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def position(self) -> Position:
        return Position(self.topic, self.partition, self.offset)
