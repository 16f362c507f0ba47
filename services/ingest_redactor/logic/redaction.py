"""Redaction of one call: every identifier found by key, pattern or context becomes the placeholder of its entity,
wherever in the call it stands. The result is a fixed point: redacting it again changes nothing.
"""

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from services.ingest_redactor.logic.documents import CallDocument, Segment, outer_range
from services.ingest_redactor.logic.entities import Entities, Entity, KnownTerms
from services.ingest_redactor.logic.layout.siblings import keyed_mention, tied
from services.ingest_redactor.logic.mentions import Mention, without_overlaps
from services.ingest_redactor.logic.names.names_read import is_of_a_thing
from services.ingest_redactor.logic.questions import answers_to, mark_answers
from services.ingest_redactor.logic.reading import with_layout
from services.ingest_redactor.logic.scanner import Scanner, plain
from services.ingest_redactor.logic.ties import with_ties
from shared.errors import PoisonError
from shared.events.calls import Answer, Request, ToolDefinition
from shared.prompting import placeholders

MAX_PASSES = 5
MAX_ENTITIES = 1000
"""Every entity is looked for everywhere in the call: this bounds the time that one record may take."""
_CLEAN_ENTRIES = 8192
_MIN_CACHED_CHARS = 200


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


_Outcome = tuple[Redacted | PoisonError, KnownTerms | None]


