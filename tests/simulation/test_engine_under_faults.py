"""The engine on the in-memory log under seeded faults: every run checks I1–I8, and a failing seed is printed with the
command that repeats it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import at_least_once, exactly_once
from tests.simulation.seeds import run_many

CHECKOUT = Path(__file__).resolve().parents[2]


def test_exactly_once_under_faults(seeds: range) -> None:
    told = run_many("exactly_once", seeds).told()
    assert not told, told


def test_at_least_once_under_faults(seeds: range) -> None:
    told = run_many("at_least_once", seeds[: max(1, len(seeds) * 2 // 5)]).told()
    assert not told, told


@pytest.mark.parametrize("run_seed", [exactly_once.run_seed, at_least_once.run_seed], ids=["exactly", "at-least"])
def test_two_runs_of_one_seed_are_the_same_run(run_seed: exactly_once.RunSeed) -> None:
    for seed in range(5):
        first: list[str] = []
        second: list[str] = []
        assert run_seed(seed, first.append)[0] == run_seed(seed, second.append)[0]
        assert first == second
    assert run_seed(0)[0] != run_seed(1)[0], "the digest tells runs apart"


def test_a_seed_is_the_same_run_in_any_process() -> None:
    """Whatever the hashes of strings and the runs before it: that is what lets a failing seed be repeated."""
    code = "from tests.simulation.exactly_once import run_seed; [run_seed(s) for s in {before}]; print(run_seed(7)[0])"
    digests = set()
    for hash_seed, before in (("1", []), ("2", [3])):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-c", code.format(before=before)]
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout.split()[-1])
    assert digests == {exactly_once.run_seed(7)[0]}
