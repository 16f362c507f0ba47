"""Who may use the engine now. llama.cpp batches only sequences under the same adapter: with several adapters in use, the one
whose slots are never all idle keeps the others waiting for as long as its traffic lasts. So completions are admitted here,
in the order of their arrival: those of one adapter together, until somebody waits for another. Nobody waits for longer than
the engine can be hoped to be of use: under overload the queue would else fill with callers who have long gone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Admission:
    """At most ``slots`` completions at a time, all under one adapter, first come first served."""

    def __init__(self, slots: int, patience_s: float) -> None:
        self._slots = slots
        self._patience_s = patience_s
        self._adapter: str | None = None
        self._admitted = 0
        self._waiting: deque[tuple[str | None, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def turn(self, adapter: str | None) -> AsyncIterator[None]:
        """Hold a slot under ``adapter``; ``None`` is the base model. Leaving, or a cancellation, lets the next one in.

        Raises ``TimeoutError`` when the turn has not come within the patience.
        """
        async with asyncio.timeout(self._patience_s):
            await self._wait(adapter)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, adapter: str | None) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((adapter, place))
        self._admit()
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._admit()  # it may have stood in front of others
            else:
                self._leave()
            raise

    def _leave(self) -> None:
        self._admitted -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting:
            adapter, place = self._waiting[0]
            if place.cancelled():
                self._waiting.popleft()
                continue
            if self._admitted and (adapter != self._adapter or self._admitted >= self._slots):
                return
            self._waiting.popleft()
            self._adapter = adapter
            self._admitted += 1
            place.set_result(None)
