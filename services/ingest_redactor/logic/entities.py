"""Entities of one event: who and what is named, under which number, and every way they are written."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.names.east_asian import is_east_asian
from services.ingest_redactor.logic.names.english import is_word
from shared.prompting.placeholders import Placeholder
from shared.prompting.renderings import (
    DATE_FORMS,
    read_card,
    read_case,
    read_date,
    read_identifier,
    read_part_of_date,
    read_phone,
    read_ssn,
    write_date,
    write_from_anchor,
    write_iban,
)
from shared.tasks.names import first_names, last_names

NUMERIC_TYPES = frozenset(
    (
        "CARD",
        "SSN",
        "PHONE",
        "ACCOUNT",
        "MEMBER",
        "RECORD",
        "POLICY",
        "LICENCE",
        "PASSPORT",
        "TAX_ID",
        "NPI",
        "ID",
        "ZIP",
    )
)
KNOWN_PRIORITY, SECRET_PRIORITY, WHOLE_PRIORITY = 900, 499, -1
"""Where something was found it stands, but for a name within a known secret."""
_LEAST_INNER, _LEAST_NUMBER = 3, 4
_WHOLE_TYPES = frozenset(("ADDRESS", "MEMBER", "RECORD", "POLICY", "ACCOUNT", "ID", "LICENCE", "PASSPORT", "TAX_ID"))
_COUNTED = timedelta(days=366)
_RUN = re.compile(r"\d(?:[ ().-]{0,2}\d){3,22}")
"""A bracket and a plus before it belong to it. A pattern that starts with a digit is found faster."""
_ANNOUNCED = re.compile(
    r"(?i)\b(?:client|customer|member|candidate|patient|student|pupil|employee|donor|soci[oa]|emp|no\.?|n[º°]|number|num|id|code)"
    r"[ #:.(]{1,3}$"
)
_LAST_FOUR_BEFORE = re.compile(
    r"(?i)(?:ending(?: in| with)?|ends (?:in|with)|last (?:four|4)(?: digits)?(?: are| is)?)[ :]{1,3}$"
)
_READERS = {"CARD": read_card, "SSN": read_ssn, "PHONE": read_phone}


@dataclass(slots=True)
class Entity:
    """One person, number or place. ``number`` is given at its first use in document order."""

    type: str
    canonical: str
    renderings: dict[str, str] = field(default_factory=dict)
    """Lower-cased rendering → form."""
    number: int = 0
    in_request: bool = False
    in_answer: bool = False

    @property
    def name_parts(self) -> list[str]:
        return self.canonical.split("|")


class Entities:
    """The table of an event. Numbers that placeholders in the event already bear are left free."""

    def __init__(self, reserved: Iterable[Placeholder]) -> None:
        self._reserved = {(placeholder.type, placeholder.number) for placeholder in reserved}
        self._by_value: dict[tuple[str, str], Entity] = {}
        self._next: dict[str, int] = {}
        self._anchor: date | None = None

    def __len__(self) -> int:
        return len(self._by_value)

    def all(self) -> list[Entity]:
        return list(self._by_value.values())

    @staticmethod
    def _space(type_: str, canonical: str) -> str:
        """Numbers share one space: the same digits under two types are one entity."""
        return "digits" if type_ in NUMERIC_TYPES and canonical.isdigit() else type_

    def add(self, mentions: Iterable[tuple[Mention, str]]) -> None:
        """Takes in mentions with their texts; full names before single ones, so that parts find their whole."""
        names: list[tuple[Mention, str]] = []
        short: list[tuple[Mention, str]] = []
        for mention, text in mentions:
            if mention.type == "NAME":
                names.append((mention, text))
            elif mention.form.startswith("last4"):
                short.append((mention, text))
            else:
                self._take(mention, text)
        for mention, text in sorted(names, key=lambda item: "|" not in item[0].canonical):
            self._take(mention, text)
        for mention, text in names:
            for inner in _inner_names(text):
                self._take(Mention(0, len(inner), "NAME", inner.lower(), "first", mention.priority), inner)
        for mention, text in short:
            self._take(mention, text)

    def _take(self, mention: Mention, text: str) -> None:
        entity = self.of(mention)
        if entity is None:
            key = (self._space(mention.type, mention.canonical), mention.canonical)
            entity = self._by_value[key] = Entity(mention.type, mention.canonical)
            if mention.type == "DATE" and self._anchor is None:
                read = read_date(mention.canonical)
                self._anchor = read[0] if read else None
        entity.renderings.setdefault(text.lower(), self.form_of(entity, mention))

    def of(self, mention: Mention) -> Entity | None:
        """The entity that a mention names, or ``None`` if it is new."""
        space = self._space(mention.type, mention.canonical)
        known = self._by_value.get((space, mention.canonical))
        if known is not None:
            return known
        if mention.type == "NAME" and "|" not in mention.canonical:
            return self._name_with(mention.canonical)
        if mention.form.startswith("last4"):
            return self._ending_in(mention.canonical)
        return None

    def _name_with(self, part: str) -> Entity | None:
        for entity in self._by_value.values():
            if entity.type == "NAME" and part in entity.name_parts:
                return entity
        return None

    def _ending_in(self, digits: str) -> Entity | None:
        for entity in self._by_value.values():
            if entity.type in NUMERIC_TYPES and entity.canonical.endswith(digits) and entity.canonical != digits:
                return entity
        return None

    @staticmethod
    def form_of(entity: Entity, mention: Mention) -> str:
        """The form of a mention as the entity sees it: a single name is the part that it is of the whole."""
        if mention.type != "NAME" or "|" in mention.canonical:
            return mention.form
        parts = entity.name_parts
        tokens = mention.form.split(".")
        if len(parts) == 2:
            tokens[0] = "first" if mention.canonical == parts[0] else "last"
        elif entity.renderings:
            tokens[0] = next(iter(entity.renderings.values())).split(".")[0]
        return ".".join(tokens)

    def placeholder(self, entity: Entity, form: str, *, in_answer: bool) -> str:
        """The placeholder of a mention; the entity's first use gives it its number."""
        if entity.number == 0:
            number = self._next.get(entity.type, 1)
            while (entity.type, number) in self._reserved:
                number += 1
            self._next[entity.type] = number + 1
            entity.number = number
        if in_answer:
            entity.in_answer = True
        else:
            entity.in_request = True
        return str(Placeholder(entity.type, entity.number, self._dated(entity, form)))

    def _dated(self, entity: Entity, form: str) -> str:
        """A date's form also tells its weekday and its distance from the first date of the event, ``iso.thu+3``."""
        if entity.type != "DATE" or self._anchor is None:
            return form
        read = read_date(entity.canonical)
        day = read[0] if read else read_part_of_date(entity.canonical, self._anchor)[0]
        return form if day is None else ".".join(part for part in (form, write_from_anchor(day, self._anchor)) if part)

    def unlinked(self) -> bool:
        """Whether a value of the answer stands nowhere in the request, nor, as a date, close to one that the request
        tells: a model can count days, but not guess."""
        return any(entity.in_answer and not entity.in_request and not self._counted(entity) for entity in self.all())

    def _counted(self, entity: Entity) -> bool:
        read = read_date(entity.canonical) if entity.type == "DATE" else None
        if read is None or self._anchor is None:
            return False
        told = self._by_value.get(("DATE", self._anchor.isoformat()))
        return told is not None and told.in_request and abs(read[0] - self._anchor) <= _COUNTED

    def counts(self) -> dict[str, int]:
        """Entities replaced, by type."""
        counts: dict[str, int] = {}
        for entity in self._by_value.values():
            if entity.number:
                counts[entity.type] = counts.get(entity.type, 0) + 1
        return dict(sorted(counts.items()))


