"""``--seeds 5000`` runs more of them, ``--seeds 17-17`` repeats one; ``FLYWHEEL_SIM_SEEDS`` says the same."""

import os

import pytest

DEFAULT_SEEDS = 1_000


def seed_range(text: str) -> range:
    """``N``: the first N seeds; ``A-B``: from A to B, both included."""
    first, _, last = text.rpartition("-")
    return range(int(first), int(last) + 1) if first else range(int(last))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", default=os.environ.get("FLYWHEEL_SIM_SEEDS", str(DEFAULT_SEEDS)))


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    return seed_range(str(request.config.getoption("--seeds", default=str(DEFAULT_SEEDS))))
