"""The script inside Redis: whatever the order and however often, the newest version of each key stays."""

import asyncio
import random

from services.router.adapters import RedisReplica


def test_newer_versions_win_in_any_order(redis_url: str, unique_id: str) -> None:
    writes = [(f"k{key}", version) for key in range(5) for version in (1, 2, 9, 10, 2**41, 2**41 + 1)]

    async def scenario() -> None:
        replica = RedisReplica(redis_url)
        try:
            for seed in range(10):
                kind, order = f"{unique_id}.{seed}", [*writes, *writes]
                random.Random(seed).shuffle(order)
                for key, version in order:
                    await replica.put(kind, key, version, str(version).encode())
                assert await replica.load(kind) == {f"k{key}": str(2**41 + 1).encode() for key in range(5)}
            await replica._redis.hset(f"flywheel:router:{unique_id}.0", "foreign", "no such shape")
            assert "foreign" not in await replica.load(f"{unique_id}.0")
            assert await replica.run_id() == await replica.run_id() != ""
        finally:
            await replica.close()

    asyncio.run(scenario())
