"""Redaction of one call: every identifier found by key, pattern or context becomes the placeholder of its entity,
wherever in the call it stands. The result is a fixed point: redacting it again changes nothing.
"""

import hashlib
import re
from dataclasses import dataclass, replace

from services.ingest_redactor.logic.addresses import parts_of_address, unit_alone
from services.ingest_redactor.logic.documents import CallDocument, Segment, outer_range
from services.ingest_redactor.logic.entities import Entities, Entity, KnownTerms
from services.ingest_redactor.logic.keys import TIES, WITH_ADDRESS, read_value
from services.ingest_redactor.logic.mentions import Mention, without_overlaps
from services.ingest_redactor.logic.patterns import DATE
from services.ingest_redactor.logic.scanner import Scanner, plain
from shared.errors import PoisonError
from shared.events.calls import Answer, Request, ToolDefinition
from shared.prompting import placeholders
from shared.prompting.renderings import read_date

MAX_PASSES = 5
MAX_ENTITIES = 1000
"""Every entity is looked for everywhere in the call: this bounds the time that one record may take."""
KEY_PRIORITY = -1
_CLEAN_ENTRIES = 8192
_MIN_CACHED_CHARS = 200
_DATE_AFTER = re.compile(rf"(?:, ?| ?\(| - |; ?)(?P<date>{DATE})\b", re.IGNORECASE)
LATEST_BIRTH_YEAR = 2012
"""Later dates beside a name are bookings and visits, which the narrow profile leaves alone."""


@dataclass(frozen=True, slots=True)
class Span:
    """What was replaced where, in places of the original string."""

    path: str
    start: int
    end: int
    type: str
    rule: str
    """What found it: a rule's name, ``key``, ``tagger`` or ``known value``."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A call without identifiers, and what shows it."""

    request: Request
    answer: Answer | None
    counts: dict[str, int]
    unlinked: bool
    """A value of the answer stands nowhere in the request."""
    spans: tuple[Span, ...] = ()


