"""The command: ``python -m tests.bench.engine [--part engine|restore|soak]``; each part writes its section."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from infra.local.kafka import KafkaServer
from infra.local.kafka_runtime import KAFKA_VERSION
from shared.stream.broker import NewTopic
from tests.bench.engine import latency, report, restore, soak, throughput
from tests.bench.engine.arena import Arena, Contender
from tests.bench.engine.event import records
from tests.bench.peer_environment import peer_python
from tests.bench.results import this_machine, write_section

PEERS_LOCK = Path(__file__).parents[1] / "peers.lock"
COMMIT_MS = 100
BATCHES = (500, 2_000)
PARTITIONS = (4, 40)
RATE = 1_000.0
FAUST_SHARE = 0.1
RECORDS = {"engine": 120_000, "restore": 200_000}
PARTS = {"engine": "Engine", "restore": "Engine: restore", "soak": "Engine: soak"}
Part = tuple[list[str], list[report.Goal]]


def contenders(peers: str) -> list[Contender]:
    """Each beside the one that it is held against: a round's runs are compared, and the machine's pace moves."""
    own = [
        Contender(kind, partitions, batch)
        for partitions in PARTITIONS
        for batch in BATCHES
        for kind in ("engine_plain", "aiokafka", "typed_loop", "engine")
        if (kind, batch) != ("typed_loop", BATCHES[-1])
    ]
    return [*own, Contender("quix", PARTITIONS[0], BATCHES[-1], peers), Contender("faust", PARTITIONS[0], BATCHES[-1])]


def sized(contender: Contender, count: int) -> int:
    """Faust works through a tenth, or it would take most of the time; many partitions need several batches each."""
    if contender.kind == "faust":
        return round(count * FAUST_SHARE)
    return 2 * count if contender.partitions > PARTITIONS[0] else count


async def compare(arena: Arena, given: argparse.Namespace) -> Part:
    field = contenders(str(peer_python(PEERS_LOCK, "peers", say)))
    for contender in {(c.partitions, sized(c, given.records)): c for c in field}.values():
        count = sized(contender, given.records)
        topic = f"source.{contender.partitions}.{count}"
        await arena.create(NewTopic(topic, contender.partitions))
        await arena.fill(records(count, 1, topic))
    speeds: dict[Contender, list[throughput.Speed]] = {contender: [] for contender in field}
    for number in range(given.rounds):
        for contender in field if number % 2 == 0 else reversed(field):
            count = sized(contender, given.records)
            topic = f"source.{contender.partitions}.{count}"
            speed = await throughput.measure(arena, contender, topic, count, COMMIT_MS)
            speeds[contender].append(speed)
            say(f"round {number + 1}: {contender.name}: {speed.records_per_s:,.0f}/s, {speed.cpu_us:.1f} µs a record")
    latencies: dict[Contender, list[latency.Latency]] = {}
    for number in range(given.rounds):
        for contender in [Contender(kind, PARTITIONS[0], BATCHES[0]) for kind in ("engine", "aiokafka")]:
            measured = await latency.measure(arena, contender, RATE, given.seconds, COMMIT_MS)
            latencies.setdefault(contender, []).append(measured)
            say(f"round {number + 1}: {contender.name}: p50 {measured.p50_ms:.0f}, p99 {measured.p99_ms:.0f} ms")
    lines = [
        *report.speed_table(speeds),
        "",
        f"Exactly once, {given.records:,} Avro records of about 0.9 KB through a backlog ({PARTITIONS[1]} partitions: "
        f"twice as many; faust: {FAUST_SHARE:.0%} of them): decode, change one field, encode. Median of {given.rounds} "
        "interleaved rounds (lowest to highest), every second one in reverse order; a ratio is the median of the rounds' "
        "own ratios. Every run was checked: no record lost, doubled or unchanged. Each contender is one process; broker "
        "and bench share the cores. One transactional id per partition (quix, faust: their own ways), commit interval "
        f"{COMMIT_MS} ms. The "
        "engine is held against the bare loop with its own codec: plain dicts, or the typed events that services use. It "
        "hashes keys; the bare loop writes to the partition that it read from.",
        "",
        *report.latency_table(latencies),
        "",
        f"{RATE:,.0f} records/s for {given.seconds:.0f} s a round, from due to visible for a read_committed reader.",
    ]
    return lines, [*report.speed_goals(speeds), *report.latency_goals(latencies)]


async def restores(arena: Arena, given: argparse.Namespace) -> Part:
    restored = []
    for state in (
        restore.counts(given.records),
        restore.documents(given.records),
        restore.micros(4_096, given.records // 4),
    ):
        say(f"restore: {state[0]}")
        restored.append(await restore.measure(arena, state))
    lines = [
        *report.restore_table(restored),
        "",
        "The engine's own restore from real changelogs of one partition, none of them compacted; then what the service "
        "builds on its stores before its first record.",
    ]
    return lines, report.restore_goals(restored)


async def soaking(arena: Arena, given: argparse.Namespace) -> Part:
    contender = Contender("engine", PARTITIONS[0], BATCHES[0])
    say(f"soak: {given.minutes:g} minutes")
    soaked = await soak.measure(arena, contender, RATE, given.minutes, COMMIT_MS)
    return report.soak_lines(soaked, RATE), report.soak_goals(soaked)


RUNS: dict[str, Callable[[Arena, argparse.Namespace], Coroutine[Any, Any, Part]]] = {
    "engine": compare,
    "restore": restores,
    "soak": soaking,
}


async def on_arena(server: KafkaServer, home: Path, given: argparse.Namespace) -> Part:
    assert server.pid is not None
    arena = Arena(server.address, server.pid, home)
    try:
        await arena.create(NewTopic("dead.letter", 1))
        return await RUNS[given.part](arena, given)
    finally:
        await arena.broker.close()


def run(given: argparse.Namespace) -> Part:
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as home:
        server = KafkaServer(Path(home), announce=say)
        server.start()
        try:
            server.wait_ready(120.0)
            return asyncio.run(on_arena(server, Path(home), given))
        finally:
            server.stop()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine", description="the engine beside its peers")
    parser.add_argument("--part", choices=sorted(PARTS), default="engine")
    parser.add_argument("--records", type=int, help=f"records of a backlog, entries of a changelog (default {RECORDS})")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of a latency run (default 15)")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the soak (default 10)")
    parser.add_argument("--no-write", action="store_true", help="print only; leave RESULTS.md as it is")
    given = parser.parse_args()
    given.records = given.records or RECORDS.get(given.part)
    return given


def peer_version(name: str) -> str:
    pins = (line.split()[0] for line in PEERS_LOCK.read_text().splitlines() if line.startswith(f"{name}=="))
    return next(pins).replace("==", " ")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    given = parse()
    machine = this_machine("aiokafka", "fastavro", "faust-streaming")
    started_s = time.monotonic()
    lines, goals = run(given)
    head = [*machine.lines(), f"- peers: {peer_version('quixstreams')}, {peer_version('confluent-kafka')}"]
    head += [f"- broker: Apache Kafka {KAFKA_VERSION}, embedded, one for all", ""]
    text = [*head, *lines, "", *report.goal_table(goals)]
    say(f"{PARTS[given.part]}: {time.monotonic() - started_s:.0f} s")
    sys.stdout.write(("\n".join(text) if given.no_write else write_section(PARTS[given.part], text)) + "\n")
    return 0 if all(goal.holds for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
