"""The engine's seam on Apache Kafka through aiokafka 0.14: the only package that imports it."""

from collections.abc import Sequence

from shared.brokers.kafka.access import KafkaAccess
from shared.brokers.kafka.admin import KafkaAdmin
from shared.brokers.kafka.connection import KafkaTiming, connection
from shared.brokers.kafka.consumer import KafkaConsumer, KafkaReader
from shared.brokers.kafka.producer import KafkaProducer
from shared.settings import KafkaSettings
from shared.stream.broker import Admin, Consumer, Listener, Producer, Reader, TransactionalProducer

__all__ = ["KafkaBroker", "KafkaTiming"]


class KafkaBroker:
    """A Kafka cluster. Nothing connects before it is used."""

    def __init__(self, settings: KafkaSettings, client_id: str = "flywheel", timing: KafkaTiming | None = None) -> None:
        self._connection = connection(settings, client_id, timing if timing is not None else KafkaTiming())
        self._admin = KafkaAdmin(self._connection)

    def consumer(self, group: str, topics: Sequence[str], listener: Listener) -> Consumer:
        return KafkaConsumer(self._connection, group, tuple(topics), listener, self._admin.committed_of)

    def reader(self) -> Reader:
        return KafkaReader(self._connection, self._admin.topics)

    def producer(self) -> Producer:
        return KafkaProducer(self._connection, None)

    def transactional_producer(self, transactional_id: str) -> TransactionalProducer:
        return KafkaProducer(self._connection, transactional_id)

    def admin(self) -> Admin:
        return self._admin

    def access(self) -> KafkaAccess:
        """Who may do what; for an administrator's commands."""
        return KafkaAccess(self._admin)

    async def close(self) -> None:
        await self._admin.close()
