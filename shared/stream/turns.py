"""Whose turn it is: partitions are served one after the other, whatever the backlog of one of them."""

from collections.abc import Iterable

from shared.stream.outcome import Result, Skipped
from shared.stream.records import TopicPartition

SKIPPED_A_TURN = 200


class Turns:
    """What is skipped costs nothing and takes no turn: a partition would else stand at records that are too old for as long
    as others have work. After :data:`SKIPPED_A_TURN` in a row it does, or a partition of nothing else would keep the others
    waiting."""

    def __init__(self) -> None:
        self._served: TopicPartition | None = None
        self._skipped = 0

    def ordered(self, partitions: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Those behind the one served last first."""
        served, known = self._served, sorted(partitions)
        if served is None:
            return known
        return [one for one in known if one > served] + [one for one in known if one <= served]

    def take(self, partition: TopicPartition, result: Result) -> None:
        """A record of ``partition`` came to its result."""
        self._skipped = self._skipped + 1 if isinstance(result, Skipped) else 0
        if self._skipped % SKIPPED_A_TURN == 0:
            self._served = partition
