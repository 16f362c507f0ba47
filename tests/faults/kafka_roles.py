"""Which broker of a cluster plays which part right now, by Kafka's own requests; node ids."""

from collections.abc import Awaitable, Callable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.coordination import FindCoordinatorRequest

GROUP, TRANSACTION = 0, 1


async def leader(bootstrap: str, topic: str, partition: int) -> int:
    async def ask(admin: AIOKafkaAdminClient) -> int:
        (described,) = await admin.describe_topics([topic])
        return next(int(p["leader"]) for p in described["partitions"] if p["partition"] == partition)

    return await _asked(bootstrap, ask)


async def group_coordinator(bootstrap: str, group: str) -> int:
    return await _coordinator(bootstrap, group, GROUP)


async def transaction_coordinator(bootstrap: str, transactional_id: str) -> int:
    return await _coordinator(bootstrap, transactional_id, TRANSACTION)


async def _coordinator(bootstrap: str, key: str, kind: int) -> int:
    async def ask(admin: AIOKafkaAdminClient) -> int:
        answer = await admin._send_request(FindCoordinatorRequest(key, kind))
        assert answer.error_code == 0, answer
        return int(answer.coordinator_id)

    return await _asked(bootstrap, ask)


async def _asked(bootstrap: str, ask: Callable[[AIOKafkaAdminClient], Awaitable[int]]) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return await ask(admin)
    finally:
        await admin.close()
