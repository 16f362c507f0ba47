"""Which store entries may go: those of generations that the window has dropped."""

from itertools import islice

REAPED_PER_RECORD = 4
"""More than one, so that a dropped generation is gone before the next one drops; few, so that no transaction swells."""


_PACKED = 1000


class Expiry:
    """Event ids by generation, in stream order; packed in tuples, which the garbage collector leaves alone once it has seen
    that they hold text only."""

    def __init__(self) -> None:
        self._generations: dict[int, list[tuple[str, ...]]] = {}
        self._newest: list[str] = []
        self._generation = 0
        self._due: dict[str, None] = {}

    def remember(self, event_id: str, generation: int) -> None:
        """A call now stands in the store; if one of the same id was due to go, it was replaced."""
        self._due.pop(event_id, None)
        if generation != self._generation or len(self._newest) >= _PACKED:
            self._pack()
            self._generation = generation
        self._newest.append(event_id)

    def drop_before(self, generation: int) -> None:
        """Drops older generations whole; their entries are due."""
        self._pack()
        for old in [number for number in self._generations if number < generation]:
            for packed in self._generations.pop(old):
                self._due.update(dict.fromkeys(packed))

    def reap(self) -> list[str]:
        """The next entries to delete, oldest first: a few a record."""
        gone = list(islice(self._due, REAPED_PER_RECORD))
        for event_id in gone:
            del self._due[event_id]
        return gone

    def _pack(self) -> None:
        if self._newest:
            self._generations.setdefault(self._generation, []).append(tuple(self._newest))
            self._newest = []
