"""Where benchmark figures go: a section of ``RESULTS.md`` each, with the machine, its load and the versions beside them."""

import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_PACE_STEPS = 1_000_000
_PACE_ROUNDS = 5
TITLE = (
    "# Benchmarks\n\nWritten by the `make bench-…` targets; each run replaces its own section. "
    "Figures are of the machine and load named beside them.\n"
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What ran the benchmark. ``load`` are the 1, 5 and 15 minute averages before it started; ``pace_ms`` and
    ``reads_ms`` tell the day that a shared host had, processor and memory, which the load of this machine does not."""

    processor: str
    cores: int
    memory_gib: float
    load: tuple[float, float, float]
    versions: str
    pace_ms: float
    reads_ms: float

    def lines(self) -> list[str]:
        load = ", ".join(f"{value:.1f}" for value in self.load)
        quiet = "quiet" if self.load[0] < 0.5 * self.cores else "BUSY with other work: figures are pessimistic"
        return [
            f"- machine: {self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB",
            f"- load average before the run: {load} ({quiet})",
            f"- pace before the run: {self.pace_ms:.0f} ms for {_PACE_STEPS:,} steps of an integer loop, {self.reads_ms:.0f} ms "
            "for as many scattered reads",
            f"- versions: {self.versions}",
        ]


def this_machine(*packages: str) -> Machine:
    """Described from the system itself. ``packages`` are distributions whose versions matter to the figures."""
    names = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return Machine(_processor(), cores, memory, os.getloadavg(), ", ".join(names), _pace_ms(), _reads_ms())


def _pace_ms() -> float:
    def loop() -> None:
        total = 0
        for step in range(_PACE_STEPS):
            total += step * step

    return _median_ms(loop)


def _reads_ms() -> float:
    """Objects in an order that no cache foresees."""
    values = [float(step) for step in range(_PACE_STEPS)]
    random.Random(1).shuffle(values)
    return _median_ms(lambda: sum(values))


def _median_ms(work: Callable[[], object]) -> float:
    rounds = []
    for _ in range(_PACE_ROUNDS):
        started_s = time.perf_counter()
        work()
        rounds.append((time.perf_counter() - started_s) * 1000)
    return statistics.median(rounds)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of ``values`` do not exceed. Raises ``ValueError`` for no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def spread(values: Sequence[float]) -> str:
    """Median with the lowest and highest round."""
    return f"{statistics.median(values):,.0f} (rounds {min(values):,.0f} to {max(values):,.0f})"


def write_section(heading: str, lines: Sequence[str], path: Path = RESULTS) -> str:
    """Put ``lines`` under ``## heading``, in the place of that section's earlier figures; returns the section."""
    today = datetime.now(UTC).date().isoformat()
    section = "\n".join([f"## {heading}", "", f"- date: {today}", *lines, ""])
    text = path.read_text() if path.exists() else TITLE
    head, *others = text.split("\n## ")
    kept = [f"## {other.rstrip()}\n" for other in others if not other.startswith(f"{heading}\n")]
    path.write_text("\n".join([head.rstrip() + "\n", *sorted([*kept, section])]))
    return section