class KnownTerms:
    """Finds every writing of the entities known so far, wherever in the event it stands."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities
        self._terms: list[tuple[str, Entity, str | None]] = []
        self._digits: dict[str, Entity] = {}
        self._dates: list[tuple[str, date, Entity]] = []
        self._of_dates: dict[int, list[tuple[str, Entity, str | None]]] = {}
        for entity in entities.all():
            if entity.type == "NAME":
                self._add_name(entity)
                continue
            read = read_date(entity.canonical) if entity.type in ("DOB", "DATE") else None
            if read is not None:
                self._dates.append((f"{read[0].year % 100:02d}", read[0], entity))
                continue
            for rendering, form in (entity.renderings | _other_renderings(entity)).items():
                if len(rendering) >= 5 or (len(rendering) == 4 and not rendering.isdigit()):
                    self._terms.append((rendering, entity, form))
            if entity.type in NUMERIC_TYPES and entity.canonical.isdigit() and len(entity.canonical) >= _LEAST_NUMBER:
                self._digits[entity.canonical] = entity
        self._terms.sort(key=lambda term: (-len(term[0]), term[0]))

    def _add_name(self, entity: Entity) -> None:
        for rendering in entity.renderings:
            if " " in rendering or is_east_asian(rendering):
                self._terms.append((rendering, entity, None))
        parts = entity.name_parts
        if len(parts) == 2 and " ".join(parts) not in entity.renderings:
            self._terms.append((" ".join(parts), entity, None))
        for index, part in enumerate(parts):
            if len(part) >= 3 or (len(part) == 2 and is_east_asian(part)):
                self._terms.append((part, entity, "last" if index else self._single_form(entity)))

    @staticmethod
    def _single_form(entity: Entity) -> str:
        if len(entity.name_parts) == 2:
            return "first"
        return next(iter(entity.renderings.values())).split(".")[0]

    def mentions(self, text: str, taken: Iterable[Mention] = ()) -> list[tuple[Mention, Entity]]:
        """Occurrences in a text outside of what is taken, in order and apart; longest first where they overlap is the
        caller's affair."""
        low = text.lower()
        if len(low) != len(text):
            low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
        searched, whole = low, text
        if taken:
            searched, text = _blanked(low, taken), _blanked(text, taken)
        found: list[tuple[Mention, Entity]] = []
        terms, found_before = self._terms, list(taken)
        for year, day, entity in self._dates:
            if year in searched:  # every writing of a date holds it: most texts need no more to be looked for
                terms = [*terms, *self._writings(day, entity)]
        for needle, entity, form in terms:
            # A part of a password, an address or a code may read as something else; the whole is what is hidden.
            is_secret = entity.type == "SECRET"
            is_whole = bool(found_before) and entity.type in _WHOLE_TYPES and not needle.isalnum()
            where, priority = (low, SECRET_PRIORITY) if is_secret else (searched, KNOWN_PRIORITY)
            if is_whole:
                where, priority = low, WHOLE_PRIORITY
            start = where.find(needle)
            if start < 0:
                continue
            while start >= 0:
                end = start + len(needle)
                if _bounded(low, start, end) and not (is_whole and _cuts(found_before, start, end)):
                    written = self._written(whole[start:end], entity, form)
                    if written is not None:
                        found.append((Mention(start, end, entity.type, entity.canonical, written, priority), entity))
                start = where.find(needle, start + 1)
            bounded(len(found))
        if self._digits:
            found += self._numbers(text)
        return found

    def _writings(self, day: date, entity: Entity) -> list[tuple[str, Entity, str | None]]:
        """Of a date, made when they are first asked for."""
        found = self._of_dates.get(id(entity))
        if found is None:
            others = {write_date(day, form).lower(): form for form in DATE_FORMS}
            found = [(rendering, entity, form) for rendering, form in (entity.renderings | others).items()]
            found.sort(key=lambda term: (-len(term[0]), term[0]))
            self._of_dates[id(entity)] = found
        return found

    @staticmethod
    def _written(text: str, entity: Entity, form: str | None) -> str | None:
        if entity.type != "NAME":
            return form
        case = read_case(text)
        if form is None:
            return case
        word = text.lower()
        if case == "lower" and is_word(word) and word not in first_names() and word not in last_names():
            return None
        return f"{form}.{case}" if case else form

    def _numbers(self, text: str) -> list[tuple[Mention, Entity]]:
        found: list[tuple[Mention, Entity]] = []
        done = 0
        for match in _RUN.finditer(text):
            start, end = match.span()
            if start > done and text[start - 1] == "(":
                start -= 1
            if start > done and text[start - 1] == "+":
                start -= 1
            run, done = text[start:end], end
            reader_free = run if run.isdigit() else "".join(filter(str.isdigit, run))
            entity = self._digits.get(reader_free) or self._digits.get(
                reader_free[1:] if reader_free[:1] == "1" else ""
            )
            if (
                entity is not None
                and len(reader_free) == _LEAST_NUMBER
                and not _ANNOUNCED.search(text[max(0, start - 24) : start])
            ):
                entity = None  # four digits are a number only after a word that says so
            if entity is not None and _bounded(text, start, end):
                if run.startswith("(") and ")" not in run:
                    start, run = start + 1, run[1:]
                form = _READERS.get(entity.type, read_identifier)(run)[1]
                found.append((Mention(start, end, entity.type, entity.canonical, form, KNOWN_PRIORITY), entity))
            elif len(reader_free) == 4 and _LAST_FOUR_BEFORE.search(text[max(0, start - 32) : start]):
                found += self._last_four(start, end, reader_free)
        return found

    def _last_four(self, start: int, end: int, digits: str) -> list[tuple[Mention, Entity]]:
        mention = Mention(start, end, "CARD", digits, "last4", KNOWN_PRIORITY)
        entity = self._entities.of(mention)
        return [] if entity is None else [(mention, entity)]


