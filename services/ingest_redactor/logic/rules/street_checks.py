"""What confirms that a number beside words is a street: what stands around it, and what no street is named with."""

import re

from services.ingest_redactor.logic.names.nonames import NUMBERED
from services.ingest_redactor.logic.names.token_roles import is_first_name
from services.ingest_redactor.logic.rules.confirm import Found, joins
from shared.prompting import renderings

_PROSE_TEXT = """
a an and are at be by down for from had has have hours in is it km kids long miles minutes my near of off on or our out over
people please per that the this times to up us was way we were with your
"""
_PROSE = frozenset(_PROSE_TEXT.split())
"""Lower-case words that no street is named with: ``2 miles down the road``."""


def address(value: str) -> str:
    """Canonical form of a street with its number."""
    return " ".join(value.lower().replace(".", "").replace(",", " ").split())


def _is_glued(before: str) -> bool:
    """The number belongs to what stands before it: a code, a sum, a version."""
    return bool(before) and (joins(before[-1]) or before[-1] in "-./$€£")


_NUMBER = re.compile(
    r"(?<=[ ,])\d{1,5}[A-Za-z]?(?=,? (?!Apt|Apartment|Suite|Ste\b|Unit|Floor|Fl\b|Flat|Room|Rm\b)[^\W\d_a-z])"
)
_DATED = re.compile(r"(?:19|20)\d\d, ")
"""``2024, Main Street``"""
_SENTENCES = re.compile(r"\d\. [^\W\d_a-z]")
"""``… 225 81. J'habite 95 boulevard``"""


_UNIT_BEFORE = re.compile(
    r"\b(?:Unit|Flat|Apt|Apartment|Suite|Shop|Villa) \d{1,4}[A-Za-z]?"
    r"(?:/| / |, (?:[A-Z][a-z'’]+ ){1,2}(?:Apartments?|Towers?|House|Residency|Heights|Enclave|Society),? )$"
)
_UNIT_WORD = re.compile(r"\b(?:Unit|Flat|Apt|Apartment|Suite|Shop|Villa) $")
"""``Flat 21, Shanti Apartments, `` before ``130 MG Road``, ``Unit 8/`` before ``262 Bourke Street``"""
_UNIT_GLUED = re.compile(r"\b[Uu](?:\d{1,4}/)?$")
"""``U7/`` before ``57 Wollondilly Ave``"""


def flat(value: str, before: str, after: str) -> Found | None:
    """One place with all its parts: the building's name has no word that tells a street."""
    is_alone = not (before and joins(before[-1])) and not after[:1].isdigit()
    return Found(address(value), "") if is_alone and "⟦" not in value else None


def street(value: str, before: str, after: str) -> Found | None:
    if after[:1].isdigit():
        return None
    numbers = list(_NUMBER.finditer(value)) if value[:1].isdigit() else []
    skipped = numbers[-1].start() if numbers else 0  # ``5/1, of 128 Kookaburra Drive`` begins with the last number
    if skipped:
        value, before = value[skipped:], value[:skipped]
    elif (
        unit := (_UNIT_WORD if "/" in value[:6] else _UNIT_BEFORE).search(before) or _UNIT_GLUED.search(before)
    ) is not None:
        value, before, skipped = unit[0] + value, before[: unit.start()], -len(unit[0])
    words = value.split()
    if _is_glued(before) or words[1:2] in (["bis"], ["ter"]) or not _PROSE.isdisjoint(words):
        return None
    if _DATED.match(value) or _SENTENCES.search(value):
        return None
    return Found(address(value), "", skipped=skipped)


_CODE_FOLLOWS = re.compile(r"\d[a-z]?(?=, ?\d{2})")
"""``os. Słoneczne 94, 31-147 Kraków``: the postal code is not the house."""
_PLACED = re.compile(r"(?:Am|Im|Zum|Zur|Beim|(?:An|Auf|In|Unter|Hinter|Vor|Über|Neben|Bei) de[rmn]) ")
_BEFORE_VIA = frozenset(("in", "at", "to", "a", "di", "da", "al", "presso", "from", "for"))


def _is_numbered(value: str) -> bool:
    """But for the Norwegian ``Karl Johans gate 22``."""
    words = re.findall(r"[^\W\d_]{3,}", value)
    return bool(words) and words[-1].lower() in NUMBERED and (words[-1] != "gate" or len(words) < 2)