class Redactor:
    """Redacts calls under one profile. Deterministic; remembers only hashes of long texts that held nothing."""

    def __init__(self, scanner: Scanner) -> None:
        self.profile = scanner.profile
        self._scanner = scanner
        self._clean: set[bytes] = set()

    def redact(self, request: Request, answer: Answer | None) -> Redacted:
        """Raises ``PoisonError`` where content cannot be read or does not settle."""
        tools = request.tools
        clean_tools = self._are_clean(tools)
        outcome, terms = self._redact(replace(request, tools=()) if clean_tools else request, answer)
        if not clean_tools:
            return outcome
        if terms is not None and any(terms.mentions(text) for text in _tool_texts(tools)):
            return self._redact(request, answer)[0]
        return replace(outcome, request=replace(outcome.request, tools=tools))

    def redact_text(self, text: str) -> tuple[str, dict[str, int]]:
        """One text on its own, and how many entities of each type it held."""
        if not text or not self._scan(text):
            return text, {}
        answer = self._redact(Request(), Answer(content=text))[0]
        return (answer.answer.content if answer.answer else None) or "", answer.counts

    def _redact(self, request: Request, answer: Answer | None) -> tuple[Redacted, KnownTerms | None]:
        document = CallDocument(request, answer)
        segments = document.segments()
        entities = Entities(
            placeholder
            for segment in segments
            if "⟦" in segment.original
            for _, _, placeholder in placeholders.find(segment.original)
        )
        terms: KnownTerms | None = None
        changed = segments
        for passed in range(MAX_PASSES):
            found = {id(segment): self._mentions(segment, again=passed > 0) for segment in changed}
            self._tie(changed, found)
            known = len(entities)
            entities.add((m, segment.text[m.start : m.end]) for segment in changed for m in found[id(segment)])
            if len(entities) > MAX_ENTITIES:
                raise PoisonError("too_many_identifiers", f"more than {MAX_ENTITIES} in one call")
            if not len(entities):
                return Redacted(document.unchanged_request(), answer, {}, False), None
            is_new = len(entities) > known or terms is None
            if is_new:
                terms = KnownTerms(entities)
                changed = segments
            # Known values were replaced when they became known: a later pass only needs what it found itself.
            wanted = terms if is_new else None
            changed = [segment for segment in changed if _apply(segment, found.get(id(segment), []), entities, wanted)]
            if not changed:
                break
        else:
            raise PoisonError("redaction_unstable", f"still changing after {MAX_PASSES} passes")
        spans = tuple(span for segment in segments for span in self._spans(segment))
        return Redacted(document.request(), document.answer(), entities.counts(), entities.unlinked(), spans), terms

    def _spans(self, segment: Segment) -> list[Span]:
        """Edits in places of the outermost string, whatever JSON they were found in."""
        return [
            Span(segment.path, *outer_range(segment.source, start, end), type_, self._scanner.rule_name(priority))
            for start, end, _, type_, priority in segment.edits
        ]

    def _mentions(self, segment: Segment, *, again: bool) -> list[Mention]:
        text = segment.text
        if segment.kind is not None:
            unit = unit_alone(text) if segment.kind in ("ADDRESS", "UNIT") else None
            if unit is not None:
                return [unit]
            read = read_value(segment.kind, text)
            if read is not None:
                type_, canonical, form = read
                return [Mention(0, len(text), type_, canonical, form, KEY_PRIORITY)]
        if segment.is_number and len(text) < 9:
            return []
        return self._scan(text, again=again)

    def _scan(self, text: str, *, again: bool = False) -> list[Mention]:
        if len(text) < _MIN_CACHED_CHARS:
            return self._scan_with_ties(text, again=again)
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest in self._clean:
            return []
        found = self._scan_with_ties(text, again=again)
        if not found:
            if len(self._clean) >= _CLEAN_ENTRIES:
                self._clean.clear()
            self._clean.add(digest)
        return found

    def _scan_with_ties(self, text: str, *, again: bool) -> list[Mention]:
        """Towns, postal codes and dates that count because of what stands right before them."""
        tied: list[Mention] = []
        found: list[Mention] = []
        for mention in self._scanner.scan(text, again=again):
            if mention.type == "ADDRESS":
                street, *around = parts_of_address(text, mention)
                found.append(street)
                tied += around
                continue
            found.append(mention)
            if mention.type == "NAME":
                tied += _birth_after(text, mention)
        return without_overlaps(found + tied, []) if tied else found

    @staticmethod
    def _tie(segments: list[Segment], found: dict[int, list[Mention]]) -> None:
        """Siblings of one JSON object: towns and postal codes count only beside an address or a person, and a first and a
        last name are one person."""
        groups: dict[object, list[Segment]] = {}
        for segment in segments:
            if segment.kind is not None and segment.container is not None and found[id(segment)]:
                groups.setdefault(segment.container, []).append(segment)
        for group in groups.values():
            kinds = {segment.kind for segment in group}
            for segment in group:
                if segment.kind in WITH_ADDRESS and kinds.isdisjoint(TIES):
                    found[id(segment)] = []
            parts = {
                segment.kind: found[id(segment)][0] for segment in group if (segment.kind or "").startswith("NAME.")
            }
            if "NAME.first" in parts and "NAME.last" in parts:
                whole = f"{parts['NAME.first'].canonical}|{parts['NAME.last'].canonical}"
                for segment in group:
                    if segment.kind in ("NAME.first", "NAME.last"):
                        found[id(segment)] = [found[id(segment)][0]._replace(canonical=whole)]

    def _are_clean(self, tools: tuple[ToolDefinition, ...]) -> bool:
        """Definitions repeat in every call of an agent: those that held nothing are not read again."""
        if not tools:
            return False
        digest = hashlib.blake2b(
            "\x1f".join(_tool_texts(tools)).encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()
        if digest in self._clean:
            return True
        if self._redact(Request(tools=tools), None)[0].counts:
            return False
        self._clean.add(digest)
        return True


def _tool_texts(tools: tuple[ToolDefinition, ...]) -> list[str]:
    return [text for tool in tools for text in (tool.description or "", tool.parameters_json or "")]


def _birth_after(text: str, name: Mention) -> list[Mention]:
    """``Ann Lee, 5/6/1973``: a date long past right after a name is a birth date."""
    tail = _DATE_AFTER.match(text, name.end)
    read = read_date(tail["date"]) if tail else None
    if tail is None or read is None or read[0].year > LATEST_BIRTH_YEAR:
        return []
    return [Mention(*tail.span("date"), "DOB", read[0].isoformat(), read[1], name.priority)]


def _apply(segment: Segment, found: list[Mention], entities: Entities, terms: KnownTerms | None) -> bool:
    """Replaces what was found and what is known in a segment; whether anything was."""
    if terms is None and not found:
        return False
    text = segment.text
    if segment.is_number:
        return _apply_number(segment, text, found, entities, terms)
    owners: dict[Mention, Entity] = {}
    if terms is not None:
        seen, places = plain(text)
        # Where something was found, it stands: what is known is looked for around it.
        for mention, entity in terms.mentions(seen, found if places is None else ()):
            if places is not None:
                mention = mention._replace(start=places[mention.start], end=places[mention.end - 1] + 1)
            owners.setdefault(mention, entity)
    kept = found
    if owners:
        taken = [(start, end) for start, end, _ in placeholders.find(text)]
        kept = without_overlaps([*owners, *found], taken)
    if not kept:
        return False
    edits = []
    for mention in kept:
        owner = owners.get(mention) or entities.of(mention)
        assert owner is not None
        written = _written(mention, owner, entities, segment)
        edits.append((mention.start, mention.end, written, mention.type, mention.priority))
    segment.replace(edits)
    return True


def _written(mention: Mention, entity: Entity, entities: Entities, segment: Segment) -> str:
    form = entities.form_of(entity, mention) if mention.priority < 900 else mention.form
    return entities.placeholder(entity, form, in_answer=segment.in_answer)


def _apply_number(
    segment: Segment, text: str, found: list[Mention], entities: Entities, terms: KnownTerms | None
) -> bool:
    """A JSON number is replaced whole: its placeholder is a string with the form ``int``."""
    whole = [(m, entities.of(m)) for m in found] + (list(terms.mentions(text)) if terms else [])
    for mention, entity in whole:
        if entity is not None and mention.start == 0 and mention.end == len(text) and text.isdigit():
            form = ".".join(part for part in (mention.form, "int") if part)
            segment.replace(
                [
                    (
                        0,
                        len(text),
                        entities.placeholder(entity, form, in_answer=segment.in_answer),
                        mention.type,
                        mention.priority,
                    )
                ]
            )
            return True
    return False
