"""The promoter's rows of the audit chain (:mod:`shared.events.audit_chain`): one chain per task, one actor."""

from typing import Any

from shared.events import PromotionAudit
from shared.events.audit_chain import ChainHead, first_break
from shared.events.audit_chain import append as append_row

__all__ = ["ACTOR", "ChainHead", "append", "first_break"]

ACTOR = "promoter"


def append(
    head: ChainHead, chain_id: str, at_ms: int, action: str, subject: str, content: dict[str, Any]
) -> tuple[ChainHead, PromotionAudit]:
    """The next row of a chain, and its new head."""
    return append_row(head, chain_id, at_ms, ACTOR, action, subject, content)