def _inner_names(text: str) -> list[str]:
    """``Faizal`` of ``Muhammad Faizal bin Osman``: people are called by any of their names."""
    words = text.replace(",", " ").split()[1:-1]
    return [
        word
        for word in words
        if len(word) >= _LEAST_INNER and word.isalpha() and word[0].isupper() and not is_word(word.lower())
    ]


def _other_renderings(entity: Entity) -> dict[str, str]:
    """Ways to write an entity that digits alone do not find: account numbers with letters."""
    if entity.type == "IBAN":
        return {write_iban(entity.canonical, form).lower(): form for form in ("", "spaced")}
    return {}


def _blanked(text: str, taken: Iterable[Mention]) -> str:
    """The text with what is taken out of sight, every place as it was."""
    pieces: list[str] = []
    position = 0
    for mention in taken:
        pieces += (text[position : mention.start], "\0" * (mention.end - mention.start))
        position = mention.end
    pieces.append(text[position:])
    return "".join(pieces)


def _cuts(taken: Sequence[Mention], start: int, end: int) -> bool:
    """Whether something taken, in order and apart, reaches out of that range."""
    at = bisect_left(taken, end, key=lambda mention: mention.start) - 1
    while at >= 0 and taken[at].end > start:
        if taken[at].start < start or taken[at].end > end:
            return True
        at -= 1
    return False


def _bounded(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isalnum() or before == "_" or after.isalnum() or after == "_")
