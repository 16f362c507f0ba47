"""The router's follower and its replica: filled, filled again when emptied or replaced, in any order of the log."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router import follower as follower_module
from services.router.follower import TOPICS, Follower
from services.router.snapshot import SnapshotHolder
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.errors import TransientError
from shared.events import AssignmentChanged, ModelRegistered
from shared.events.vocabulary import ModelKind
from shared.replica import version_of
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.stream.broker import NewTopic, OutRecord
from tests.unit.router.router_fakes import OneTaskMatcher

CODEC = Codec.from_dir(SCHEMAS_DIR)


class FakeReplica:
    """Redis as the follower sees it; ``put`` decides as the script inside Redis does."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, tuple[int, bytes]]] = {}
        self.life = 1
        self.away = False

    async def put(self, kind: str, key: str, version: int, payload: bytes) -> bool:
        self._answer()
        known = self.kept.setdefault(kind, {}).get(key)
        if known is not None and known[0] >= version:
            return False
        self.kept[kind][key] = (version, payload)
        return True

    async def load(self, kind: str) -> dict[str, bytes]:
        self._answer()
        return {key: payload for key, (_, payload) in self.kept.get(kind, {}).items()}

    async def counts(self, kinds: tuple[str, ...]) -> dict[str, int]:
        self._answer()
        return {kind: len(self.kept.get(kind, {})) for kind in kinds}

    async def run_id(self) -> str:
        self._answer()
        return str(self.life)

    def _answer(self) -> None:
        if self.away:
            raise TransientError("redis: away")


def assignment(cluster: str, version: int) -> AssignmentChanged:
    return AssignmentChanged(cluster=cluster, version=version, primary=f"m@v{version}", changed_at_ms=version)


def model(name: str, at_ms: int) -> ModelRegistered:
    return ModelRegistered(
        model=name, kind=ModelKind.SPECIALIST, model_name=name, eval_scores={}, registered_at_ms=at_ms
    )


async def filled_log() -> MemoryBroker:
    broker = MemoryBroker(MemoryCluster())
    await broker.admin().create_topics([NewTopic(topic, 2) for topic in TOPICS])
    producer = broker.producer()
    await producer.start()
    events: list[tuple[str, str, Any]] = [
        ("assignment.changed", "c1", assignment("c1", 1)),
        ("assignment.changed", "c1", assignment("c1", 3)),
        ("assignment.changed", "c2", assignment("c2", 1)),
        ("model.registered", "m@v3", model("m@v3", 5)),
    ]
    await producer.send([OutRecord(topic, key.encode(), CODEC.encode(topic, event)) for topic, key, event in events])
    await producer.close()
    return broker


EXPECTED = {
    "assignment.changed": {"c1": assignment("c1", 3), "c2": assignment("c2", 1)},
    "model.registered": {"m@v3": model("m@v3", 5)},
}


def held(replica: FakeReplica) -> Mapping[str, Mapping[str, Any]]:
    return {
        kind: {key: CODEC.decode(kind, payload) for key, (_, payload) in rows.items()}
        for kind, rows in replica.kept.items()
        if rows
    }


async def until_held(replica: FakeReplica) -> None:
    async with asyncio.timeout(30):
        while held(replica) != EXPECTED:
            await asyncio.sleep(0.01)


class Following:
    """One router's follower, both loops running."""

    def __init__(self, broker: MemoryBroker, replica: FakeReplica) -> None:
        self.holder = SnapshotHolder(OneTaskMatcher())
        follower = Follower(self.holder, replica, broker, CODEC, follow=True)
        self._follower = follower
        self._tasks = [asyncio.create_task(follower.follow_log()), asyncio.create_task(follower.exchange())]

    async def __aenter__(self) -> "Following":
        async with asyncio.timeout(30):
            await self._follower.current.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "REPLICA_POLL_S", 0.01)


def test_a_replica_emptied_or_put_back_to_an_old_state_is_filled_again() -> None:
    async def story() -> None:
        replica = FakeReplica()
        async with Following(await filled_log(), replica):
            await until_held(replica)
            replica.kept.clear()
            await until_held(replica)
            # Restarted from an old copy: as many keys as before, one of them an older version.
            replica.life += 1
            replica.kept["assignment.changed"]["c1"] = (
                1, CODEC.encode("assignment.changed", assignment("c1", 1)),
            )  # fmt: skip
            await until_held(replica)
            replica.away = True
            await asyncio.sleep(0.05)
            replica.kept.clear()
            replica.away = False
            await until_held(replica)

    asyncio.run(story())


def test_a_router_that_began_with_a_full_replica_fills_it_again_too() -> None:
    async def story() -> None:
        replica, broker = FakeReplica(), await filled_log()
        async with Following(broker, replica):
            await until_held(replica)
        async with Following(broker, replica) as second:
            assert second.holder.current.assignments == EXPECTED["assignment.changed"]
            replica.kept.clear()
            await until_held(replica)

    asyncio.run(story())


VERSIONS = st.lists(st.tuples(st.sampled_from(["c1", "c2", "c3"]), st.integers(1, 40)), max_size=30)


@given(VERSIONS, st.randoms(use_true_random=False))
def test_what_the_snapshot_and_the_replica_end_with_does_not_depend_on_the_order(
    puts: list[tuple[str, int]], order: Any
) -> None:
    async def applied(events: list[AssignmentChanged]) -> tuple[Any, Any]:
        replica, holder = FakeReplica(), SnapshotHolder(OneTaskMatcher())
        for event in events:
            holder.assign(event)
            await replica.put(
                "assignment.changed", event.cluster, version_of(event), CODEC.encode("assignment.changed", event)
            )
        return holder.current.assignments, held(replica)

    async def story() -> None:
        events = [assignment(cluster, version) for cluster, version in puts]
        shuffled = [*events, *events]
        order.shuffle(shuffled)
        newest = {c: assignment(c, max(v for k, v in puts if k == c)) for c, _ in puts}
        for run in (events, shuffled):
            in_memory, in_replica = await applied(run)
            assert in_memory == newest
            assert in_replica == ({"assignment.changed": newest} if newest else {})

    asyncio.run(story())
