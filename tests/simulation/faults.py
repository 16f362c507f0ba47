"""Seeded faults at every await of a simulated process.

Slow and lost requests, answers lost after they took effect, odd exceptions, stops (as by SIGSTOP), crashes, fencing by a
stranger, rebalances out of nowhere, expulsion from the group, news of a rebalance that come late, calls that hang.
Every point passed goes into a digest, so that two runs of one seed can be compared.
"""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import TransientError

SESSION_S = 3.0
PROCESSING = "process"
PRODUCING = ("producer.start", "begin", "send", "offsets", "commit")
RESTORING = (
    "producer.start",
    "producer.start.after",
    "committed",
    "beginning",
    "beginnings",
    "reader.start",
    "stable_ends",
)
GIVING_UP = ("committed", "reader.start", "beginnings", "stable_ends")
"""Calls out of which a client's own cancellation may come: those of a restore."""
ODD = (AssertionError, KeyError, IndexError, RuntimeError, OSError, asyncio.CancelledError)


@dataclass(frozen=True, slots=True)
class Chances:
    """Of each fault, per call where it can happen."""

    slow: float = 0.1
    lost: float = 0.01
    odd: float = 0.003
    gave_up: float = 0.003
    hangs: float = 0.004
    stopped: float = 0.002
    crash: float = 0.003
    fenced: float = 0.001
    expelled: float = 0.001
    rebalance: float = 0.0005
    rebalance_in_restore: float = 0.01
    late_news: float = 0.15


KINDS = (
    *(
        "slow",
        "request_lost",
        "answer_lost",
        "odd",
        "gave_up",
        "hangs",
        "stopped",
        "stopped_past_session",
        "crash",
        "fenced",
    ),
    *("expelled", "rebalance", "rebalance_in_restore", "late_news", "lost_without_revoke", "revoke_too_slow"),
)
"""What ``SeededFaults.counts`` counts. The last two tell what really came of late news and of calls that hang."""


@dataclass(slots=True)
class SeededFaults:
    """Faults for every client of one cluster. ``calm`` ends them. ``crashed`` tells which clients died; ``trace`` is told
    each point passed."""

    cluster: MemoryCluster
    rng: random.Random
    chances: Chances = field(default_factory=Chances)
    calm: bool = False
    dead: set[str] = field(default_factory=set)
    crashed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    counts: Counter[str] = field(default_factory=Counter)
    trace: Callable[[str], None] | None = None
    _digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    _wakes_s: dict[str, float] = field(default_factory=dict)
    _deaf: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cluster.on_left_out = self._left_out

    async def point(self, client: str, where: str, /) -> None:
        await asyncio.sleep(0)
        await self._alive(client)
        fault = "" if self.calm or not client else self._draw(where)
        self._note(client, where, fault)
        if fault:
            await self._happen(fault, client, where)
            await self._alive(client)

    def kill(self, client: str) -> None:
        """As by SIGKILL: no call of this client works any more; its session runs out later."""
        self.dead.add(client)
        self.crashed.put_nowait(client)
        self._end_session_later(client)

    def digest(self) -> str:
        """Of every point passed so far and of everything that stands in the log."""
        digest = self._digest.copy()
        for topic, logs in self.cluster.logs.items():
            for number, log in enumerate(logs):
                for offset, entry in enumerate(log.entries):
                    digest.update(f"{topic}[{number}]@{offset} {entry.hidden} {entry.record}\n".encode())
        return str(digest.hexdigest())

    def _draw(self, where: str) -> str:
        roll, chances = self.rng.random(), self.chances
        if where == "rebalance" and roll < chances.late_news:
            return "late_news"
        chance_of_rebalance = chances.rebalance_in_restore if where in RESTORING else chances.rebalance
        produces = where.removesuffix(".after").removesuffix(".middle") in PRODUCING
        for fault, chance in (
            ("slow", chances.slow),
            ("stopped", chances.stopped),
            ("crash", chances.crash),
            ("expelled", chances.expelled),
            ("fenced", chances.fenced if self.cluster.transactions else 0.0),
            ("rebalance_in_restore" if where in RESTORING else "rebalance", chance_of_rebalance),
            ("answer_lost" if where.endswith(".after") else "request_lost", chances.lost * (where != PROCESSING)),
            ("odd", chances.odd * produces),
            ("gave_up", chances.gave_up * (where in GIVING_UP)),
            ("hangs", chances.hangs * (produces or where == PROCESSING)),
        ):
            roll -= chance
            if roll < 0:
                return fault
        return ""

    async def _happen(self, fault: str, client: str, where: str) -> None:
        self.counts[fault] += 1
        match fault:
            case "slow":
                await asyncio.sleep(self.rng.random() * 0.2)
            case "hangs":
                await asyncio.sleep(2.0 + self.rng.random() * 3)
            case "late_news":
                await self._deafen(client)
            case "stopped":
                self._stop(client)
            case "crash":
                self.kill(client)
            case "expelled":
                self.cluster.expire_client(client)
            case "rebalance" | "rebalance_in_restore":
                for group in self.cluster.groups.values():
                    group.rebalance()
            case "fenced":
                self.cluster.fence(self.rng.choice(sorted(self.cluster.transactions)))
            case "gave_up":
                raise asyncio.CancelledError
            case "odd":
                raise self.rng.choice(ODD)("odd")
            case "request_lost" if where == "leave":
                self._end_session_later(client)
                raise TransientError(f"{fault} at {where}")
            case _:
                raise TransientError(f"{fault} at {where}")

    async def _alive(self, client: str) -> None:
        """A stopped process goes no further until it is woken, a dead one never."""
        loop = asyncio.get_running_loop()
        while client not in self.dead and (left_s := self._wakes_s.get(client, 0.0) - loop.time()) > 0:
            await asyncio.sleep(left_s)
        if client in self.dead:
            await asyncio.sleep(0.01)
            raise TransientError("killed")

    def _stop(self, client: str) -> None:
        """As by SIGSTOP and SIGCONT: every call of this client waits; past its session the group goes on without it."""
        length_s = self.rng.random() * 2 * SESSION_S
        self._wakes_s[client] = asyncio.get_running_loop().time() + length_s
        if length_s > SESSION_S:
            self.counts["stopped_past_session"] += 1
            self._end_session_later(client)

    def _end_session_later(self, client: str) -> None:
        """Nobody beats for this client any more."""
        asyncio.get_running_loop().call_later(SESSION_S, self.cluster.expire_client, client)

    async def _deafen(self, client: str) -> None:
        """A rebalance began, and this member hears of it late or when its partitions are others' already."""
        self._deaf.add(client)
        try:
            await asyncio.sleep(self.rng.random() * 6)
        finally:
            self._deaf.discard(client)

    def _left_out(self, client: str) -> None:
        """A member did not come to a rebalance in time; the others share its partitions."""
        stopped = self._wakes_s.get(client, 0.0) > asyncio.get_running_loop().time()
        if client in self._deaf:
            self.counts["lost_without_revoke"] += 1
        elif client not in self.dead and not stopped:
            self.counts["revoke_too_slow"] += 1
        self._note(client, "left out", "")

    def _note(self, client: str, where: str, fault: str) -> None:
        line = f"{asyncio.get_running_loop().time():.6f} {client} {where} {fault}"
        self._digest.update(line.encode())
        if self.trace is not None:
            self.trace(line)
