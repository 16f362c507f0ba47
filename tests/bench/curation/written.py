"""Sets of documents written by a language model that had not seen the rules, made-up people throughout.

Each was measured before anything it showed was mended; ``written/README.md`` keeps those figures. Since then they are
what development looks at: what they measure today is no estimate for unseen text, but what a change must not lose.
"""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.rule import Profile
from tests.bench.curation.goals import Row
from tests.bench.curation.redaction_quality import Tally, hidden, percent, spans_of, touched

_FOLDER = Path(__file__).with_name("written")
AGENT, CLINICAL = ("agent_1", "agent_2", "agent_3", "agent_4"), ("clinical_1", "clinical_2", "clinical_3")
SETS: tuple[tuple[Profile, tuple[str, ...]], ...] = (("pii", AGENT), ("hipaa", CLINICAL))
NAME = "NAME"


def places_of(value: str, text: str) -> Iterator[tuple[int, int]]:
    """Every place of a value, digits not as a part of more of them."""
    for match in re.finditer(re.escape(value), text):
        start, end = match.span()
        runs_on = value.isdigit() and (text[start - 1 : start].isdigit() or text[end : end + 1].isdigit())
        if not runs_on:
            yield start, end


def measured(redactor: Redactor, name: str) -> tuple[Tally, Tally]:
    """Identifiers by type (good: hidden wherever they stand), harmless look-alikes (good: untouched)."""
    recall, harmless = Tally(), Tally()
    for line in gzip.decompress((_FOLDER / f"{name}.jsonl.gz").read_bytes()).decode().splitlines():
        row = json.loads(line)
        text = row["text"]
        spans = spans_of(redactor, text)
        for value, kind in row["identifiers"]:
            recall.add(kind, all(hidden(text, *place, spans) for place in places_of(value, text)), value)
        for value in row["harmless"]:
            start = text.index(value)
            harmless.add("look-alike", not touched(text, start, start + len(value), spans), value)
    return recall, harmless


def rows(name: str, recall: Tally, harmless: Tally) -> Iterator[Row]:
    kept, every = harmless.share()
    for label, kinds in (("names", {NAME}), ("other identifiers", set(recall.all) - {NAME})):
        yield Row(
            f"{name}, written without sight of the rules, mended since: {label} found", percent(*recall.share(kinds))
        )
    yield Row(f"{name}: look-alikes touched", percent(every - kept, every))