class Redactor:
    """Redacts calls under one profile. Deterministic; remembers only hashes of long texts that held nothing."""

    def __init__(self, scanner: Scanner) -> None:
        self.profile = scanner.profile
        self._scanner = scanner
        self._clean: set[bytes] = set()

    def redact(self, request: Request, answer: Answer | None) -> Redacted:
        """Raises ``PoisonError`` where content cannot be read or does not settle."""
        outcome = self.redact_all([(request, answer)])[0]
        if isinstance(outcome, PoisonError):
            raise outcome
        return outcome

    def redact_all(self, calls: Sequence[tuple[Request, Answer | None]]) -> list[Redacted | PoisonError]:
        """Each call as :meth:`redact` gives it, its error in the place of one that cannot be redacted. Together they are
        read faster than one by one."""
        clean = [self._are_clean(request.tools) for request, _ in calls]
        found = self._redact_all(
            [
                (replace(request, tools=()) if is_clean else request, answer)
                for (request, answer), is_clean in zip(calls, clean, strict=True)
            ]
        )
        return [
            self._with_clean_tools(call, outcome) if is_clean else outcome[0]
            for call, is_clean, outcome in zip(calls, clean, found, strict=True)
        ]

    def _with_clean_tools(self, call: tuple[Request, Answer | None], outcome: _Outcome) -> Redacted | PoisonError:
        """Definitions that hold nothing themselves may still name what the rest of the call tells."""
        redacted, terms = outcome
        if isinstance(redacted, PoisonError):
            return redacted
        tools = call[0].tools
        if terms is not None and any(terms.mentions(text) for text in _tool_texts(tools)):
            return self._redact_all([call])[0][0]
        return replace(redacted, request=replace(redacted.request, tools=tools))

    def redact_text(self, text: str) -> tuple[str, dict[str, int]]:
        """One text on its own, and how many entities of each type it held."""
        if not text:
            return text, {}
        if "{" not in text and "[" not in text and not self._scan([text])[0]:
            return text, {}  # only keys of JSON could tell more
        answer = self.redact(Request(), Answer(content=text))
        return (answer.answer.content if answer.answer else None) or "", answer.counts

    def _redact_all(self, calls: Sequence[tuple[Request, Answer | None]]) -> list[_Outcome]:
        """All calls go forward pass by pass, so that the texts of a pass are read together."""
        outcomes: list[_Outcome | None] = [None] * len(calls)
        passes = {at: self._passes(request, answer) for at, (request, answer) in enumerate(calls)}
        found: dict[int, list[Mention]] = {}
        passed = 0
        while passes:
            wanted: dict[int, list[Segment]] = {}
            for at, call in passes.items():
                try:
                    wanted[at] = call.send(found if passed else None)
                except StopIteration as end:
                    outcomes[at] = end.value
                except PoisonError as error:
                    outcomes[at] = error, None
            passes = {at: passes[at] for at in wanted}
            try:
                found = self._mentions(
                    [segment for segments in wanted.values() for segment in segments], again=passed > 0
                )
            except PoisonError as error:
                if len(calls) == 1:
                    return [(error, None)]
                return [self._redact_all([call])[0] for call in calls]  # whose text it was shows when each is alone
            passed += 1
        return [outcome for outcome in outcomes if outcome is not None]

    def _passes(
        self, request: Request, answer: Answer | None
    ) -> Generator[list[Segment], dict[int, list[Mention]] | None, _Outcome]:
        """Asks for the mentions in some segments, by their identities, until the call is settled."""
        document = CallDocument(request, answer)
        segments = document.segments()
        mark_answers(segments)
        entities = Entities(
            placeholder
            for segment in segments
            if "⟦" in segment.original
            for _, _, placeholder in placeholders.find(segment.original)
        )
        terms: KnownTerms | None = None
        changed = segments
        for _ in range(MAX_PASSES):
            found = (yield changed) or {}
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

    def _mentions(self, segments: list[Segment], *, again: bool) -> dict[int, list[Mention]]:
        """Of each segment, by its identity."""
        found: dict[int, list[Mention]] = {}
        unread: list[Segment] = []
        for segment in segments:
            known = _by_key(segment) if segment.kind is not None or segment.is_number else None
            if known is None:
                unread.append(segment)
            else:
                found[id(segment)] = known
        for segment, mentions in zip(
            unread, self._scan([segment.text for segment in unread], again=again), strict=True
        ):
            if segment.kind == "THING":
                mentions = [mention for mention in mentions if not is_of_a_thing(mention)]
            told = answers_to(segment.asked, segment.text)
            found[id(segment)] = without_overlaps(told + mentions, []) if told else mentions
        return found

    def _scan(self, texts: list[str], *, again: bool = False) -> list[list[Mention]]:
        """Mentions of each text. Long ones that held nothing before are not read again."""
        digests = [_digest(text) if len(text) >= _MIN_CACHED_CHARS else b"" for text in texts]
        unread = [at for at, digest in enumerate(digests) if digest not in self._clean]
        found: list[list[Mention]] = [[] for _ in texts]
        scanned = self._scanner.scan_all([texts[at] for at in unread], again=again)
        for at, mentions in zip(unread, scanned, strict=True):
            if mentions := with_layout(texts[at], mentions):
                found[at] = with_ties(texts[at], mentions)
            elif digests[at]:
                if len(self._clean) >= _CLEAN_ENTRIES:
                    self._clean.clear()
                self._clean.add(digests[at])
        return found

    @staticmethod
    def _tie(segments: list[Segment], found: dict[int, list[Mention]]) -> None:
        """Siblings of one JSON object: towns and postal codes count only beside an address or a person, and a first and a
        last name are one person."""
        groups: dict[object, list[Segment]] = {}
        for segment in segments:
            if segment.kind is not None and segment.container is not None and found[id(segment)]:
                groups.setdefault(segment.container, []).append(segment)
        for group in groups.values():
            for segment, mention in zip(
                group, tied((segment.kind or "", found[id(segment)][0]) for segment in group), strict=True
            ):
                if mention is not found[id(segment)][0]:
                    found[id(segment)] = [] if mention is None else [mention]

    def _are_clean(self, tools: tuple[ToolDefinition, ...]) -> bool:
        """Definitions repeat in every call of an agent: those that held nothing are not read again."""
        if not tools:
            return False
        digest = _digest("\x1f".join(_tool_texts(tools)))
        if digest in self._clean:
            return True
        outcome = self._redact_all([(Request(tools=tools), None)])[0][0]
        if isinstance(outcome, PoisonError) or outcome.counts:
            return False
        self._clean.add(digest)
        return True


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _by_key(segment: Segment) -> list[Mention] | None:
    """What a segment is because of its key or as a short number; ``None`` if it has to be read."""
    text = segment.text
    if segment.kind is not None:
        mention = keyed_mention(segment.kind, text)
        if mention is not None:
            return [mention]
        if segment.kind == "WARE" and " " not in text:
            return []
    return [] if segment.is_number and len(text) < 9 else None


def _tool_texts(tools: tuple[ToolDefinition, ...]) -> list[str]:
    return [text for tool in tools for text in (tool.description or "", tool.parameters_json or "")]


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
        kept = without_overlaps([*owners, *found], placeholders.places(text))
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
