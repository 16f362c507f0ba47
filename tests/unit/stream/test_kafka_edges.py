"""Edges of the Kafka client that a healthy broker does not show."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import errors as kafka_errors

from shared.brokers.kafka.admin import fetch_committed
from shared.brokers.kafka.connection import translate
from shared.errors import FatalError, MigratedError, TransientError
from shared.stream.broker import Committed
from shared.stream.records import TopicPartition


class Coordinator:
    """Answers an offset request as told."""

    def __init__(self, error_code: int, topics: list[Any]) -> None:
        self.answer = SimpleNamespace(error_code=error_code, topics=topics)

    async def find_coordinator(self, group: str) -> int:
        return 1

    async def _send_request(self, request: object, node: int) -> Any:
        return self.answer


def test_a_loading_coordinator_is_not_mistaken_for_nothing_committed() -> None:
    with pytest.raises(kafka_errors.GroupLoadInProgressError):
        asyncio.run(fetch_committed(Coordinator(14, []), "group", [TopicPartition("t", 0)]))


def test_partition_errors_are_raised_too() -> None:
    with pytest.raises(kafka_errors.GroupAuthorizationFailedError):
        asyncio.run(fetch_committed(Coordinator(0, [("t", [(0, -1, "", 30)])]), "group", [TopicPartition("t", 0)]))


def test_partitions_without_a_committed_offset_are_left_out() -> None:
    answer = Coordinator(0, [("t", [(0, 7, "", 0), (1, -1, "", 0)])])
    assert asyncio.run(fetch_committed(answer, "group", None)) == {TopicPartition("t", 0): Committed(7)}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (kafka_errors.ProducerFenced(), MigratedError),
        (kafka_errors.CommitFailedError(), MigratedError),
        (kafka_errors.TopicAuthorizationFailedError(), FatalError),
        (kafka_errors.OffsetOutOfRangeError({}), FatalError),
        (kafka_errors.KafkaConnectionError(), TransientError),
        (AssertionError(), TransientError),
        (TimeoutError(), TransientError),
    ],
)
def test_errors_are_sorted_by_reaction(error: Exception, kind: type[Exception]) -> None:
    assert type(translate(error, "doing")) is kind
