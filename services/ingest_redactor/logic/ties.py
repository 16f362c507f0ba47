"""What counts because of what stands right beside it: the check code behind a card, a birth behind a name, a nickname."""

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise

from services.ingest_redactor.logic.mentions import Mention, bounded, without_overlaps
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.tagger import places
from services.ingest_redactor.logic.rules.addresses import code_after, number_or_street_after, parts_of_address
from services.ingest_redactor.logic.rules.dates import LATEST_BIRTH_YEAR, birth
from services.ingest_redactor.logic.rules.patterns import DATE
from services.ingest_redactor.logic.rules.wide_dates import day_beside_days
from shared.prompting.renderings import read_date, read_identifier

_OWN_SCRIPT = re.compile(r" ?[(（]([\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af ]{2,12})[)）]")
_NICKNAME_CHARS = 24
_CARD_CODE = re.compile(
    r"[ ,;/|]{1,3}(?:(?i:exp\S{0,6} ?\d{2}/\d{2,4})[ ,;/|]{1,3})?(?:(?i:cvv|cvc|code)[ :]{1,2})?"
    r"(?P<v>\d{3})(?![\d/:.,-]*\d|\w)"
)
"""The check code that people write behind a card's number."""
_LOGIN_AFTER = re.compile(r"\*{0,2} [(\[][`@]?(?P<v>[a-z][a-z0-9._-]{2,24})`?[)\]]")
_FIRST_AFTER = re.compile(
    r", (?P<v>[^\W\d_a-z][^\W\d_]+(?: [^\W\d_a-z]\.)?|[^\W\d_a-z]\.(?: ?[^\W\d_a-z]\.)?)(?=  |\t| ?\||\n|$|,\d)"
)
_NUMBER_AFTER = re.compile(r" \((?:(?:ID|id|no\.?|#) ?)?(?P<v>[A-Z]{0,4}\d?[ -]?\d{5,10})\)")
"""``Min-jun Matsuda (U63254810)``"""
_TOWN_AFTER = re.compile(r", (?P<v>[A-Z][a-z]+(?: [A-Z][a-z]+)?)(?=:)")
"""``Declan Tindall, Naperville: "Great staff"``"""
_CODE_BESIDE = re.compile(
    r"(?:, ?| ?& | and | ?[/|] ?)(?P<v>\d{5}(?:-\d{4})?|(?:- )?[1-9]\d{5}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
    r"|(?:[A-Z]{2} )?[A-Z]\d[A-Z] ?\d[A-Z]\d|(?:[A-Z][a-z]+ ){0,2}(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT) \d{4}"
    r"|(?:[A-Z][a-z]+ ){1,2}(?:- )?[1-9]\d{5})(?=\s*(?:[|.;,)\n]|$))(?!\.\d)"
)
"""``jane@example.org & 27725``: what people are asked for to find them."""
_DAY = re.compile(r"(?<![\d/.-])(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9])(?![\d/%-]|\.\d)")
_AROUND_DAY, _ROW_CHARS = 48, 15
_SHARED_CHARS = 3
_NICKNAME = re.compile(r" [\"'“‘(]([^\W\d_]{2,20})[\"'”’)] ")
_DATE_AFTER = re.compile(
    rf"(?: |: ?|, ?|[\"']?,[ ]?[\"']| ?\(| - |; ?| ?\| ?| {{2,4}}|\t)(?P<date>{DATE})\b", re.IGNORECASE
)
_FOREIGN_AFTER = re.compile(
    r"(?: ?\(|, ?| - | )(?P<date>\d{1,2}(?:\.|er)? (?:de )?[^\W\d_]{3,10}(?: de)? (?:19|20)\d{2})(?!\d)"
)
"""A day, a month in whatever language, a year."""
_DATE_BESIDE = re.compile(rf" (?:und|and|&|et|y|e|en|i|och|og) (?P<date>{DATE})\b", re.IGNORECASE)
_CHILDREN = re.compile(r"(?i)\b(?:kids?|child(?:ren)?|minors?|infants?|pupils?|kinder|enfants|hijos|filhos|figli)\b")
_CHILDREN_BEFORE = 90


def with_ties(text: str, mentions: list[Mention]) -> list[Mention]:
    """With towns, postal codes and dates that count because of what stands right before them."""
    tied = _nicknames(text, mentions)
    if any(mention.type == "DATE" for mention in mentions):
        tied += _other_days(text, mentions)
    found: list[Mention] = []
    grown = False
    for mention in mentions:
        if mention.type == "ADDRESS":
            street, *around = parts_of_address(text, mention)
            found.append(street)
            tied += around
            grown |= street.end > mention.end or street.start < mention.start
            continue
        found.append(mention)
        if mention.type == "CARD" and (check := _CARD_CODE.match(text, mention.end)) is not None:
            tied.append(Mention(*check.span("v"), "ID", *read_identifier(check["v"]), mention.priority))
        elif mention.type == "DOB" and (second := _DATE_BESIDE.match(text, mention.end)) is not None:
            read = read_date(second["date"])
            if read is not None:
                tied.append(Mention(*second.span("date"), "DOB", read[0].isoformat(), read[1], mention.priority))
        elif mention.type in ("NAME", "EMAIL", "SSN", "LICENCE", "PASSPORT"):
            tied += _birth_after(text, mention)
            if mention.type == "NAME":
                tied += number_or_street_after(text, mention)
                tied += _beside(text, mention)
            elif mention.type == "EMAIL":
                tied += _code_beside(text, mention)
        elif mention.type == "PLACE" and (code := code_after(text, mention)) is not None:
            tied.append(code)
    return without_overlaps(found + tied, []) if tied or grown else found


