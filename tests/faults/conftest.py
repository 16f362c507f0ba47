"""Every test here needs real servers; what takes minutes is marked ``long`` and runs in ``make chaos``."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conformance.support import Names
from tests.faults.fleet import Fleet


@pytest.fixture
def names(topic_name: Callable[[str], str], unique_id: str) -> Names:
    return Names(unique_id, topic_name("source"), topic_name("sink"))


@pytest.fixture
def fleet(kafka_bootstrap: str, names: Names, tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(kafka_bootstrap, names, tmp_path)
    yield fleet
    fleet.end()
