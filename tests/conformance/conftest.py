"""The suite runs every test twice: on the in-memory log and on a real Kafka broker."""

import gc
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from tests.conformance.support import KafkaLog, Log, MemoryLog, Names


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.servers)])
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "memory":
        return MemoryLog()
    return KafkaLog(cast(str, request.getfixturevalue("kafka_bootstrap")))


@pytest.fixture
def names(topic_name: Callable[[str], str], unique_id: str) -> Names:
    return Names(unique_id, topic_name("source"), topic_name("sink"))


@pytest.fixture(autouse=True)
def leaks_fail_the_test_that_made_them() -> Iterator[None]:
    """A client left open warns when it is collected; do that here, not in a later test."""
    yield
    gc.collect()