_NAME_AND_NUMBER = 2
_OF_DATE, _HEAD, _HOUSE_BEHIND = re.compile(r"\d[./-]$"), re.compile(r"\d+,?\s+"), re.compile(r",? \d{1,4}[a-z]?\b")


def foreign_street(value: str, before: str, after: str) -> Found | None:
    """A time of day is no house number: ``Hauptbahnhof 14:05``. ``via`` is an English word, and ``Im`` begins sentences."""
    if (
        (before and joins(before[-1]))
        or after[:1].isdigit()
        or (len(after) > 1 and after[0] in ":.," and after[1].isdigit())
    ):
        return None
    if _OF_DATE.search(before):  # ``28.08.1977, Rue de Lausanne 58``
        number, house = _HEAD.match(value), _HOUSE_BEHIND.match(after)
        if number is None or house is None:
            return None
        street_alone = value[number.end() :] + house[0]
        return Found(address(street_alone), "", length=len(street_alone), skipped=number.end())
    head = value.partition(" ")[0].lower()
    if is_first_name(head) and len(value.split()) == _NAME_AND_NUMBER:
        return None  # ``Kristie 03``
    if _is_numbered(value):
        return None
    told = before.rpartition(" ")[0].rpartition(" ")[2] if value.startswith("via ") and before[-1:] == " " else ""
    if told[-1:].isalnum() and told.lower() not in _BEFORE_VIA:
        return None
    if (
        _PLACED.match(value)
        and before.rstrip(" ")[-1:] in ("", "\n", ".", "!", "?")
        and after[:1] not in ("", "\n", ",")
    ):
        return None
    house = _CODE_FOLLOWS.search(value)
    if house is not None:
        return Found(address(value[: house.end()]), "", length=house.end())
    return Found(address(value), "")


_LOWER = re.compile(r"(?<![^ ])[a-z]+(?= )")
_IS_STREET = re.compile(r"[^\W\d_a-z][^\n]*[^\W\d_]{2}\.? \d")
_YEAR_AFTER = re.compile(r",?\s+(?:19|20)\d{2}\b(?! ?[A-Z]{2}\b)")


def street_before_town(value: str, before: str, after: str) -> Found | None:
    """``Sprint 14, 2025 Planning`` tells a year."""
    if _is_glued(before):
        return None
    skipped = 0
    for word in _LOWER.finditer(value):
        if word.group() in _PROSE:
            skipped = word.end() + 1  # ``Address changed from Karl-Liebknecht-Str. 26``
    value = value[skipped:]
    words = value.split()
    if (
        not words
        or _YEAR_AFTER.match(after)
        or renderings.read_date(words[-1])
        or (skipped and not _IS_STREET.match(value))
    ):
        return None
    return Found(address(value), "", skipped=skipped)


def announced_street(value: str, before: str, after: str) -> Found | None:
    """After ``address:`` or ``lives at`` a number beside capitalised words is a street, whatever its kind is called."""
    return None if renderings.read_date(value) or _is_numbered(value) else street(value, before, after)


_MEASURED_TEXT = """
mg mcg ml kg lbs oz cm mm km min mins minute hr hrs hour day days week weeks month months year years pm am
usd eur gbp percent star stars item items step steps people person guest guests room rooms bed tennis supreme best long
"""
_MEASURED = frozenset(_MEASURED_TEXT.split())
_NAMED_ALONE = frozenset("court place way square close".split())  # noqa: SIM905
"""Kinds of street that are words of every day as well."""
_TOLD_BEFORE = re.compile(
    r"(?i)\b(?:at|to|in|on|from|near|is|now|address|addr|lives?|lived|living|moved|residence)[:,]? $"
)
_TOLD_AFTER = re.compile(r"[ ]?(?:[,;.)\n\"']|$)|,? [a-z]+(?: [a-z]+)?,? (?:[a-z]{2}\b|\d{5})| \d{5}\b")


def small_street(value: str, before: str, after: str) -> Found | None:
    """``64 alder ct`` before a comma or behind ``at``; ``2 days ago dr`` is none."""
    words = value.split()
    if _is_glued(before):
        return None
    named = words[:-1] if words[-1] == "way" else words
    if not _PROSE.isdisjoint(named) or not _MEASURED.isdisjoint(words):
        return None
    told = _TOLD_BEFORE.search(before) is not None
    if not told and (_TOLD_AFTER.match(after) is None or words[-1] in _NAMED_ALONE):
        return None
    return Found(address(value), "")