def _other_days(text: str, mentions: list[Mention]) -> list[Mention]:
    """``8/4/23, again 8/7, 8/14``: where one day is told, a month and a day are another, unless they read as a score."""
    days = [mention for mention in mentions if mention.type == "DATE"]
    starts = sorted(day.start for day in days)
    ends = sorted(day.end for day in days)
    found: list[Mention] = []
    for match in _DAY.finditer(text):
        start, end = match.span()
        after, before = bisect_left(starts, end), bisect_right(ends, start) - 1
        told = [*ends[max(before, 0) : before + 1], *(one.end for one in found[-1:])]
        in_a_row = any(start - last < _ROW_CHARS for last in told) or any(
            first - end < _ROW_CHARS for first in starts[after : after + 1]
        )
        around = text[max(0, start - _AROUND_DAY) : start], text[end : end + _AROUND_DAY]
        day = day_beside_days(match.group(), *around, in_a_row=in_a_row)
        if day is not None:
            found.append(Mention(start, end, "DATE", *day[:2], days[0].priority))
            bounded(len(found))
    return found


def _nicknames(text: str, mentions: list[Mention]) -> list[Mention]:
    """``Lamar 'Tank' Boudreaux``: what stands in quotes between two halves of a name; ``Tanaka Haruto (田中 陽翔)``: the
    name in its own script after it."""
    found: list[Mention] = []
    if not text.isascii():
        for one in mentions:
            own = _OWN_SCRIPT.match(text, one.end) if one.type == "NAME" else None
            if own is not None:
                found.append(Mention(*own.span(1), "NAME", *read_name(own[1]), one.priority))
    for one, other in pairwise(mentions):
        if one.type == other.type == "NAME" and 4 < other.start - one.end < _NICKNAME_CHARS:
            quoted = _NICKNAME.fullmatch(text, one.end, other.start)
            if quoted is not None:
                found.append(Mention(*quoted.span(1), "NAME", *read_name(quoted[1]), one.priority))
    return found


def _birth_after(text: str, name: Mention) -> list[Mention]:
    """``Ann Lee, 5/6/1973``: a date long past right after a name, or after a number that one has from birth."""
    tail = _DATE_AFTER.match(text, name.end)
    read = read_date(tail["date"]) if tail else None
    if tail is None or read is None:
        foreign = _FOREIGN_AFTER.match(text, name.end)
        born = birth(foreign["date"], "", "") if foreign and int(foreign["date"][-4:]) <= LATEST_BIRTH_YEAR else None
        return (
            [] if foreign is None or born is None else [Mention(*foreign.span("date"), "DOB", *born[:2], name.priority)]
        )
    if read[0].year > LATEST_BIRTH_YEAR and not _CHILDREN.search(
        text[max(0, name.start - _CHILDREN_BEFORE) : name.start]
    ):
        return []
    return [Mention(*tail.span("date"), "DOB", read[0].isoformat(), read[1], name.priority)]


def _code_beside(text: str, mail: Mention) -> list[Mention]:
    code = _CODE_BESIDE.match(text, mail.end)
    return [] if code is None else [Mention(*code.span("v"), "ZIP", *read_identifier(code["v"]), mail.priority)]


def _beside(text: str, name: Mention) -> list[Mention]:
    """``Jamal Whitaker (jwhitak3)``: a login made of the name; ``Iyer, Venkat   rent``: the first name of a row."""
    login = _LOGIN_AFTER.match(text, name.end)
    if login is not None:
        letters = "".join(filter(str.isalpha, login["v"]))
        said = text[name.start : name.end].lower()
        if any(letters[at : at + _SHARED_CHARS] in said for at in range(len(letters) - _SHARED_CHARS + 1)):
            return [Mention(*login.span("v"), "USER", login["v"], "", name.priority)]
    number = _NUMBER_AFTER.match(text, name.end)
    if number is not None and read_date(number["v"]) is None:
        return [Mention(*number.span("v"), "MEMBER", *read_identifier(number["v"]), name.priority)]
    town = _TOWN_AFTER.match(text, name.end)
    if town is not None and all(word in places() for word in town["v"].lower().split()):
        return [Mention(*town.span("v"), "PLACE", town["v"].lower(), "", name.priority)]
    first = _FIRST_AFTER.match(text, name.end) if "|" not in name.canonical else None
    if first is None:
        return []
    canonical = f"{first['v'].split()[0].rstrip('.').lower()}|{name.canonical}"
    return [Mention(*first.span("v"), "NAME", canonical, "first", name.priority)]
