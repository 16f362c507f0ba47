"""How clients connect, their time limits, and their errors as ours."""

import ssl
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import TopicPartition as NativePartition
from aiokafka import errors as kafka_errors
from aiokafka.conn import create_conn

from shared.errors import FatalError, FlywheelError, MigratedError, TransientError
from shared.settings import KafkaSettings
from shared.stream.records import TopicPartition

RETRY_BACKOFF_MS = 15
_PROBE_MS = 5_000
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
_FORBIDDEN = {
    kafka_errors.TopicAuthorizationFailedError: "topic",
    kafka_errors.GroupAuthorizationFailedError: "group",
    kafka_errors.TransactionalIdAuthorizationFailed: "transactional id",
    kafka_errors.ClusterAuthorizationFailedError: "cluster",
}
_REFUSED = (
    kafka_errors.SaslAuthenticationFailed,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.IllegalSaslStateError,
)
_FATAL = (
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
    for kind, resource in _FORBIDDEN.items():
        if isinstance(error, kind):
            return FatalError(_forbidden(doing, resource, error))
    if isinstance(error, _FATAL):
        return FatalError(text)
    return TransientError(text)


def _forbidden(doing: str, resource: str, error: BaseException) -> str:
    named = error.args[0] if error.args else None
    names = [named] if isinstance(named, str) else sorted(named) if isinstance(named, Iterable) else []
    return (
        f"{doing}: no permission for {resource} {', '.join(map(str, names))}".rstrip()
        + "; grants follow from owner and consumers in schemas/topics.yaml and are applied by `flywheel topics acl`: "
        "check both, and which user this process connects as (FLYWHEEL_KAFKA__SASL_USERNAME)"
    )


async def connecting(connection: "Connection", start: Awaitable[_T]) -> _T:
    """``start`` of a client. Credentials that the broker refuses are a :class:`FatalError` that says so: the client
    itself calls them "unable to bootstrap", like a broker that is away."""
    try:
        return await start
    except Exception as error:
        if isinstance(error, kafka_errors.KafkaConnectionError):
            await _raise_if_refused(connection)
        raise translate(error, "connect") from error


async def _raise_if_refused(connection: "Connection") -> None:
    """One connection of our own, whose error is not swallowed. Silent where it tells nothing."""
    options = connection.options
    if not options["security_protocol"].startswith("SASL"):
        return
    server = options["bootstrap_servers"].split(",")[0].strip()
    host, _, port = server.rpartition(":")
    names = ("client_id", "security_protocol", "sasl_mechanism", "sasl_plain_username", "sasl_plain_password")
    probe = {name: options[name] for name in names} | {"ssl_context": options.get("ssl_context")}
    try:
        opened = await create_conn(host, int(port), request_timeout_ms=_PROBE_MS, **probe)
    except _REFUSED as error:
        raise FatalError(
            f"Kafka at {server} refuses user {options['sasl_plain_username']!r} ({type(error).__name__}): set "
            "FLYWHEEL_KAFKA__SASL_USERNAME, FLYWHEEL_KAFKA__SASL_PASSWORD and FLYWHEEL_KAFKA__SECURITY_PROTOCOL as the "
            "broker knows them"
        ) from None
    except Exception:
        return
    opened.close()


async def calling(doing: str, call: Awaitable[_T]) -> _T:
    try:
        return await call
    except Exception as error:
        raise translate(error, doing) from error


def to_native(partition: TopicPartition) -> NativePartition:
    return NativePartition(partition.topic, partition.partition)


def with_notes(
    offsets: Mapping[TopicPartition, int], notes: Mapping[TopicPartition, str]
) -> dict[NativePartition, tuple[int, str]]:
    return {to_native(partition): (offset, notes.get(partition, "")) for partition, offset in offsets.items()}


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
