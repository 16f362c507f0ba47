"""People in messages of fixed segments: HL7 version 2 (hospitals), ANSI X12 (insurers, 5010), SWIFT MT (banks), airlines'
service requests.

Their fields have no names; which field is what follows from the segment (HL7 v2.5.1 chapter 3, X12 271/835/837
loops 2010 and 2100, IATA Resolution 830d and the PADIS messages for SSR DOCS).
"""

import re
from collections.abc import Iterator
from itertools import accumulate

from services.ingest_redactor.logic.layout.siblings import keyed_mention
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.names.names_read import NAME_PRIORITY, looks_like_a_person, read_name
from shared.prompting import renderings

_PRIORITY = NAME_PRIORITY - 2
_HL7 = re.compile(r"\b(PID|NK1|PV1|IN1|GT1|OBR|ORC)\|([^\n\r]{8,2000})")
_HL7_NEXT = re.compile(r"(?:MSH|EVN|PID|PD1|NK1|PV1|PV2|IN1|GT1|OBR|OBX|ORC|AL1|DG1|AIP|AIG|AIL)\|")
_HL7_FIELDS: dict[str, dict[int, str]] = {
    "PID": {2: "RECORD", 3: "RECORD", 4: "RECORD", 5: "NAME", 6: "NAME", 7: "DOB", 9: "NAME", 11: "STREET", 13: "PHONE",
            14: "PHONE", 18: "ACCOUNT", 19: "SSN", 20: "LICENCE"},
    "NK1": {2: "NAME", 4: "STREET", 5: "PHONE", 6: "PHONE"},
    "PV1": {7: "NAME", 8: "NAME", 9: "NAME", 17: "NAME", 19: "RECORD"},
    "IN1": {16: "NAME", 36: "POLICY"},
    "GT1": {3: "NAME", 6: "PHONE", 8: "DOB", 12: "SSN"},
    "OBR": {10: "NAME", 16: "NAME", 28: "NAME"}, "ORC": {10: "NAME", 11: "NAME", 12: "NAME"},
}  # fmt: skip
"""Of each segment the numbers of the fields that hold somebody's."""
_X12 = re.compile(r"\b(NM1|DMG|PER|REF|N3|N4|SBR|CLP|CLM)\*([^~\n]{3,400})")
_X12_PEOPLE = frozenset(("IL", "QC", "1P", "85", "DN", "82", "77", "QD", "74", "03", "P3"))
_X12_NUMBERS = {
    "SY": "SSN",
    "0F": "MEMBER",
    "1W": "MEMBER",
    "MI": "MEMBER",
    "EJ": "RECORD",
    "EA": "RECORD",
    "1L": "POLICY",
}
_CARD_ADDRESS = re.compile(r"(?m)^ADR(?:;[^:\n]{0,80})?:((?:[^;\n]{0,120};){3,6}[^;\n]{0,120})$")
_CARD_KINDS = ("ADDRESS.any", "ADDRESS.any", "ADDRESS.any", "PLACE", "", "ZIP", "")
"""Of a vCard's address (RFC 6350, section 6.3.1): box, unit, street, town, region, code, country."""
_DOCS = re.compile(
    r"\bDOCS\b[^/\n]{0,24}/?[PIACV]/[A-Z]{2,3}/(?P<PASSPORT>[A-Z0-9]{5,12})/[A-Z]{2,3}/(?P<DOB>\d{2}[A-Za-z]{3}\d{2})/[MFUX]I?"
    r"(?:/(?:\d{2}[A-Z]{3}\d{2}/)?\s{0,8}(?P<last>[A-Z][A-Z' -]{1,30})/(?P<first>[A-Z][A-Z' -]{1,30}))?"
)
_DOCS_SHORT = re.compile(
    r"\bDOCS\b[^/\n]{0,24}/?[PIACV]/(?P<PASSPORT>[A-Z0-9]{5,12})/"
    r"(?P<DOB>\d{1,2}-[A-Za-z]{3}-\d{2,4})\b"
)
"""As tools of agents shorten it."""
_CHILD = re.compile(
    r"\((?:CHD|INF)/(?P<last>[A-Z][A-Z' -]{1,30})/(?P<first>[A-Z][A-Z' -]{1,30})/(?P<DOB>\d{2}[A-Za-z]{3}\d{2})\)"
)
_CONTACT = re.compile(r"\bCTC[MHB]\b[ A-Z0-9/]{0,16}?[ /](?P<PHONE>\+?\d{8,15})\b")
_FREQUENT = re.compile(r"\bFQT[VRSU]\b[ A-Z0-9]{0,16}?[ /-](?P<MEMBER>[A-Z]{2} ?\d{6,14})\b")
_SWIFT = re.compile(r":(?:50|59)[AFK]?:/[^\n]{4,40}\n([^\n:/]{3,35})(?=\n)")
"""The customer below an account in a payment order (SWIFT MT103, fields 50a and 59a)."""
_LETTERS = r"[^\W\d_](?:[^\W\d_]|['’.-])+"
_PART = re.compile(rf"(?![a-z]){_LETTERS}(?: (?![a-z]){_LETTERS})*")


def segment_values(text: str) -> list[Mention]:
    """What such segments hold. Linear in the text."""
    # One character is looked for ten times as fast as several.
    readers = []
    if "|" in text and "^" in text:
        readers.append(_hl7)
    if "*" in text and ("NM1*" in text or "DMG*" in text):
        readers.append(_x12)
    if ";" in text and "ADR" in text:
        readers.append(_card)
    if ":" in text and (":50" in text or ":59" in text):
        readers.append(_swift)
    if "DOCS" in text or "CTC" in text or "FQT" in text or ("(" in text and ("(CHD/" in text or "(INF/" in text)):
        readers.append(_airline)
    found: list[Mention] = []
    for reader in readers:
        for mention in reader(text):
            found.append(mention)
            bounded(len(found))
    return found


