"""Topics, offsets and lag. aiokafka's admin calls do not raise: their errors stand in the answer."""

import asyncio
from collections.abc import Sequence

from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin import NewTopic as NativeTopic
from aiokafka.protocol.commit import OffsetFetchRequest

from shared.brokers.kafka.connection import Connection, calling, connecting
from shared.brokers.kafka.consumer import KafkaReader
from shared.errors import FatalError, TransientError
from shared.stream.broker import Committed, NewTopic
from shared.stream.records import TopicPartition

_TOPIC_EXISTS = 36
_UNKNOWN_TOPIC = 3
_UNKNOWN_GROUP = 69
_VISIBLE_TRIES = 500
_COORDINATOR_TRIES = 100


async def fetch_committed(
    client: AIOKafkaAdminClient, group: str, partitions: Sequence[TopicPartition] | None
) -> dict[TopicPartition, Committed]:
    """One request. aiokafka's own calls ignore the answer's overall error: from a coordinator that is still loading
    they return "nothing is committed", and whoever believes that reads everything again."""
    wanted: dict[str, list[int]] = {}
    for partition in partitions or ():
        wanted.setdefault(partition.topic, []).append(partition.partition)
    request = OffsetFetchRequest(group, None if partitions is None else list(wanted.items()))
    answer = await client._send_request(request, await client.find_coordinator(group))
    found: dict[TopicPartition, Committed] = {}
    errors = [answer.error_code]
    for topic, entries in answer.topics:
        for number, offset, note, code in entries:
            errors.append(code)
            if offset >= 0:
                found[TopicPartition(topic, number)] = Committed(offset, note or "")
    for code in errors:
        if code:
            raise kafka_errors.for_code(code)()
    return found


async def count_members(client: AIOKafkaAdminClient, group: str) -> int:
    """One request. Unknown groups have no members; a coordinator that is still loading is an error."""
    (answer,) = await client.describe_consumer_groups([group])
    ((code, _, _, _, _, members, *_),) = answer.groups
    if code and code != _UNKNOWN_GROUP:
        raise kafka_errors.for_code(code)()
    return len(members)


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
        answer = await calling("create topics", (await self.connected()).create_topics(natives))
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
        answer = await calling("delete topics", (await self.connected()).delete_topics(list(names)))
        for name, code, *_ in answer.topic_error_codes:
            if code not in (0, _UNKNOWN_TOPIC):
                raise FatalError(f"topic {name} was not deleted: {kafka_errors.for_code(code).__name__}")

    async def topics(self) -> dict[str, int]:
        described = await calling("describe topics", (await self.connected()).describe_topics())
        return {t["topic"]: len(t["partitions"]) for t in described if not t["error_code"] and not t["is_internal"]}

    async def end_offsets(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        counts = await self.topics()
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(counts.get(topic, 0))]
        return await self._ends(partitions)

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        return {partition: found.offset for partition, found in (await self.committed_of(group, None)).items()}

    async def committed_of(
        self, group: str, partitions: Sequence[TopicPartition] | None
    ) -> dict[TopicPartition, Committed]:
        """Committed offsets of ``partitions`` (``None``: of all); those without one are left out."""
        for _ in range(_COORDINATOR_TRIES):  # a coordinator that starts or moves is soon known
            try:
                return await calling("committed offsets", fetch_committed(await self.connected(), group, partitions))
            except TransientError as error:
                last = error
                await asyncio.sleep(0.1)
        raise last

    async def members(self, group: str) -> int:
        for _ in range(_COORDINATOR_TRIES):
            try:
                return await calling("describe a group", count_members(await self.connected(), group))
            except TransientError as error:
                last = error
                await asyncio.sleep(0.1)
        raise last

    async def lag(self, group: str) -> dict[TopicPartition, int]:
        committed = await self.committed(group)
        ends = await self._ends(list(committed))
        return {partition: ends[partition] - offset for partition, offset in committed.items()}

    async def _ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        reader = KafkaReader(self._connection, self.topics)
        try:
            await reader.start()
            return await reader.stable_ends(partitions)
        finally:
            await reader.stop()

    async def connected(self) -> AIOKafkaAdminClient:
        """The one client that this object holds."""
        async with self._lock:
            if self._client is None:
                client = AIOKafkaAdminClient(**self._connection.options)
                try:
                    await connecting(self._connection, client.start())
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client
