"""The real pipeline under test: redact → dedupe → cluster → record, two processes of each streaming service where that
tells something, on a broker and a PostgreSQL of its own. Everything is started, hurt and ended by its own id."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import asyncpg

from infra.local.kafka import KafkaServer
from infra.local.postgres import PostgresServer
from infra.local.services import ONE_THREAD
from infra.local.topics import apply_topics
from services.recorder.adapters import Projection
from services.recorder.logic import TABLES
from shared.brokers.kafka import KafkaBroker
from shared.errors import FlywheelError, PoisonError
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.settings import KafkaSettings
from shared.stream.broker import OutRecord
from tests.bench.calls import observations
from tests.conformance.support import KafkaLog, read, until
from tests.integration.recording import recorder_on

CODEC = Codec.from_dir(SCHEMAS_DIR)
GROUPS = ("ingest_redactor", "deduper", "clusterer", "recorder")
MEMBERS = ("ingest_redactor", "ingest_redactor", "deduper", "deduper", "clusterer", "recorder")
RAW, REDACTED, UNIQUE, CLUSTERED = (f"observation.{stage}" for stage in ("raw", "redacted", "unique", "clustered"))
SLEEP_S = 13.0  # longer than the session, so that the group goes on without the sleeper


class Pipeline:
    def __init__(self, home: Path, seed: int) -> None:
        self.rng = Random(seed)
        self.kafka = KafkaServer(home, fast_failover=True)
        self.postgres = PostgresServer(home)
        self.log_dir = home
        self.members: list[subprocess.Popen[bytes]] = []
        self.done: Counter[str] = Counter()

    @property
    def log(self) -> KafkaLog:
        return KafkaLog(self.kafka.address)

    async def start(self) -> None:
        for server in (self.kafka, self.postgres):
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(server.wait_ready, 120)
        await asyncio.to_thread(apply_topics, KafkaSettings(bootstrap_servers=self.kafka.address))
        self.members = [self._member(name) for name in MEMBERS]

    def end(self) -> None:
        for process in self.members:
            process.kill()
            process.wait()
        self.postgres.stop()
        self.kafka.stop()

    def _member(self, name: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            **ONE_THREAD,
            "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": self.kafka.address,
            "FLYWHEEL_POSTGRES__DSN": self.postgres.address,
        }
        with (self.log_dir / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", f"services.{name}.main"]
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    async def feed(self, count: int, rate: float, seed: int) -> None:
        """About ``rate`` observations/s; some sent twice, some anonymised, some that are no observation at all."""
        broker = self.log.broker()
        producer = None
        for start in range(0, count, 20):
            batch = self._batch(min(20, count - start), seed + start)
            while True:
                try:
                    if producer is None:
                        producer = broker.producer()
                        await producer.start()
                    await producer.send(batch)
                    break
                except FlywheelError:  # whether it was written is unknown: send again, as the router's spool does
                    if producer is not None:
                        await producer.close()
                    producer = None
                    await asyncio.sleep(0.3)
            await asyncio.sleep(20 / rate)
        if producer is not None:
            await producer.close()
        await broker.close()

    def _batch(self, count: int, seed: int) -> list[OutRecord]:
        records = []
        for one in observations(count, seed, 1_795_000_000_000 + seed):
            roll = self.rng.random()
            event = replace(one, anonymised=True) if roll < 0.03 else one
            record = OutRecord(RAW, f"{one.tenant}|{one.episode}".encode(), CODEC.encode(RAW, event))
            records.append(record)
            if roll > 0.97:
                records.append(record)
            elif roll > 0.94:
                records.append(OutRecord(RAW, b"foreign", self.rng.randbytes(self.rng.randrange(200))))
        return records

    async def hurt(self, kind: str) -> None:
        """One fault; the process or server is back when this returns."""
        self.done[kind] += 1
        number = self.rng.randrange(len(self.members))
        victim = self.members[number]
        if kind == "kill":
            victim.kill()
            victim.wait()
            self.members[number] = self._member(MEMBERS[number])
        elif kind == "stop":
            victim.send_signal(signal.SIGSTOP)
            await asyncio.sleep(SLEEP_S)
            victim.send_signal(signal.SIGCONT)
        else:
            self.kafka.kill()
            await asyncio.sleep(self.rng.random() * 2)
            await asyncio.to_thread(self.kafka.start)
            await asyncio.to_thread(self.kafka.wait_ready, 120)

    async def caught_up(self, limit_s: float) -> None:
        """I8. Fails with the member that ended, if one did."""
        broker = self.log.broker()
        admin = broker.admin()

        async def no_lag() -> bool:
            for name, process in zip(MEMBERS, self.members, strict=True):
                assert process.poll() is None, f"{name} ended with {process.poll()}"
            for group in GROUPS:
                lags = await admin.lag(group)
                if not lags or any(lags.values()):
                    return False
            return True

        try:
            for _ in range(3):  # a stage without lag may still get work from the one before
                await until(no_lag, limit_s)
                await asyncio.sleep(0.5)
        finally:
            await broker.close()

    async def check_conservation(self) -> None:
        """ids in = ids out + rejected + skipped, stage by stage, from what is in the log."""
        wanted: Counter[str] = Counter()
        rejected = set()
        for record in await read(self.log, RAW):
            try:
                event: Any = CODEC.decode(RAW, record.value or b"")
            except PoisonError:
                rejected.add((record.topic, record.partition, record.offset))
                continue
            if not event.anonymised:
                wanted[event.event_id] += 1
        assert wanted and rejected
        assert await self._ids(REDACTED) == wanted, "redacted = raw - rejected - anonymised, re-sends included"
        once = Counter(dict.fromkeys(wanted, 1))
        assert await self._ids(UNIQUE) == once, "unique = redacted - re-sends"
        assert await self._ids(CLUSTERED) == once, "clustered = unique"
        letters: list[Any] = [CODEC.decode("dead.letter", r.value or b"") for r in await read(self.log, "dead.letter")]
        places = Counter((letter.origin_topic, letter.origin_partition, letter.origin_offset) for letter in letters)
        assert places == Counter(dict.fromkeys(rejected, 1)), "each rejected record has one dead letter"
        assert not any(letter.payload for letter in letters), "nothing from before redaction is kept"

    async def _ids(self, topic: str) -> Counter[str]:
        events: list[Any] = [CODEC.decode(topic, record.value or b"") for record in await read(self.log, topic)]
        return Counter(event.event_id for event in events)

    async def check_tables(self) -> None:
        """Every PostgreSQL table equals that of a fresh replay into an empty database. Ends the live recorder."""
        recorder = self.members[MEMBERS.index("recorder")]
        recorder.terminate()
        await asyncio.to_thread(recorder.wait, 30)
        live = await tables(self.postgres.address)
        fresh = await self._replayed()
        for name, rows in live.items():
            assert rows == fresh[name], f"{name}: {len(rows)} rows live, {len(fresh[name])} by replay"
        assert live["slm_observation_raw"] and live["slm_observation_curated"]

    async def _replayed(self) -> dict[str, list[str]]:
        connection = await asyncpg.connect(self.postgres.address)
        await connection.execute("CREATE DATABASE replay")
        await connection.close()
        dsn = self.postgres.address.rpartition("/")[0] + "/replay"
        broker, projection, stop = (
            KafkaBroker(KafkaSettings(bootstrap_servers=self.kafka.address)),
            Projection(dsn),
            asyncio.Event(),
        )
        running = asyncio.create_task(recorder_on(broker, CODEC, projection, 500).run(stop))
        live = await positions(self.postgres.address)

        async def read_as_far() -> bool:
            return await positions(dsn) == live

        try:
            await until(read_as_far, 120)
            return await tables(dsn)
        finally:
            stop.set()
            await running
            await projection.close()
            await broker.close()


async def positions(dsn: str) -> dict[tuple[str, int], int]:
    rows = await _fetch(dsn, "SELECT topic, partition, next_offset FROM projection_offsets")
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def tables(dsn: str) -> dict[str, list[str]]:
    return {
        table.name: sorted(repr(tuple(row)) for row in await _fetch(dsn, f"SELECT * FROM {table.name}"))
        for table in TABLES
    }


async def _fetch(dsn: str, query: str) -> Sequence[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(query))
    except asyncpg.UndefinedTableError:
        return []
    finally:
        await connection.close()
