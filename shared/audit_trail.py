"""The audit trail of whoever changes something by hand: one chain per transactional id, a row with every change.

    async with ChainWriter(broker, serde, clock, chain="cli.dlq", actor="ann") as chain:
        chain.rows                                     # what this chain says so far, verified
        await chain.write(records, "dlq.replay", "observation.unique", evidence)

The transactional id is the chain's name: opening fences an earlier holder, whose next write fails, so that a chain is
never continued twice from one row.
"""

import contextlib
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from shared.clock import Clock
from shared.errors import FatalError, MigratedError, PoisonError
from shared.events import PromotionAudit
from shared.events.audit_chain import ChainHead, append, first_break
from shared.stream.broker import Broker, OutRecord
from shared.stream.partitioner import partition_for
from shared.stream.records import TopicPartition
from shared.stream.scan import partitions_of, scan
from shared.stream.serde import Serde

AUDIT_TOPIC = "promotion.audit"


async def read_chain(broker: Broker, serde: Serde, chain: str) -> list[PromotionAudit]:
    """Every row of ``chain``, in order. Raises :class:`FatalError` where a row does not follow from the one before."""
    count = len(await partitions_of(broker, AUDIT_TOPIC))
    partition = TopicPartition(AUDIT_TOPIC, partition_for(chain.encode(), count))
    rows: list[PromotionAudit] = []
    async with contextlib.aclosing(scan(broker, [partition])) as batches:
        async for batch in batches:
            for record in batch:
                if record.key != chain.encode() or record.value is None:
                    continue
                try:
                    row = serde.decode(AUDIT_TOPIC, record.value)
                except PoisonError as error:
                    raise FatalError(
                        f"audit chain {chain}: {record.position} cannot be read ({error.reason})"
                    ) from None
                if isinstance(row, PromotionAudit):
                    rows.append(row)
    broken = first_break(rows)
    if broken is not None:
        raise FatalError(
            f"audit chain {chain} breaks at row {broken} in {partition}: somebody wrote it who is not its writer; "
            "find out who before anything is added to it"
        )
    return rows


class ChainWriter:
    """Writes records and the audit row that tells of them in one transaction."""

    def __init__(self, broker: Broker, serde: Serde, clock: Clock, *, chain: str, actor: str) -> None:
        self.chain = chain
        self.rows: list[PromotionAudit] = []
        self._broker = broker
        self._serde = serde
        self._clock = clock
        self._actor = actor
        self._producer = broker.transactional_producer(chain)

    async def __aenter__(self) -> "ChainWriter":
        """Fence the earlier holder, then read the chain: nobody adds to it between."""
        try:
            await self._producer.start()
            self.rows = await read_chain(self._broker, self._serde, self.chain)
        except BaseException:
            await self._producer.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.close()

    async def write(
        self,
        records: Sequence[OutRecord],
        action: str,
        subject: str,
        evidence: dict[str, Any],
        *,
        offsets: Mapping[TopicPartition, int] | None = None,
        group: str = "",
    ) -> PromotionAudit:
        """All of ``records``, the committed ``offsets`` of ``group`` and the row, or nothing. Raises
        :class:`FatalError` if a newer holder has taken over."""
        head = ChainHead(self.rows[-1].seq + 1, self.rows[-1].row_hash) if self.rows else ChainHead()
        _, row = append(head, self.chain, self._clock.now_ms(), self._actor, action, subject, evidence)
        encoded = OutRecord(AUDIT_TOPIC, self.chain.encode(), self._serde.encode(AUDIT_TOPIC, row))
        try:
            await self._producer.begin()
            await self._producer.send([*records, encoded])
            await self._producer.commit(offsets or {}, group)
        except MigratedError as error:
            raise FatalError(
                f"another operator has taken over {self.chain} ({error}): nothing of this step was written; "
                "run the command again to see what is left to do"
            ) from error
        self.rows.append(row)
        return row
