"""What the layout of a text says of the values in it: tables, labelled lines and lists, markup, letters, conversations."""

from services.ingest_redactor.logic.layout.fields import labelled_values
from services.ingest_redactor.logic.layout.letters import greeted, greets, names_in_letters, turned
from services.ingest_redactor.logic.layout.markup import marked_values
from services.ingest_redactor.logic.layout.rosters import listed_people
from services.ingest_redactor.logic.layout.segments import segment_values
from services.ingest_redactor.logic.layout.tables import read_tables
from services.ingest_redactor.logic.mentions import MAX_VALUES, Mention, without_overlaps
from services.ingest_redactor.logic.questions import answers_in
from shared.errors import PoisonError


def _may_have_labels(text: str) -> bool:
    return ":" in text or "  " in text or ".." in text or ("|" in text and " | " in text) or "：" in text


def _may_have_marks(text: str) -> bool:
    """One character is looked for ten times as fast as two."""
    return (
        "=" in text
        or ("<" in text and "</" in text)
        or (":" in text and ('":' in text or "':" in text))
        or ("(" in text and ('("' in text or "('" in text or "( '" in text))
    )


def with_layout(text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions in a text together with those that its layout tells, none in a header or a label. Raises
    ``PoisonError`` for a text of more lines, signs of assignment, or keys and values than a call of a narrow task has."""
    if len(text) > MAX_VALUES:
        pairs = text.count("':") + text.count('":')
        if max(text.count("\n"), text.count("="), 2 * pairs) > MAX_VALUES:
            raise PoisonError(
                "too_many_values", f"more than {MAX_VALUES} lines, assignments, keys and values in one text"
            )
    tables = read_tables(text)
    fields, labels = labelled_values(text) if _may_have_labels(text) else ([], [])
    fields += segment_values(text)
    if _may_have_marks(text):
        fields += marked_values(text)
    if "\n" in text or ("<" in text and "@" in text):
        fields += names_in_letters(text)
        if "?\n" in text:
            fields += answers_in(text)
    else:
        if greets(text):
            fields += greeted(text)
        fields += turned(text)
    fields += listed_people(text, mentions)
    if tables is not None:
        return without_overlaps(mentions + tables.mentions + fields, tables.headers + labels)
    return without_overlaps(mentions + fields, labels) if fields or (labels and mentions) else mentions
