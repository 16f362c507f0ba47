"""The grammar of placeholders: ``⟦EMAIL_1⟧``, ``⟦PHONE_1:e164⟧``, ``⟦ACCOUNT_2:d6.int⟧``.

Type and number name an entity of one event; the form says how this mention renders it: parts of a name (``first``,
``last``, ``mid``), letter case (``lower``, ``upper``), the last four digits (``last4``), groups of digits (``d6``,
``d3-4``), letters and digits (``x9``), a phone's or date's way of writing, and ``int`` for a bare JSON number. Tokens of
a form are joined by dots. No form: the usual rendering of the type.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PATTERN = re.compile(r"⟦([A-Z][A-Z_]{1,15})_([1-9]\d{0,5})(?::([A-Za-z0-9+._-]{1,32}))?⟧")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One mention of an entity."""

    type: str
    number: int
    form: str = ""

    def __str__(self) -> str:
        return f"⟦{self.type}_{self.number}{':' if self.form else ''}{self.form}⟧"

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(self.form.split(".")) if self.form else ()


def _of(match: re.Match[str]) -> Placeholder:
    return Placeholder(match.group(1), int(match.group(2)), match.group(3) or "")


def find(text: str) -> Iterator[tuple[int, int, Placeholder]]:
    """Placeholders of a text with their start and end."""
    if "⟦" in text:
        for match in PATTERN.finditer(text):
            yield match.start(), match.end(), _of(match)


def places(text: str) -> list[tuple[int, int]]:
    """Start and end of each placeholder of a text."""
    return [match.span() for match in PATTERN.finditer(text)] if "⟦" in text else []


def parse(text: str) -> Placeholder | None:
    """The placeholder that a whole text is, or ``None``."""
    match = PATTERN.fullmatch(text)
    return _of(match) if match else None
