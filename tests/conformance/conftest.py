"""The suite runs every test twice: on the in-memory log and on a real Kafka broker."""

import gc
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from tests.conformance.support import KafkaLog, Log, MemoryLog, Names
from tests.faults.kafka_cluster import KafkaCluster

LOGS = (
    "memory",
    pytest.param("kafka", marks=pytest.mark.servers),
    pytest.param("three_brokers", marks=(pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(600))),
)


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "memory":
        return MemoryLog()
    if request.param == "three_brokers":
        return KafkaLog(cast(str, request.getfixturevalue("three_brokers")), replication=3)
    return KafkaLog(cast(str, request.getfixturevalue("kafka_bootstrap")))


@pytest.fixture(scope="session")
def three_brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``make chaos`` runs the suite on replicated topics too."""
    with KafkaCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster.bootstrap


@pytest.fixture
def names(topic_name: Callable[[str], str], unique_id: str) -> Names:
    return Names(unique_id, topic_name("source"), topic_name("sink"))


@pytest.fixture(autouse=True)
def leaks_fail_the_test_that_made_them() -> Iterator[None]:
    """A client left open warns when it is collected; do that here, not in a later test."""
    yield
    gc.collect()
