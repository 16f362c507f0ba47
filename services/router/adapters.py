"""Redis as the replicas' shared copy of the snapshot: newer versions win, decided by a script inside Redis."""

import base64
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from shared.errors import TransientError
from shared.replica import REPLICA_PREFIX

# One hash per kind; a field holds "<version>:<payload in base64>". Returns 1 if the value was taken.
PUT_IF_NEWER = """
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then
  local version = tonumber(string.match(known, '^(%-?%d+):'))
  if version and version >= tonumber(ARGV[2]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. ARGV[3])
return 1
"""
PREFIX = REPLICA_PREFIX
OPERATION_TIMEOUT_S = 0.5


class RedisReplica:
    """Raises :class:`TransientError` whenever Redis does not answer; holds nothing that the topics cannot give back."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=OPERATION_TIMEOUT_S, socket_connect_timeout=OPERATION_TIMEOUT_S
        )
        self._put = self._redis.register_script(PUT_IF_NEWER)

    async def put(self, kind: str, key: str, version: int, payload: bytes) -> bool:
        try:
            value = base64.b64encode(payload).decode()
            return bool(await self._put(keys=[PREFIX + kind], args=[key, version, value]))
        except (RedisError, OSError) as error:
            raise TransientError(f"redis: {type(error).__name__}") from error

    async def load(self, kind: str) -> dict[str, bytes]:
        try:
            rows = await self._redis.hgetall(PREFIX + kind)
        except (RedisError, OSError) as error:
            raise TransientError(f"redis: {type(error).__name__}") from error
        return {key.decode(): payload for key, value in rows.items() if (payload := _payload(value)) is not None}

    async def counts(self, kinds: tuple[str, ...]) -> dict[str, int]:
        try:
            return {kind: int(await self._redis.hlen(PREFIX + kind)) for kind in kinds}
        except (RedisError, OSError) as error:
            raise TransientError(f"redis: {type(error).__name__}") from error

    async def run_id(self) -> str:
        try:
            return str((await self._redis.info("server"))["run_id"])
        except (RedisError, OSError, KeyError) as error:
            raise TransientError(f"redis: {type(error).__name__}") from error

    async def close(self) -> None:
        await self._redis.aclose()


def _payload(value: bytes) -> bytes | None:
    """A field's payload; ``None`` for one that was not written here: the topics hold what it should have been."""
    try:
        return base64.b64decode(value.split(b":", 1)[1], validate=True)
    except (IndexError, ValueError):
        return None
