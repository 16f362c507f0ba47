"""The audit chain: each row's hash covers its content and the hash of the row before.

A chain has one writer at a time; who writes under a transactional id gives its chain the same name, so that Kafka's
fencing keeps it from forking.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.events.promotion import PromotionAudit

DOMAIN = b"flywheel-audit-v1"
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain stands: the next ``seq`` and the last row's hash."""

    seq: int = 0
    row_hash: str = GENESIS


def append(
    head: ChainHead, chain_id: str, at_ms: int, actor: str, action: str, subject: str, content: dict[str, Any]
) -> tuple[ChainHead, PromotionAudit]:
    """The next row of a chain, and its new head. ``content`` is plain JSON."""
    whole = {"actor": actor, "action": action, "subject": subject, "at_ms": at_ms, "evidence": content}
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    digest = row_hash(chain_id, head.seq, head.row_hash, canonical)
    row = PromotionAudit(
        chain_id=chain_id,
        seq=head.seq,
        at_ms=at_ms,
        actor=actor,
        action=action,
        subject=subject,
        canonical=canonical,
        prev_hash=head.row_hash,
        row_hash=digest,
    )
    return ChainHead(head.seq + 1, digest), row


def row_hash(chain_id: str, seq: int, prev_hash: str, canonical: bytes) -> str:
    """SHA-256 over domain, length-prefixed chain id, sequence, previous hash and the content's hash."""
    name = chain_id.encode()
    parts = (
        DOMAIN,
        len(name).to_bytes(4, "big"),
        name,
        seq.to_bytes(8, "big"),
        bytes.fromhex(prev_hash),
        hashlib.sha256(canonical).digest(),
    )
    return hashlib.sha256(b"".join(parts)).hexdigest()


def first_break(rows: Sequence[PromotionAudit]) -> int | None:
    """Index of the first row of a chain that does not follow from the one before, or ``None``."""
    head = ChainHead()
    for index, row in enumerate(rows):
        expected = row_hash(row.chain_id, head.seq, head.row_hash, row.canonical)
        if row.seq != head.seq or row.prev_hash != head.row_hash or row.row_hash != expected:
            return index
        content = json.loads(row.canonical)
        shown = {"actor": row.actor, "action": row.action, "subject": row.subject, "at_ms": row.at_ms}
        if any(content.get(name) != value for name, value in shown.items()):
            return index
        head = ChainHead(row.seq + 1, row.row_hash)
    return None
