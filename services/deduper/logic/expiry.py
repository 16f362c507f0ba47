"""Which store entries may go: those of generations that the window has dropped."""

from itertools import islice

REAPED_PER_RECORD = 4
"""More than one, so that a dropped generation is gone before the next one drops; few, so that no transaction swells."""


class Expiry:
    """Event ids by generation, in stream order."""

    def __init__(self) -> None:
        self._generations: dict[int, list[str]] = {}
        self._due: dict[str, None] = {}

    def remember(self, event_id: str, generation: int) -> None:
        """A call now stands in the store; if one of the same id was due to go, it was replaced."""
        self._due.pop(event_id, None)
        self._generations.setdefault(generation, []).append(event_id)

    def drop_before(self, generation: int) -> None:
        """Drops older generations whole; their entries are due."""
        for old in [number for number in self._generations if number < generation]:
            self._due.update(dict.fromkeys(self._generations.pop(old)))

    def reap(self) -> list[str]:
        """The next entries to delete, oldest first: a few a record."""
        gone = list(islice(self._due, REAPED_PER_RECORD))
        for event_id in gone:
            del self._due[event_id]
        return gone
