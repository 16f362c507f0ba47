"""The simulation finds planted bugs: the seeds that once caught them catch them still, and pass without them."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.simulation.mutants import MOST_SEEDS, MUTANTS, RECORDED, play
from tests.simulation.seeds import EXERCISED, NEVER_MET_MATTERS_FROM, Failure, Tally, judge, run_chunk

CAUGHT: dict[str, Any] = json.loads(RECORDED.read_text())


def test_every_mutant_has_a_recorded_seed() -> None:
    assert CAUGHT.keys() == MUTANTS.keys(), "run: python -m tests.simulation.mutants --record"
    assert all(entry["seed"] < MOST_SEEDS for entry in CAUGHT.values())


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulation_catches(name: str) -> None:
    seed = CAUGHT[name]["seed"]
    broken = play(name, seed)
    assert broken is not None, f"seed {seed} no longer catches {name}; run: python -m tests.simulation.mutants --record"
    assert broken.invariant == CAUGHT[name]["invariant"]
    sound = judge("exactly_once", seed)
    assert not isinstance(sound, Failure), f"seed {seed} fails without the mutant: {sound}"


def test_a_failing_seed_ends_its_run_and_is_told_with_the_command_that_repeats_it() -> None:
    name = "dead_letter_outside_transaction"
    seed = CAUGHT[name]["seed"]
    with MUTANTS[name]():
        tally = run_chunk("exactly_once", range(20))
    assert (tally.runs, tally.failure and tally.failure.seed) == (seed, seed)
    lines = tally.told().splitlines()
    assert lines[0].startswith(f"exactly_once: seed {seed} breaks I7: ")
    assert lines[1].endswith(f"-m tests.simulation exactly_once --seeds {seed}-{seed}")


def test_many_runs_that_never_met_a_fault_are_told() -> None:
    met = Counter({kind: 1 for kind in EXERCISED["exactly_once"] if kind != "crash"})
    assert "never met crash" in Tally("exactly_once", NEVER_MET_MATTERS_FROM, met).told()
    assert Tally("exactly_once", NEVER_MET_MATTERS_FROM, met + Counter(crash=1)).told() == ""
