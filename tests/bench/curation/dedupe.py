"""Repeats and families against their goals, on one core, with datasketch's MinHashLSH as the peer.

What runs is the deduper as the engine runs it, over the engine's own state (writes staged, encoded for the changelog,
applied) and with the cycle collector as it sets it, in batches of 500; only Avro and Kafka are left out. Rates are documents per second of processor time, of all
threads, so that other work on the machine does not count.
"""

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from services.deduper.logic.verdicts import Span
from services.deduper.processor import application
from shared.events.observations import ObservationUnique
from shared.lifecycle import settle_memory
from shared.state.store import TaskState
from shared.stream.outcome import Emit
from shared.stream.processor import TaskId
from shared.stream.records import Message
from shared.stream.testing import FixedTables
from tests.bench.curation import documents
from tests.bench.results import this_machine, write_section

BATCH = 500
THRESHOLD, CLEAR = 0.8, 0.7
GOAL_RECALL, GOAL_FALSE, GOAL_RATE, GOAL_BYTES, GOAL_KEPT = 0.99, 0.001, 20_000.0, 1_400.0, 0.95
SPAN = Span(generations=24, generation_ms=10**12, generation_records=100_000)


class Task:
    """One task of the deduper over the engine's state."""

    def __init__(self) -> None:
        self._application = application(threshold=THRESHOLD, span=SPAN)
        self._id = TaskId("deduper", self._application.topics, 0)
        self.changelog: list[tuple[str, str, bytes | None]] = []
        self.state = TaskState(self._application.stores, FixedTables())
        self._processor = self._application.processor(self._id)
        self._processor.restored(self.state)
        self._offset = 0
        self.keep_changelog = False

    def feed(self, texts: Sequence[str], task_key: str = "task") -> tuple[list[ObservationUnique], float]:
        """Verdicts, and the processor seconds they took."""
        batch = [
            Message(
                "observation.redacted",
                0,
                self._offset + n,
                0,
                task_key,
                documents.event(self._offset + n, text, task_key),
                (),
            )
            for n, text in enumerate(texts)
        ]
        self._offset += len(texts)
        started_s = time.process_time()
        outcomes = self._processor.process(batch, self.state)
        changes = self.state.changes()
        self.state.apply()
        took_s = time.process_time() - started_s
        if self.keep_changelog:
            self.changelog += [(change.store, change.key, change.value) for change in changes]
        unique = [result.outputs[0].event for result in outcomes.results if isinstance(result, Emit)]
        assert all(isinstance(one, ObservationUnique) for one in unique)
        return unique, took_s

    def restart(self) -> float:
        """Replaces state and processor by ones restored from the changelog; returns the processor seconds it took."""
        state = TaskState(self._application.stores, FixedTables())
        started_s = time.process_time()
        for store, key, value in self.changelog:
            state.store(store).restore(key, value)
        self._processor = self._application.processor(self._id)
        self._processor.restored(state)
        self.state = state
        return time.process_time() - started_s


def batches(texts: Iterable[str], sizes: Callable[[], int] = lambda: BATCH) -> Iterator[list[str]]:
    source = iter(texts)
    while batch := list(islice(source, sizes())):
        yield batch


def verdicts(
    texts: Iterable[str], sizes: Callable[[], int] = lambda: BATCH, restart_every: int = 0
) -> list[ObservationUnique]:
    task, made = Task(), []
    task.keep_changelog = bool(restart_every)
    for number, batch in enumerate(batches(texts, sizes), start=1):
        made += task.feed(batch)[0]
        if restart_every and number % restart_every == 0:
            task.restart()
    return made


@dataclass(slots=True)
class Quality:
    """Counts against brute force over every earlier original (a document that is in no other's family)."""

    documents: int = 0
    wanted: int = 0
    found: int = 0
    nearest: int = 0
    at_the_edge: int = 0
    found_at_the_edge: int = 0
    clear: int = 0
    false: int = 0
    peer_found: int = 0
    kept: int = 0

    @property
    def recall(self) -> float:
        return self.found / max(1, self.wanted)