def _hl7(text: str) -> Iterator[Mention]:
    for segment in _HL7.finditer(text):
        body, end = segment[2], _HL7_NEXT.search(segment[2])
        kinds, start = _HL7_FIELDS[segment[1]], segment.start(2)
        for number, field in enumerate(body[: end.start() if end else len(body)].split("|"), 1):
            kind = kinds.get(number)
            if kind is not None and field:
                yield from _hl7_field(kind, field, start)
            start += len(field) + 1


def _hl7_field(kind: str, field: str, start: int) -> Iterator[Mention]:
    """``DOE^JANE^M``; of other fields the first component that is such a value."""
    at = start
    for repeat in field.split("~"):
        parts = repeat.split("^")
        if kind == "NAME":
            first = 1 if parts[0][:1].isdigit() else 0  # a doctor's own number may stand before the name
            if first:
                yield from _keyed("MEMBER", parts[0], at)
            yield from _person(parts[first:], at + first * (len(parts[0]) + 1))
        else:
            place = at
            for part in parts:
                found = list(_keyed(kind, part, place))
                if found:
                    yield from found
                    break
                place += len(part) + 1
        at += len(repeat) + 1


def _person(parts: list[str], start: int) -> Iterator[Mention]:
    """Last name, first name and middle, each where it stands; one person."""
    named = [part for part in parts[:2] if _PART.fullmatch(part)]
    canonical = f"{named[1].lower()}|{named[0].lower()}" if len(named) == 2 else None
    for role, part in zip(("last", "first", "mid"), parts, strict=False):
        if _PART.fullmatch(part) and len(part) > 1:
            form = ".".join(token for token in (role, renderings.read_case(part)) if token)
            own = canonical if canonical is not None and role != "mid" else part.lower()
            yield Mention(start, start + len(part), "NAME", own, form, _PRIORITY)
        start += len(part) + 1


def _x12(text: str) -> Iterator[Mention]:
    for segment in _X12.finditer(text):
        fields, start = segment[2].split("*"), segment.start(2)
        places = list(accumulate((len(field) + 1 for field in fields), initial=start))
        yield from _x12_segment(segment[1], fields, places)


def _x12_segment(name: str, fields: list[str], places: list[int]) -> Iterator[Mention]:
    if name == "NM1" and fields[0] in _X12_PEOPLE and len(fields) > 2 and fields[1] == "1":
        yield from _person(fields[2:5], places[2])
        if len(fields) > 8:
            yield from _keyed(_X12_NUMBERS.get(fields[7], "MEMBER"), fields[8], places[8])
    elif name in ("CLP", "CLM"):
        yield from _keyed("RECORD", fields[0], places[0])
    elif name == "DMG" and len(fields) > 1:
        yield from _keyed("DOB", fields[1], places[1])
    elif name == "N3":
        yield from _keyed("ADDRESS", fields[0], places[0])
    elif name == "N4" and len(fields) > 2:
        yield from _keyed("PLACE", fields[0], places[0])
        yield from _keyed("ZIP", fields[2], places[2])
    elif name == "REF" and len(fields) > 1 and fields[0] in _X12_NUMBERS:
        yield from _keyed(_X12_NUMBERS[fields[0]], fields[1], places[1])
    elif name == "PER":
        if len(fields) > 1 and " " in fields[1] and _PART.fullmatch(fields[1]):
            yield Mention(places[1], places[1] + len(fields[1]), "NAME", *read_name(fields[1]), _PRIORITY)
        for at in range(2, len(fields) - 1, 2):
            kind = {"TE": "PHONE", "EM": "EMAIL", "FX": "PHONE"}.get(fields[at])
            if kind is not None:
                yield from _keyed(kind, fields[at + 1], places[at + 1])


def _keyed(kind: str, value: str, start: int) -> Iterator[Mention]:
    mention = keyed_mention(kind, value) if value else None
    if mention is not None:
        yield mention._replace(start=start + mention.start, end=start + mention.end, priority=_PRIORITY)


def _card(text: str) -> Iterator[Mention]:
    for address in _CARD_ADDRESS.finditer(text):
        start = address.start(1)
        for kind, part in zip(_CARD_KINDS, address[1].split(";"), strict=False):
            if kind and part.strip():
                yield from _keyed(kind, part, start)
            start += len(part) + 1


def _swift(text: str) -> Iterator[Mention]:
    for match in _SWIFT.finditer(text):
        if looks_like_a_person(match[1]):
            yield Mention(*match.span(1), "NAME", *read_name(match[1]), _PRIORITY)


def _airline(text: str) -> Iterator[Mention]:
    for match in (*_DOCS.finditer(text), *_DOCS_SHORT.finditer(text), *_CHILD.finditer(text)):
        if match.re is not _CHILD:
            yield from _keyed("PASSPORT", match["PASSPORT"], match.start("PASSPORT"))
        yield from _keyed("DOB", match["DOB"], match.start("DOB"))
        if match.re is _DOCS_SHORT or match["first"] is None:
            continue
        canonical = f"{match['first'].split()[0].lower()}|{match['last'].lower()}"
        for role in ("last", "first"):
            yield Mention(*match.span(role), "NAME", canonical, f"{role}.upper", _PRIORITY)
    for pattern, kind in ((_CONTACT, "PHONE"), (_FREQUENT, "MEMBER")):
        for match in pattern.finditer(text):
            yield from _keyed(kind, match[kind], match.start(kind))
