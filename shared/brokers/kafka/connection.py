"""How clients connect, their time limits, and their errors as ours."""

import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import TopicPartition as NativePartition
from aiokafka import errors as kafka_errors

from shared.errors import FatalError, FlywheelError, MigratedError, TransientError
from shared.settings import KafkaSettings
from shared.stream.records import TopicPartition

RETRY_BACKOFF_MS = 15
_T = TypeVar("_T")

_MIGRATED = (
    kafka_errors.ProducerFenced,
    kafka_errors.InvalidProducerEpoch,
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalStateError,
    kafka_errors.UnknownMemberIdError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.ConsumerStoppedError,
)
_FATAL = (
    kafka_errors.TopicAuthorizationFailedError,
    kafka_errors.GroupAuthorizationFailedError,
    kafka_errors.TransactionalIdAuthorizationFailed,
    kafka_errors.ClusterAuthorizationFailedError,
    kafka_errors.OffsetOutOfRangeError,
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.UnsupportedVersionError,
    kafka_errors.InvalidTopicError,
)


@dataclass(frozen=True, slots=True)
class KafkaTiming:
    """Time limits in seconds. ``transaction_s`` bounds how long a dead process holds back read_committed readers;
    ``request_s`` must exceed a broker's fail-over, or queued sends expire; ``heartbeat_s`` is how soon a member learns
    that it lost its place."""

    session_s: float = 10.0
    heartbeat_s: float = 1.0
    rebalance_s: float = 30.0
    transaction_s: float = 10.0
    request_s: float = 40.0
    start_s: float = 15.0
    commit_s: float = 20.0
    fetch_wait_s: float = 0.1


def translate(error: BaseException, doing: str) -> FlywheelError:
    """aiokafka's error as one of our kinds. Unknown types count as transient: clients raise odd ones after failures."""
    if isinstance(error, FlywheelError):
        return error
    text = f"{doing}: {type(error).__name__}"
    if isinstance(error, _MIGRATED):
        return MigratedError(text)
    if isinstance(error, _FATAL):
        return FatalError(text)
    return TransientError(text)


async def calling(doing: str, call: Awaitable[_T]) -> _T:
    try:
        return await call
    except Exception as error:
        raise translate(error, doing) from error


def to_native(partition: TopicPartition) -> NativePartition:
    return NativePartition(partition.topic, partition.partition)


def to_ours(partition: Any) -> TopicPartition:
    return TopicPartition(partition.topic, partition.partition)


@dataclass(frozen=True, slots=True)
class Connection:
    """What every client of one cluster is built from. ``options`` are aiokafka's constructor arguments."""

    options: dict[str, Any]
    timing: KafkaTiming


def connection(settings: KafkaSettings, client_id: str, timing: KafkaTiming) -> Connection:
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": client_id,
        "retry_backoff_ms": RETRY_BACKOFF_MS,
        "request_timeout_ms": round(timing.request_s * 1000),
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = "SCRAM-SHA-512"
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context()
    return Connection(options, timing)
