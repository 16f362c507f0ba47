"""What belongs to a street address beside the street: the unit, the town and the postal code, each an entity of its own,
so that a call that writes them into fields of their own is linked to a text that writes them in one line.
"""

import re

from services.ingest_redactor.logic.confirm import address
from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.nonames import NEVER
from services.ingest_redactor.logic.patterns import UNIT_WORDS
from shared.prompting.renderings import read_date, read_identifier, read_phone

_WORD = rf"(?P<word>{UNIT_WORDS})\b\.?\s*#?"
_NUMBER = r"(?P<v>[A-Za-z]?\d[A-Za-z0-9-]{0,5}|[A-Z])"
_UNIT_AFTER = re.compile(rf"[.,]*\s+(?:{_WORD}|#)\s?{_NUMBER}$")
_UNIT_BEFORE = re.compile(rf"\b{_WORD}\s?{_NUMBER}(?:,|\s-)?\s+$")
_UNIT_ALONE = re.compile(rf"(?:{_WORD}|#)\s?{_NUMBER}")
_TOWN = r"(?P<town>[^\W\d_a-z][^\W\d_]*(?:[ '’.-]{1,2}[^\W\d_]+){0,3}?)"
_ZIP = r"(?P<code>\d{5}(?:-\d{4})?)\b"
_TAILS = (
    re.compile(rf",?\s+{_TOWN},?\s+(?:(?P<state>[A-Z]{{2}})\b(?:,?\s{{1,2}}{_ZIP})?)"),
    re.compile(rf",?\s+{_TOWN},?\s+{_ZIP}"),
    re.compile(rf",?\s+{_TOWN},?\s+(?P<code>[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}})\b"),
    re.compile(
        rf",?\s+(?P<code>(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?: [A-Z]{{2}}\b)?|\d{{3}} \d{{2}}),?\s+{_TOWN}(?=[.,;:!?)\n\"']|\s|$)"
    ),
    re.compile(rf"(?:,\s+|\s+in\s+){_TOWN}(?=\s*(?:[.,;:!?)\n\"']|$))"),
)
"""State and code after the town, code alone, a British code, a code before the town, a town alone."""
_CODE_AFTER = re.compile(
    r",\s(?P<code>\d{5,6}(?:-\d{3,4})?|(?!19|20)\d{4}|\d{2}-\d{3}|\d{3} \d{2})(?=\s*(?:[.;,:)\n\"']|$)(?!\.\d))"
)
"""Four digits that may be a year are left alone."""
_LOOK_BACK = 24
_PHONE_AFTER = re.compile(
    r"(?: ?\(|,? -? ?|: ?|; ?)(?P<v>\+?\(?\d{2,4}\)?(?:[ ./-]{1,2}\d{2,4}){2,4}|\d{10}|\(?\d{2,4}\)?[ /-]\d{3,4}[ -]\d{3,4})"
    r"\b(?![.,/-]\d)"
)
_DATED = re.compile(r"(?:19|20)\d{2}[-./ ]\d|\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d{2}\b")
"""A date, perhaps with the hour: ``2026-03-02 14``."""
_STREET_WORD = r"[^\W\d_a-z][^\W\d_]{0,30}+(?:[.'’-][^\W\d_]{1,30}+)?+\.?"
_BEFORE_TOWN = r"(?=\n|,[ \n](?:\d{3,6}|[^\W\d_a-z]))"
_STREET_AFTER = re.compile(
    rf"(?:, ?|\n)(?P<v>\d{{1,5}}(?:[A-Za-z]|[/-]\d{{1,4}})?,?(?: {_STREET_WORD}){{2,4}}{_BEFORE_TOWN}"
    rf"|{_STREET_WORD}(?: {_STREET_WORD}| d[aeou]s?| del| della| di){{0,4}},? \d{{1,5}}(?:[a-z]\b)?(?:[/-]\d{{1,4}}[a-z]?)?"
    rf"(?:{_BEFORE_TOWN}|(?=$)))"
)
_MONTHS = frozenset("jan feb mar apr may jun jul aug sep oct nov dec".split())  # noqa: SIM905


def unit_alone(text: str) -> Mention | None:
    """``Apt 4`` as the whole of a field."""
    match = _UNIT_ALONE.fullmatch(text)
    return _unit(match, 0, -1) if match else None


def parts_of_address(text: str, street: Mention) -> list[Mention]:
    """The street, first and without its unit; the unit; the town and code right after."""
    found = [street]
    unit = _UNIT_AFTER.search(text[street.start : street.end])
    if unit is not None:
        value = text[street.start : street.start + unit.start()]
        found = [
            street._replace(end=street.start + unit.start(), canonical=address(value)),
            _unit(unit, street.start, street.priority),
        ]
    else:
        start = max(0, street.start - _LOOK_BACK)
        before = _UNIT_BEFORE.search(text[start : street.start])
        if before is not None:
            found.append(_unit(before, start, street.priority))
    return found + _town_after(text, street)


def code_after(text: str, place: Mention) -> Mention | None:
    """``Przemyśl, 99-561.``: the postal code right after a town, where nothing but the sentence goes on."""
    match = _CODE_AFTER.match(text, place.end)
    if match is None:
        return None
    return Mention(*match.span("code"), "ZIP", *read_identifier(match["code"]), place.priority)


def number_or_street_after(text: str, name: Mention) -> list[Mention]:
    """``Ann Lee - 502 871 311``, ``Ann Lee, Calzada Alarcón 27, Toledo``: what contacts and parcels tell after a name."""
    phone = _PHONE_AFTER.match(text, name.end)
    if phone is not None:
        digits = sum(map(str.isdigit, phone["v"]))
        if 8 <= digits <= 12 and _DATED.match(phone["v"]) is None and read_date(phone["v"]) is None:
            return [Mention(*phone.span("v"), "PHONE", *read_phone(phone["v"]), name.priority - 1)]
    street = _STREET_AFTER.match(text, name.end)
    if street is None or street["v"][:3].lower() in _MONTHS:
        return []
    found = Mention(*street.span("v"), "ADDRESS", address(street["v"]), "", name.priority - 1)
    return parts_of_address(text, found)


def _unit(match: re.Match[str], offset: int, priority: int) -> Mention:
    """Its word is part of the form, ``Apt.p9A``: ``apt 4B`` in a text and ``4B`` in a field are one entity."""
    canonical, form = read_identifier(match["v"])
    start = match.start("v")
    if match["word"]:
        start, form = match.start("word"), ".".join(part for part in (match["word"], form) if part)
    return Mention(offset + start, offset + match.end("v"), "UNIT", canonical, form, priority)


def town_follows(text: str, end: int) -> bool:
    """Whether what follows a street is a town with nothing after it."""
    return any((tail := pattern.match(text, end)) is not None and tail.end() == len(text) for pattern in _TAILS)


def _town_after(text: str, street: Mention) -> list[Mention]:
    for tail in _TAILS:
        match = tail.match(text, street.end)
        if match is None or match["town"].split()[0].lower() in NEVER:
            continue
        found = [Mention(*match.span("town"), "PLACE", match["town"].lower(), "", street.priority)]
        if "code" in tail.groupindex and match["code"]:
            found.append(Mention(*match.span("code"), "ZIP", *read_identifier(match["code"]), street.priority))
        return found
    return []
