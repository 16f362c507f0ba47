"""Many seeds of a simulation, spread over processes; each seed is deterministic wherever it runs."""

import logging
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice

from tests.simulation import at_least_once, exactly_once
from tests.simulation.invariants import InvariantError

RunSeed = Callable[[int], tuple[str, Counter[str]]]
SIMULATIONS: dict[str, RunSeed] = {"exactly_once": exactly_once.run_seed, "at_least_once": at_least_once.run_seed}
EXERCISED = {"exactly_once": exactly_once.EXERCISED, "at_least_once": at_least_once.EXERCISED}
CHUNK = 20
NEVER_MET_MATTERS_FROM = 300


@dataclass(frozen=True, slots=True)
class Failure:
    seed: int
    invariant: str
    told: str


@dataclass(slots=True)
class Tally:
    simulation: str
    runs: int = 0
    met: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None

    def never_met(self) -> list[str]:
        """Faults that no run met, though there were enough runs to meet them all."""
        return [kind for kind in EXERCISED[self.simulation] if not self.met[kind]]

    def told(self) -> str:
        """What failed and the command that repeats it, or what is missing; empty if all is well."""
        if self.failure is not None:
            seed = self.failure.seed
            return (
                f"{self.simulation}: seed {seed} breaks {self.failure.invariant}: {self.failure.told}\n"
                f"repeat it with: .venv/bin/python -m tests.simulation {self.simulation} --seeds {seed}-{seed}"
            )
        if self.runs >= NEVER_MET_MATTERS_FROM and self.never_met():
            return f"{self.simulation}: {self.runs} runs never met {', '.join(self.never_met())}"
        return ""


def judge(simulation: str, seed: int, within: AbstractContextManager[None] | None = None) -> Failure | Counter[str]:
    """Play one seed; what it met, or what broke. Any exception that leaves a run is a failure of it."""
    try:
        with within or nullcontext():
            return SIMULATIONS[simulation](seed)[1]
    except InvariantError as error:
        return Failure(seed, error.invariant, error.told)
    except Exception as error:
        return Failure(seed, "alive", f"{type(error).__name__}: {error}")


def run_chunk(simulation: str, seeds: range) -> Tally:
    """``seeds`` in order, up to the first that fails."""
    tally = Tally(simulation)
    for seed in seeds:
        met = judge(simulation, seed)
        if isinstance(met, Failure):
            tally.failure = met
            break
        tally.runs += 1
        tally.met.update(met)
    return tally


def run_many(simulation: str, seeds: range, on_progress: Callable[[Tally], None] = lambda _: None) -> Tally:
    """Every seed of ``seeds``, or up to the first that fails; progress after each chunk."""
    total = Tally(simulation)
    chunks = iter([seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)])
    workers = min(2, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_quieten) as pool:
        for tally in _in_flight(pool, simulation, chunks, workers + 1):
            total.runs += tally.runs
            total.met.update(tally.met)
            if tally.failure and (total.failure is None or tally.failure.seed < total.failure.seed):
                total.failure = tally.failure
            on_progress(total)
    return total


def _quieten() -> None:
    logging.disable(logging.CRITICAL)  # a run warns of hundreds of faults, each of them meant


def _in_flight(pool: ProcessPoolExecutor, simulation: str, chunks: Iterator[range], most: int) -> Iterator[Tally]:
    """A few chunks at a time, none begun after a failure: those before the failing one are still heard."""
    running: set[Future[Tally]] = {pool.submit(run_chunk, simulation, chunk) for chunk in islice(chunks, most)}
    failed = False
    while running:
        done = next(as_completed(running))
        running.remove(done)
        failed = failed or done.result().failure is not None
        if not failed:
            running |= {pool.submit(run_chunk, simulation, chunk) for chunk in islice(chunks, 1)}
        yield done.result()
