"""Which dead letters were replayed, as the audit trail tells: written with the replay itself, in one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.events import PromotionAudit
from shared.stream.records import Position

ACTION = "dlq.replay"
CLI_CHAIN = "cli.dlq"
REDACTOR_CHAIN = "ingest_redactor.replay"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One dead letter that was replayed. Positions are written ``topic/partition/offset``."""

    letter: str
    origin: str
    application: str
    result: str


def place(position: Position) -> str:
    return f"{position.topic}/{position.partition}/{position.offset}"


def evidence(replayed: Iterable[Replayed]) -> dict[str, Any]:
    """What the audit row says: positions and results, no content."""
    return {"replayed": [asdict(one) for one in replayed]}


def replayed_letters(rows: Sequence[PromotionAudit]) -> frozenset[str]:
    """Dead letters that the rows of a chain tell of."""
    found: set[str] = set()
    for row in rows:
        if row.action == ACTION:
            found.update(one["letter"] for one in json.loads(row.canonical)["evidence"]["replayed"])
    return frozenset(found)
