"""Task discovery measured: ``python -m tests.bench.curation.cluster [FOLDER of public data]``.

Every figure comes from the logic of ``flywheel cluster`` (arrival, then a recluster at the end), the number of clusters not
given. Peers get the same embedding, and the right number where they need one. River runs in an environment of its own.
"""

import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.cluster import HDBSCAN, MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from services.cli.curation_cluster import TaskFinder
from shared.lifecycle import settle_memory
from shared.tasks.features import Embed, Featuriser, Vector, default_mean, load_wordllama
from shared.tasks.sentences import minilm_if_installed
from shared.tasks.words import content_words
from tests.bench.curation import dbstream
from tests.bench.curation.streams import Line, Source, banking77, clinc150, drifting, shuffled, tool_calls
from tests.bench.results import spread, this_machine, write_section

RIVER_LINES = 3000
ROUNDS = 3


def remembered(embed: Embed) -> Embed:
    """The same texts come again in every row of the table; they are embedded once."""
    known: dict[str, Vector] = {}

    def lookup(texts: Sequence[str]) -> Vector:
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(missing, embed(missing), strict=True))
        return np.stack([known[text] for text in texts])

    return lookup


def rand(labels: Sequence[str], clusters: Sequence[object]) -> float:
    codes: dict[object, int] = {}
    return float(adjusted_rand_score(labels, [codes.setdefault(one, len(codes)) for one in clusters]))


class Bench:
    def __init__(self, featuriser: Featuriser, sentences: Embed | None) -> None:
        self.featuriser = featuriser
        self.sentences = sentences

    def clusters(self, lines: Sequence[Line], sentences: Embed | None) -> list[str]:
        """The final map of one run."""
        finder = TaskFinder(self.featuriser, sentences)
        placed = [finder.place(line.value) for line in lines]
        finder.finish()
        return [finder.final(one)["cluster"] for one in placed]

    def quality(self, name: str, lines: Sequence[Line], goal: str) -> str:
        labels = [line.label for line in lines]
        cells = []
        for sentences in (self.sentences, None):
            found = self.clusters(lines, sentences)
            heavy = sum(found.count(one) >= 10 for one in set(found))
            cells.append(f"{rand(labels, found):.3f} ({heavy} of 10 calls or more)")
        with_model = cells[0] if self.sentences is not None else "not installed"
        return f"| {name}: {len(lines):,} lines, {len(set(labels))} tasks | {goal} | {with_model} | {cells[1]} |"

    def kept(self, lines: Sequence[Line]) -> list[float]:
        """Share of earlier lines that keep their id over the reclusters at 75 % and 100 % of a stream without drift."""
        finder = TaskFinder(self.featuriser, self.sentences)
        placed: list[dict[str, str]] = []
        before: list[str] = []
        shares = []
        for start, end in ((0.0, 0.5), (0.5, 0.75), (0.75, 1.0)):
            placed += [finder.place(line.value) for line in lines[int(start * len(lines)) : int(end * len(lines))]]
            finder.finish()
            now = [finder.final(one)["cluster"] for one in placed]
            if before:
                shares.append(float(np.mean([one == two for one, two in zip(before, now, strict=False)])))
            before = now
        return shares


def rate(featuriser: Featuriser, source: Source, chars: int, count: int) -> list[float]:
    """Lines a second of CPU time, embedding included, without the recluster at the end, with the cycle collector as the
    engine sets it; a turn says one intent in several ways."""
    rng = random.Random(chars)
    by_label: dict[str, list[str]] = {}
    for text, label in source.rows:
        by_label.setdefault(label, []).append(text)
    labels = sorted(by_label)
    lines = []
    for number in range(count):
        said = by_label[rng.choice(labels)]
        text = rng.choice(said)
        while len(text) < chars:
            text += ". " + rng.choice(said)
        lines.append({"id": str(number), "text": text[:chars]})
    settle_memory()
    rates = []
    for _ in range(ROUNDS):
        finder = TaskFinder(featuriser, None)
        # A second thread of the linear algebra would only wait, and its waiting counts as time of a processor.
        with threadpool_limits(1):
            started_s = time.process_time()
            for line in lines:
                finder.place(line)
            rates.append(count / (time.process_time() - started_s))
    return rates


