"""PostgreSQL: rows and the offset they stand for in one transaction, the offset compared and set."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from services.recorder.logic import AUDIT, TABLES, Row
from shared.errors import FatalError, MigratedError, TransientError
from shared.stream.records import TopicPartition

SCHEMA_FILE = Path(__file__).resolve().parent.parent.parent / "infra" / "postgres" / "schema.sql"
GENESIS = "0" * 64
# asyncpg raises InternalClientError for a query in flight when the server dies: that too is a lost connection.
LOST = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError)
COMMAND_TIMEOUT_S = 30.0
# What a database says that was dropped, or is about to be made again, under a running recorder.
WIPED = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.InvalidCatalogNameError)


class Projection:
    """One connection. Any error of the connection closes it and is a :class:`TransientError`; the next use reconnects.

    So is a table, schema or database that is gone, once this one had been prepared: it is made again.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Any = None
        self._prepared = False

    async def prepare(self) -> None:
        """Create what is missing; the topics of a table that was missing are read again. Concurrent recorders take turns."""
        try:
            connection = await self._connected()
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(74837483)")
                missing = [
                    table.name
                    for table in TABLES
                    if not await connection.fetchval("SELECT to_regclass($1)::text", table.name)
                ]
                await connection.execute(SCHEMA_FILE.read_text())
                topics = [topic for table in TABLES if table.name in missing for topic in table.topics]
                await connection.execute("DELETE FROM projection_offsets WHERE topic = ANY($1::text[])", topics)
            self._prepared = True
        except LOST as error:
            raise await self._lost(error) from error
        except asyncpg.PostgresError as error:
            raise await self._refused(error) from error

    async def offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Next offset of each partition; 0 for one never recorded."""
        try:
            connection = await self._connected()
            rows = await connection.fetch("SELECT topic, partition, next_offset FROM projection_offsets")
        except LOST as error:
            raise await self._lost(error) from error
        except asyncpg.PostgresError as error:
            raise await self._refused(error) from error
        known = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        return {partition: known.get(partition, 0) for partition in partitions}

    async def write(self, rows: Sequence[Row], moves: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Write rows and move offsets from → to. Raises ``MigratedError`` if another recorder moved one already, and
        ``FatalError`` if an audit row does not follow from the one before."""
        try:
            connection = await self._connected()
            async with connection.transaction():
                for partition, (expected, following) in sorted(moves.items()):
                    await self._move(connection, partition, expected, following)
                await self._verify(connection, [row for row in rows if row.table is AUDIT])
                grouped: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
                for row in rows:
                    grouped[row.table.insert].append(row.values)
                for statement, values in grouped.items():
                    await connection.executemany(statement, values)
        except LOST as error:
            raise await self._lost(error) from error
        except asyncpg.PostgresError as error:
            raise await self._refused(error) from error

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                await connection.close(timeout=2.0)
            except (*LOST, asyncpg.PostgresError):
                connection.terminate()

    async def _move(self, connection: Any, partition: TopicPartition, expected: int, following: int) -> None:
        if expected == 0:
            await connection.execute(
                "INSERT INTO projection_offsets VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
                partition.topic,
                partition.partition,
            )
        moved = await connection.fetchval(
            "UPDATE projection_offsets SET next_offset = $3 WHERE topic = $1 AND partition = $2 AND next_offset = $4 "
            "RETURNING next_offset",
            partition.topic,
            partition.partition,
            following,
            expected,
        )
        if moved is None:
            raise MigratedError(f"{partition} was moved by another recorder")

    async def _verify(self, connection: Any, rows: Sequence[Row]) -> None:
        """Each audit row continues its chain: next sequence, and the hash of the row before. Rows that are there already
        (the log is read again) must be the same ones."""
        heads: dict[str, tuple[int, str]] = {}
        fresh: dict[tuple[str, int], str] = {}
        for row in rows:
            values = dict(zip(row.table.columns, row.values, strict=True))
            chain, seq = values["chain_id"], values["seq"]
            if chain not in heads:
                last = await connection.fetchrow(
                    "SELECT seq, row_hash FROM promotion_audit_log WHERE chain_id = $1 ORDER BY seq DESC LIMIT 1", chain
                )
                heads[chain] = (last["seq"] + 1, last["row_hash"]) if last else (0, GENESIS)
            if seq < heads[chain][0]:
                known = fresh.get((chain, seq)) or await connection.fetchval(
                    "SELECT row_hash FROM promotion_audit_log WHERE chain_id = $1 AND seq = $2", chain, seq
                )
                if known in (values["row_hash"], None):
                    continue
            elif (seq, values["prev_hash"]) == heads[chain]:
                fresh[chain, seq] = values["row_hash"]
                heads[chain] = (seq + 1, values["row_hash"])
                continue
            raise FatalError(f"audit chain {chain} breaks at seq {seq}: nothing is recorded after it")

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn, timeout=10.0, command_timeout=COMMAND_TIMEOUT_S)
        return self._connection

    async def _lost(self, error: BaseException) -> TransientError:
        await self.close()
        return TransientError(f"postgresql: {type(error).__name__}")

    async def _refused(self, error: asyncpg.PostgresError) -> TransientError | FatalError:
        if self._prepared and isinstance(error, WIPED):
            await self.close()  # a new connection knows nothing of the old tables
            return TransientError(f"postgresql was wiped: {type(error).__name__}")
        return refused(error)


def refused(error: asyncpg.PostgresError) -> TransientError | FatalError:
    """A server that starts or stops, a full disk, or a deadlock, passes; a missing table or right does not."""
    passing = (asyncpg.CannotConnectNowError, asyncpg.DeadlockDetectedError, asyncpg.OperatorInterventionError)
    if isinstance(error, (*passing, asyncpg.InsufficientResourcesError, asyncpg.PostgresSystemError)):
        return TransientError(f"postgresql: {type(error).__name__}")
    return FatalError(f"postgresql: {type(error).__name__} ({error.sqlstate})")
