"""What a rule is."""

from dataclasses import dataclass
from typing import Literal

from services.ingest_redactor.logic.rules.confirm import Confirm

Profile = Literal["pii", "hipaa"]


@dataclass(frozen=True, slots=True)
class Rule:
    """``name`` is unique: it is what ``flywheel redact --explain`` shows."""

    name: str
    type: str
    pattern: str
    confirm: Confirm
    profiles: tuple[Profile, ...] = ("pii", "hipaa")
    only_with: str | None = None
    """A pattern without which the text cannot hold the value: it spares confirming every number."""
    most: int | None = None
    """A text in which the pattern matches more often is refused: what confirms it takes its time."""
    trigger: str | None = None
    """What is looked for instead to learn whether the pattern is worth trying: every match of the pattern holds it."""


WIDE: tuple[Profile, ...] = ("hipaa",)
MOST_LOWER, MOST_SHORT = 4096, 10_000
"""Twice as often as English prose of a MiB would have it, and as many as there may be mentions."""
