"""The simulation finds planted bugs: the seeds that once caught them catch them still, and pass without them."""

import json
from typing import Any

import pytest

from tests.simulation.mutants import MOST_SEEDS, MUTANTS, RECORDED, play
from tests.simulation.seeds import Failure, judge

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
