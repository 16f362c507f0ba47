"""The two projections as an operator sees them: what they hold, how far they are, and emptying them."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import redis.asyncio as redis
from redis.exceptions import RedisError

from shared.errors import FatalError
from shared.replica import REPLICA_PREFIX, REPLICATED_TOPICS
from shared.stream.records import TopicPartition

TIMEOUT_S = 10.0


class PostgresProjection:
    """The recorder's tables. Raises :class:`FatalError`, without the address (it holds a password), when refused."""

    def __init__(self, dsn: str, tables: Sequence[str]) -> None:
        self._dsn = dsn
        self._tables = tuple(tables)

    async def rows(self) -> dict[str, int | None]:
        """Rows of each table; ``None`` for one that does not exist."""

        async def count(connection: Any) -> dict[str, int | None]:
            found: dict[str, int | None] = {}
            for table in self._tables:
                exists = await connection.fetchval("SELECT to_regclass($1)::text", table)
                found[table] = await connection.fetchval(f"SELECT count(*) FROM {table}") if exists else None  # noqa: S608 - fixed names
            return found

        return dict(await self._use(count))

    async def positions(self) -> dict[TopicPartition, int]:
        """The next offset of each partition; empty while the recorder has not made its tables again."""

        async def read(connection: Any) -> list[Any]:
            if not await connection.fetchval("SELECT to_regclass('projection_offsets')::text"):
                return []
            return list(await connection.fetch("SELECT topic, partition, next_offset FROM projection_offsets"))

        return {TopicPartition(r["topic"], r["partition"]): r["next_offset"] for r in await self._use(read)}

    async def empty(self) -> None:
        """Empty every table and the offsets, in one transaction. Offsets first: the recorder locks in that order."""

        async def truncate(connection: Any) -> None:
            present = [
                table
                for table in ("projection_offsets", *self._tables)
                if await connection.fetchval("SELECT to_regclass($1)::text", table)
            ]
            async with connection.transaction():
                for table in present:
                    await connection.execute(f"TRUNCATE {table}")

        await self._use(truncate)

    async def _use(self, action: Any) -> Any:
        try:
            connection = await asyncpg.connect(self._dsn, timeout=TIMEOUT_S, command_timeout=60.0)
            try:
                return await action(connection)
            finally:
                await connection.close(timeout=TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise FatalError(
                f"PostgreSQL gives no answer ({type(error).__name__}): 'flywheel status' shows whether it runs, "
                "FLYWHEEL_POSTGRES__DSN names another"
            ) from error


class RedisProjection:
    """The routers' shared copy. Raises :class:`FatalError` when Redis does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def keys(self) -> dict[str, int]:
        """Keys held of each topic."""

        async def count(client: Any) -> dict[str, int]:
            return {topic: int(await client.hlen(REPLICA_PREFIX + topic)) for topic in REPLICATED_TOPICS}

        return dict(await self._use(count))

    async def empty(self) -> None:
        """Delete the copy; nothing else in that Redis is touched."""

        async def delete(client: Any) -> None:
            await client.delete(*[REPLICA_PREFIX + topic for topic in REPLICATED_TOPICS])

        await self._use(delete)

    async def _use(self, action: Any) -> Any:
        client = redis.Redis.from_url(self._url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        try:
            return await action(client)
        except (RedisError, OSError) as error:
            raise FatalError(
                f"Redis gives no answer ({type(error).__name__}): 'flywheel status' shows whether it runs, "
                "FLYWHEEL_REDIS__URL names another"
            ) from error
        finally:
            await client.aclose()
