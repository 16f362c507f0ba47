"""The committed position of work that finishes out of order: the lowest unfinished offset."""

from collections import deque


class Watermark:
    """One partition's in-flight offsets. Copes with holes: offsets need not be consecutive.

    Invariant (I4): ``committable`` never passes an offset that was taken and not finished.
    """

    def __init__(self, start: int) -> None:
        self._taken: deque[int] = deque()
        self._unfinished: set[int] = set()
        self._position = start

    def take(self, offset: int) -> None:
        """Work on ``offset`` has begun. Offsets are taken in increasing order; raises ``ValueError`` otherwise."""
        if offset < self._position:
            raise ValueError(f"offset {offset} is behind the position {self._position}")
        self._taken.append(offset)
        self._unfinished.add(offset)
        self._position = offset + 1

    def finish(self, offset: int) -> None:
        """Work on ``offset`` is done for good. Raises ``ValueError`` for one that is not in flight."""
        if offset not in self._unfinished:
            raise ValueError(f"offset {offset} is not in flight")
        self._unfinished.remove(offset)
        while self._taken and self._taken[0] not in self._unfinished:
            self._taken.popleft()

    def advance(self, position: int) -> None:
        """The reader moved on to ``position`` (past markers and holes too). Never goes back."""
        self._position = max(self._position, position)

    @property
    def position(self) -> int:
        """The next offset to fetch."""
        return self._position

    @property
    def committable(self) -> int:
        """The offset that may be committed: the next one to read after a restart."""
        return self._taken[0] if self._taken else self._position

    @property
    def in_flight(self) -> int:
        return len(self._unfinished)

    @property
    def span(self) -> int:
        """Offsets held back by the lowest unfinished one, itself included: what a restart would repeat."""
        return len(self._taken)
