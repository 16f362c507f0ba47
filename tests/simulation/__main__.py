"""The long simulation: ``python -m tests.simulation [exactly_once|at_least_once] [--seeds N | A-B] [--trace]``.

Without a name: every simulation over the seeds, then a hunt for each planted bug. Stops at the first failing seed and
prints the command that repeats it. ``--trace`` prints every point that one seed passes.
"""

import argparse
import sys
import time

from tests.simulation import at_least_once, exactly_once, mutants
from tests.simulation.conftest import seed_range
from tests.simulation.seeds import SIMULATIONS, Tally, run_many

DEFAULT_SEEDS = "5000"
PROGRESS_S = 10.0


class Progress:
    """One line about every ten seconds."""

    def __init__(self, seeds: int) -> None:
        self.seeds = seeds
        self.started_s = self.told_s = time.monotonic()

    def __call__(self, tally: Tally) -> None:
        now_s = time.monotonic()
        if now_s - self.told_s >= PROGRESS_S or tally.runs == self.seeds:
            self.told_s = now_s
            print(
                f"{tally.simulation}: {tally.runs} of {self.seeds} seeds, {now_s - self.started_s:.0f} s, "
                f"{tally.met.total()} faults",
                flush=True,
            )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("simulation", nargs="?", choices=sorted(SIMULATIONS))
    parser.add_argument("--seeds", default=DEFAULT_SEEDS, type=seed_range, help="how many, or from-to")
    parser.add_argument("--trace", action="store_true", help="print every point passed")
    chosen = parser.parse_args(arguments)
    if chosen.trace:
        return trace(chosen.simulation or "exactly_once", chosen.seeds)
    for simulation in [chosen.simulation] if chosen.simulation else SIMULATIONS:
        tally = run_many(simulation, chosen.seeds, Progress(len(chosen.seeds)))
        if told := tally.told():
            print(told, flush=True)
            return 1
        print(f"{simulation}: met {', '.join(f'{kind} {count}' for kind, count in sorted(tally.met.items()))}")
    return 0 if chosen.simulation else mutants.main([])


def trace(simulation: str, seeds: range) -> int:
    run_seed = exactly_once.run_seed if simulation == "exactly_once" else at_least_once.run_seed
    for seed in seeds:
        print(f"{simulation} seed {seed}: {run_seed(seed, print)[0]}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
