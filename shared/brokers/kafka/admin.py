"""Topics, offsets and lag. aiokafka's admin calls do not raise: their errors stand in the answer."""

import asyncio
from collections.abc import Sequence

from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin import NewTopic as NativeTopic

from shared.brokers.kafka.connection import Connection, calling, to_ours
from shared.brokers.kafka.consumer import KafkaReader
from shared.errors import FatalError, TransientError
from shared.stream.broker import NewTopic
from shared.stream.records import TopicPartition

_TOPIC_EXISTS = 36
_UNKNOWN_TOPIC = 3
_VISIBLE_TRIES = 500
_COORDINATOR_TRIES = 100


class KafkaAdmin:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client: AIOKafkaAdminClient | None = None
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def create_topics(self, topics: Sequence[NewTopic]) -> list[str]:
        natives = [NativeTopic(t.name, t.partitions, t.replication, topic_configs=dict(t.configs)) for t in topics]
        answer = await calling("create topics", (await self._connected()).create_topics(natives))
        created = []
        for name, code, *_ in answer.topic_errors:
            if code not in (0, _TOPIC_EXISTS):
                raise FatalError(f"topic {name} was not created: {kafka_errors.for_code(code).__name__}")
            if code == 0:
                created.append(name)
        wanted = {topic.name for topic in topics}
        for _ in range(_VISIBLE_TRIES):  # a new topic reaches the brokers' metadata a moment later
            if wanted <= (await self.topics()).keys():
                return created
            await asyncio.sleep(0.02)
        raise TransientError("new topics are not visible yet")

    async def delete_topics(self, names: Sequence[str]) -> None:
        answer = await calling("delete topics", (await self._connected()).delete_topics(list(names)))
        for name, code, *_ in answer.topic_error_codes:
            if code not in (0, _UNKNOWN_TOPIC):
                raise FatalError(f"topic {name} was not deleted: {kafka_errors.for_code(code).__name__}")

    async def topics(self) -> dict[str, int]:
        described = await calling("describe topics", (await self._connected()).describe_topics())
        return {t["topic"]: len(t["partitions"]) for t in described if not t["error_code"] and not t["is_internal"]}

    async def end_offsets(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        counts = await self.topics()
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(counts.get(topic, 0))]
        return await self._ends(partitions)

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        for _ in range(_COORDINATOR_TRIES):  # a young cluster is still making the topic its coordinators live in
            try:
                client = await self._connected()
                found = await calling("committed offsets", client.list_consumer_group_offsets(group))
                return {to_ours(native): entry.offset for native, entry in found.items() if entry.offset >= 0}
            except TransientError as error:
                last = error
                await asyncio.sleep(0.1)
        raise last

    async def lag(self, group: str) -> dict[TopicPartition, int]:
        committed = await self.committed(group)
        ends = await self._ends(list(committed))
        return {partition: ends[partition] - offset for partition, offset in committed.items()}

    async def _ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        reader = KafkaReader(self._connection, self)
        try:
            await reader.start()
            return await reader.stable_ends(partitions)
        finally:
            await reader.stop()

    async def _connected(self) -> AIOKafkaAdminClient:
        async with self._lock:
            if self._client is None:
                client = AIOKafkaAdminClient(**self._connection.options)
                try:
                    await calling("connect", client.start())
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client