def quality(texts: Sequence[str], peer: bool) -> Quality:
    """Recall and false flags of every document with its earlier originals; of the peer on the same pairs."""
    import numpy as np

    made = verdicts(texts)
    ids = {one.event_id: number for number, one in enumerate(made)}
    original = np.array([one.family == one.event_id for one in made])
    count = Quality(documents=len(made), kept=sum(one.repeat_of is None for one in made))
    flagged_by_peer = peer_flags(texts, original.tolist()) if peer else [False] * len(texts)
    for first, rows in documents.exact_jaccard(texts):
        for offset, row in enumerate(rows):
            number = first + offset
            best_of_all = float(row[:number].max(initial=0.0))
            best = float((row[:number] * original[:number]).max(initial=0.0))
            one = made[number]
            flagged = one.family != one.event_id
            if best >= THRESHOLD:
                edge = best < 0.82
                count.wanted += 1
                count.found += flagged
                count.at_the_edge += edge
                count.found_at_the_edge += edge and flagged
                count.nearest += flagged and abs(float(row[ids[one.family]]) - best) < 1e-9
                count.peer_found += flagged_by_peer[number]
            if best_of_all < CLEAR:
                count.clear += 1
                count.false += flagged
    return count


def peer_flags(texts: Sequence[str], original: Sequence[bool]) -> list[bool]:
    """datasketch with its own defaults for 0.8 and a check of the estimate, over the same originals."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    kept: dict[int, MinHash] = {}
    flags = []
    for number, text in enumerate(texts):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([word.encode() for word in documents.words_of(text)])
        found = index.query(sketch)
        flags.append(any(kept[other].jaccard(sketch) >= THRESHOLD for other in found))
        if original[number]:
            kept[number] = sketch
            index.insert(number, sketch)
    return flags


def peer_rate(texts: Sequence[str]) -> float:
    started_s = time.process_time()
    peer_flags(texts, [True] * len(texts))
    return len(texts) / (time.process_time() - started_s)


def rate(texts: Sequence[str], rounds: int, size: int = BATCH) -> list[float]:
    """Documents per processor second, a fresh window each round."""
    rates = []
    for _ in range(rounds):
        task, took_s = Task(), 0.0
        for batch in batches(texts, lambda: size):
            took_s += task.feed(batch)[1]
        rates.append(len(texts) / took_s)
    return rates


def resident_bytes() -> int:
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmRSS"))


def window_of(count: int) -> tuple[float, float, float]:
    """Bytes a document that a window of ``count`` originals adds to the process; documents/s while it fills, and of the
    last tenth."""
    words = documents.vocabulary(60_000, 5)
    task, all_s, last_s, done = Task(), 0.0, 0.0, 0
    for batch in batches(documents.generated(2 * BATCH, 6, words)):
        task.feed(batch)
    gc.collect()
    before = resident_bytes()
    for batch in batches(documents.generated(count, 7, words)):
        took_s = task.feed(batch)[1]
        done += len(batch)
        all_s += took_s
        if done > 0.9 * count:
            last_s += took_s
    gc.collect()
    return (resident_bytes() - before) / count, count / all_s, 0.1 * count / last_s


def window_in_a_fresh_process(count: int) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "tests.bench.curation.dedupe", "--window-only", "--window", str(count)]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(line[0]), float(line[1]), float(line[2])


def same_however_cut(texts: Sequence[str]) -> bool:
    """One by one, in odd cuts, and with a restart from the changelog every third batch."""
    rng = Random(3)
    whole = verdicts(texts)
    ways = (
        verdicts(texts, lambda: 1),
        verdicts(texts, lambda: rng.randint(1, 700)),
        verdicts(texts, lambda: rng.randint(1, 700), restart_every=3),
    )
    return all(way == whole for way in ways)


def verdict(holds: bool) -> str:
    return "held" if holds else "MISSED"


def report(data: Path | None, count: int, window: int, rounds: int) -> list[str]:
    words = documents.vocabulary(60_000, 1)
    corpora = [
        documents.Corpus("seeded words", documents.with_copies(documents.generated(count, 2, words), 3, words)),
        *(
            documents.Corpus(f"narrow template {n + 1}", documents.narrow(1000, n, n))
            for n in range(len(documents.TEMPLATES))
        ),
    ]
    if data is not None:
        lines, names = documents.utterances(data)
        corpora.append(documents.Corpus(names, documents.with_copies(documents.joined(count, 4, lines), 5, words)))
    made = ["", "| measured | value | goal |", "|---|---|---|"]
    for corpus in corpora:
        say(f"quality on {corpus.source}: {len(corpus.texts)} documents")
        found = quality(corpus.texts, peer=True)
        made += quality_rows(corpus, found)
    texts = corpora[0].texts
    say("cuts and restarts")
    same = all(same_however_cut(corpus.texts[:1500]) for corpus in corpora)
    made.append(
        f"| same verdicts one by one, in odd cuts, with restarts | {'yes' if same else 'NO'} | {verdict(same)} |"
    )
    say("rates")
    for corpus in (corpora[0], corpora[1], corpora[-1]):
        rates = rate(corpus.texts, rounds)
        made.append(
            f"| documents/s of one core, {corpus.source[:40]}, median (lowest to highest) "
            f"| {sorted(rates)[len(rates) // 2]:,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
            f"| ≥ {GOAL_RATE:,.0f}: {verdict(sorted(rates)[len(rates) // 2] >= GOAL_RATE)} |"
        )
    made.append(f"| the same one by one | {rate(texts[:1000], 1, 1)[0]:,.0f} | |")
    made.append(f"| the same, datasketch (batched, defaults) | {peer_rate(texts[:2000]):,.0f} | |")
    if window:
        say(f"window of {window:,}")
        size, filling, late = window_in_a_fresh_process(window)
        made.append(
            f"| bytes a document, window of {window:,}, all of it | {size:,.0f} | ≤ {GOAL_BYTES:,.0f}: {verdict(size <= GOAL_BYTES)} |"
        )
        made.append(
            f"| documents/s of one core while it fills (last tenth) | {filling:,.0f} ({late:,.0f}) "
            f"| ≥ {GOAL_RATE:,.0f}: {verdict(filling >= GOAL_RATE)} |"
        )
    return made


def quality_rows(corpus: documents.Corpus, found: Quality) -> list[str]:
    edge = f"{found.found_at_the_edge} of {found.at_the_edge} in 0.80–0.82"
    share = found.false / max(1, found.clear)
    rows = [
        f"| recall ≥ {THRESHOLD}, {corpus.source} | {found.recall:.4f} of {found.wanted:,} ({edge}); nearest: {found.nearest:,} "
        f"| ≥ {GOAL_RECALL}: {verdict(found.recall >= GOAL_RECALL)} |",
        f"| the same, datasketch threshold=0.8 | {found.peer_found / max(1, found.wanted):.4f} | |",
    ]
    if corpus.source.startswith("narrow"):
        kept = found.kept / found.documents
        rows.append(
            f"| distinct calls that keep their payload | {kept:.1%} | ≥ {GOAL_KEPT:.0%}: {verdict(kept >= GOAL_KEPT)} |"
        )
    if found.clear:
        rows.append(
            f"| flagged with none above {CLEAR} | {found.false} of {found.clear:,} | ≤ {GOAL_FALSE:.1%}: {verdict(share <= GOAL_FALSE)} |"
        )
    return rows


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.curation.dedupe", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of public data with banking77/*.csv; without it seeded words only"
    )
    parser.add_argument("--documents", type=int, default=3000, help="originals of the quality part (default 3000)")
    parser.add_argument("--window", type=int, default=1_000_000, help="documents of the memory part, 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-write", action="store_true", help="print only; leave RESULTS.md as it is")
    parser.add_argument("--window-only", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    settle_memory()
    if given.window_only:
        size, filling, late = window_of(given.window)
        sys.stdout.write(f"{size} {filling} {late}\n")
        return 0
    machine = this_machine("datasketch", "numpy", "rensa")
    lines = [*machine.lines(), *report(given.data, given.documents, given.window, given.rounds)]
    text = "\n".join(lines) if given.no_write else write_section("Curation: repeats and families", lines)
    sys.stdout.write(text + "\n")
    return 1 if "MISSED" in text else 0


if __name__ == "__main__":
    sys.exit(main())
