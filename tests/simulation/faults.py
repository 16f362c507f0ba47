"""Seeded faults at every await of a simulated process: slow and lost requests, lost answers, stops, crashes, fencing."""

import asyncio
import random
from dataclasses import dataclass, field

from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import TransientError

SESSION_S = 3.0


@dataclass(frozen=True, slots=True)
class Chances:
    """Of each fault, per call."""

    slow: float = 0.1
    lost: float = 0.01
    stopped: float = 0.002
    crash: float = 0.003
    fenced: float = 0.001


@dataclass(slots=True)
class SeededFaults:
    """Faults for every client of one cluster. ``calm`` ends them. ``crashed`` tells which clients died."""

    cluster: MemoryCluster
    rng: random.Random
    chances: Chances = field(default_factory=Chances)
    calm: bool = False
    dead: set[str] = field(default_factory=set)
    crashed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    counts: dict[str, int] = field(default_factory=dict)
    _wakes_s: dict[str, float] = field(default_factory=dict)

    async def point(self, client: str, where: str, /) -> None:
        if client in self.dead:
            await asyncio.sleep(0.01)
            raise TransientError("killed")
        await asyncio.sleep(0)
        await self._while_stopped(client)
        if self.calm or not client:
            return
        roll = self.rng.random()
        chances = self.chances
        if (roll := roll - chances.slow) < 0:
            await asyncio.sleep(self.rng.random() * 0.2)
        elif (roll := roll - chances.lost) < 0:
            self._count("lost")
            raise TransientError(f"lost at {where}")
        elif (roll := roll - chances.stopped) < 0:
            self._count("stopped")
            await self._stop(client)
        elif (roll := roll - chances.crash) < 0:
            self._count("crash")
            self.kill(client)
            raise TransientError("killed")
        elif roll < chances.fenced and self.cluster.transactions:
            self._count("fenced")
            self.cluster.fence(self.rng.choice(sorted(self.cluster.transactions)))

    def kill(self, client: str) -> None:
        """As by SIGKILL: no call of this client works any more; its session runs out later."""
        self.dead.add(client)
        self.crashed.put_nowait(client)
        asyncio.get_running_loop().call_later(SESSION_S, self.cluster.expire_client, client)

    async def _stop(self, client: str) -> None:
        """As by SIGSTOP and SIGCONT: every call of this client waits; past its session the group goes on without it."""
        loop = asyncio.get_running_loop()
        length_s = self.rng.random() * 2 * SESSION_S
        self._wakes_s[client] = loop.time() + length_s
        if length_s > SESSION_S:
            loop.call_later(SESSION_S, self.cluster.expire_client, client)
        await self._while_stopped(client)

    async def _while_stopped(self, client: str) -> None:
        loop = asyncio.get_running_loop()
        while (left_s := self._wakes_s.get(client, 0.0) - loop.time()) > 0:
            await asyncio.sleep(left_s)

    def _count(self, fault: str) -> None:
        self.counts[fault] = self.counts.get(fault, 0) + 1
