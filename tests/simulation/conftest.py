"""``--seeds 1000`` runs more of them, ``--seeds 17-17`` repeats one; ``FLYWHEEL_SIM_SEEDS`` says the same."""

import os

import pytest

DEFAULT_SEEDS = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", default=os.environ.get("FLYWHEEL_SIM_SEEDS", str(DEFAULT_SEEDS)))


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    first, _, last = str(request.config.getoption("--seeds", default=str(DEFAULT_SEEDS))).rpartition("-")
    return range(int(first), int(last) + 1) if first else range(int(last))