def peers(embed: Embed, name: str, lines: Sequence[Line]) -> list[str]:
    """Peers on the same static embedding of the same lines."""
    labels = [line.label for line in lines]
    rows = embed([" ".join(content_words(line.value["text"])) for line in lines]) - default_mean()
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    tasks = len(set(labels))

    def mini_batch() -> Sequence[object]:
        model = MiniBatchKMeans(tasks, random_state=0, n_init=1)
        first = max(tasks, 1024)
        model.partial_fit(rows[:first])
        for start in range(first, len(rows), 256):
            model.partial_fit(rows[start : start + 256])
        return list(model.predict(rows))

    def density() -> Sequence[object]:
        sample = rows[:8000]
        return list(HDBSCAN(min_cluster_size=10, copy=True).fit_predict(sample))

    runs: list[tuple[str, Callable[[], Sequence[object]]]] = [
        (f"MiniBatchKMeans, partial_fit, k = {tasks} given", mini_batch),
        ("HDBSCAN, batch, first 8,000 lines, noise as one cluster", density),
    ]

    def row(peer: str, found: Sequence[object], took_s: float) -> str:
        value = rand(labels[: len(found)], found)
        return f"| {name}: {peer} | {value:.3f} | {len(set(found))} | {len(found) / took_s:,.0f} |"

    result = []
    for peer, run in runs:
        with threadpool_limits(1):
            started_s = time.process_time()
            found = run()
            result.append(row(peer, found, time.process_time() - started_s))
    river = dbstream.streamed(rows[:RIVER_LINES], 0.9)
    name_of_it = f"River DBSTREAM, on arrival, radius 0.9, first {RIVER_LINES:,} lines"
    return [*result, row(name_of_it, river.labels, river.took_s)]


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m tests.bench.curation.cluster FOLDER_OF_PUBLIC_DATA\n")
        return 2
    folder = Path(sys.argv[1])
    embed = load_wordllama()
    model = minilm_if_installed()
    bench = Bench(Featuriser(embed), None if model is None else remembered(model))
    clinc, banking = clinc150(folder), banking77(folder)
    machine = this_machine("wordllama", "scikit-learn", "numpy")
    lines = [*machine.lines(), f"- peers: {dbstream.version()}, the others of scikit-learn"]
    lines += [f"- data: {clinc.file}; {banking.file}; tool calls generated, seed 7", ""]
    lines += [
        "| adjusted Rand, number of clusters not given | goal | with sentence model | without |",
        "|---|---|---|---|",
    ]
    # First, while the process holds no more than the service would.
    rates = {chars: rate(bench.featuriser, clinc, chars, 6000) for chars in (150, 880)}
    drift = {source.name: drifting(source, 1) for source in (clinc, banking)}
    lines.append(bench.quality("CLINC150, drift order", drift["CLINC150"], "≥ 0.55"))
    lines.append(bench.quality("BANKING77, drift order", drift["BANKING77"], "≥ 0.43"))
    lines.append(bench.quality("tool calls with argument keys", list(tool_calls(4000, 7)), "≥ 0.75"))
    shuffles = [
        rand([line.label for line in one], bench.clusters(one, bench.sentences))
        for one in (shuffled(banking, seed) for seed in range(5))
    ]
    low, high = min(shuffles), max(shuffles)
    lines += ["", "| measured | goal | value |", "|---|---|---|"]
    lines.append(
        f"| BANKING77, 5 shuffles: adjusted Rand | within ± 0.03 | {low:.3f} to {high:.3f} (± {(high - low) / 2:.3f}) |"
    )
    for source in (clinc, banking):
        shares = ", ".join(f"{share:.3f}" for share in bench.kept(shuffled(source, 11)))
        lines.append(f"| {source.name}, no drift: ids kept over the reclusters at 75 and 100 % | ≥ 0.92 | {shares} |")
    for chars, goal in ((150, "≥ 5,000"), (880, "reported")):
        value = spread(rates[chars])
        lines.append(f"| events/s/core with embedding, turns of {chars} characters | {goal} | {value} |")
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines.append(f"| peak memory of all of this in one process | bounded | {memory_mib:,.0f} MiB |")
    lines += ["", "| peer, same static embedding | adjusted Rand | clusters | lines/s of CPU |", "|---|---|---|---|"]
    for name, stream in drift.items():
        lines += peers(embed, name, stream)
    print(write_section("Task discovery", lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
