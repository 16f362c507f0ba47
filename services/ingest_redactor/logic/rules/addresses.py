"""What belongs to a street address beside the street: the unit, the town and the postal code, each an entity of its own,
so that a call that writes them into fields of their own is linked to a text that writes them in one line.
"""

import re

from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.names.nonames import NEVER, NUMBERED
from services.ingest_redactor.logic.rules.address_tails import tail_of_address
from services.ingest_redactor.logic.rules.street_checks import address
from services.ingest_redactor.logic.rules.streets import UNIT_WORDS
from shared.prompting.renderings import MONTHS, read_date, read_identifier, read_phone

_WORD = rf"(?P<word>{UNIT_WORDS})\b\.?\s*#?"
_NUMBER = r"(?P<v>[A-Za-z]?\d[A-Za-z0-9/-]{0,5}|[A-Z])"
_UNIT_AFTER = re.compile(rf"[.,]*\s+(?:{_WORD}|#)\s?{_NUMBER}$")
_UNIT_BEFORE = re.compile(rf"\b{_WORD}\s?{_NUMBER}(?:,|\s-)?\s+$")
_UNIT_ALONE = re.compile(rf"(?:{_WORD}|#)\s?{_NUMBER}")
_TOWN = r"(?P<town>[^\W\d_a-z][^\W\d_]*(?:[ '’.-]{1,2}[^\W\d_]+){0,3}?)"
_WORDS_OF_TOWN = r"[^\W\d_a-z][^\W\d_]+(?: [^\W\d_a-z][^\W\d_]+){0,2}"
_ZIP = r"(?P<code>\d{5}(?:-\d{4})?)\b"
_TAILS = (
    re.compile(rf",?\s+{_TOWN},?\s+(?:(?P<state>[A-Z]{{2}})\b(?:,?\s{{1,2}}{_ZIP})?)"),
    re.compile(rf",?\s+{_TOWN},?\s+{_ZIP}"),
    re.compile(rf",?\s+{_TOWN},?\s+(?P<code>[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}})\b"),
    re.compile(
        rf",?\s+(?P<code>(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?: [A-Z]{{2}}\b)?|\d{{3}} \d{{2}}),?\s+{_TOWN}(?=[.,;:!?)\n\"']|\s|$)"
    ),
    re.compile(
        r",?\s(?P<town>[a-z][a-z.'’-]+(?: [a-z][a-z.'’-]+){0,2}?),?\s(?P<state>[a-z]{2}),?\s(?P<code>\d{5}(?:-\d{4})?"
        r"|[a-z]\d[a-z] ?\d[a-z]\d)\b"
    ),
    re.compile(r",?\s(?P<town>[a-z][a-z'’-]+(?: [a-z][a-z'’-]+)?),?\s(?P<code>[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2})\b"),
    re.compile(rf"(?:,\s+|\s+in\s+){_TOWN}(?=\s*(?:[.,;:!?)(—\n\"']|$))"),
    re.compile(rf",\s(?P<town>(?:Brgy\.?|Barangay) {_WORDS_OF_TOWN}(?:, {_WORDS_OF_TOWN})?)"),
)
"""State and code after the town, code alone, a British code, a code before the town, a town alone."""
_CODE_BEHIND = re.compile(
    r"(?:,\s[^\W\d_a-z][^\W\d_]{1,24}(?: [^\W\d_]{1,24}){0,2}){0,3},?\s(?P<code>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
    r"|[AC-FHKNPRTV-Y]\d[\dW] ?[\dAC-FHKNPRTV-Y]{4})\b"
)
"""A British or Irish code after town and county, or right after the street."""
_CODE_AFTER = re.compile(
    r",\s(?P<code>\d{5,6}(?:-\d{3,4})?|(?!19|20)\d{4}|\d{2}-\d{3}|\d{3} \d{2})(?=\s*(?:[.;,:)\n\"']|$)(?!\.\d))"
)
"""Four digits that may be a year are left alone."""
_LOOK_BACK = 24
_PHONE_AFTER = re.compile(
    r"(?: \([^()\n]{1,16}\))?(?: ?\(|,? -? ?|: ?|; ?| ?[·•|] ?| {2,20}|\t)"
    r"(?P<v>\+?\(?\d{2,4}\)?(?:[ ./-]{1,2}\d{2,4}){2,4}|\d{9,11}|\d{1,2} \d{4} \d{4}"
    r"|[89]\d{3} \d{4}|\(?\d{2,4}\)?[ /-]\d{3,4}[ -]\d{3,4})\b(?![.,/-]\d)"
    r"(?P<extension> ?(?:x|ext\.?) ?\d{1,6}\b)?"
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
_BEYOND = re.compile(
    r"(?i) \d{1,5}[a-z]?(?=, (?-i:[^\W\d_a-z])[^\n\d,]{1,30},? (?-i:[A-Z]{2}),? \d{5}\b)"
    r"|(?: \d{1,2})?,? #\d{2}-\d{2,4}|,? (?:ph-?\d{1,3}|bsmt|basement|bldg\.? [a-z\d]{1,3}"
    r"(?: (?:apt|unit|ste)\.? [a-z\d]{1,4})?)\b|,? r/c\b| (?:bis|ter)\b|, bl\. [A-Z]\d{1,2}(?:, (?:sc|ap)\. ?\w{1,3}){0,2}|"
    r"(?:(?:,\s{0,2}|\s)\d{1,2}\s?)?\.?[ºª°](?:[ ]?(?:\d{1,2}\s?[ºª°]|[A-Z]\b|i(?:zq(?:da|uierda)?|zda)\b\.?|esq\.?|dto\.?"
    r"|d(?:ch|er)a?\b\.?))?"
    r"|(?:,\s{0,2}|\s{1,2})(?:\d{1,2}(?:\.|e|er|ème|ste)? ?(?:tv|th|mf|sal|og(?: (?:links|rechts|mitte))?|stock"
    r"|etage|étage|andar|piętro|izq|dcha)\b\.?"
    r"|(?:m|lok|int|interno|esc|scala|pta|puerta|portal|piso|planta|appt?|bte|bus|ap|no|nr|d|kat|daire|as|bl|sc|et|depto|stiege|top|tür|whg|wohnung|apto|andar|lgh|byt|casa|bloco|sala)"
    r"[.:]? ?\d{1,4}[a-z]?\b|(?:bajo|entresuelo|hs)\b)(?![.,/]\d)"
)
"""Floor, door or flat in a house, as other languages write them: ``3, 2º B``, ``12 m. 5``."""
_PARTS_BEYOND = 4
"""``Bl. 39 Sc. 67 Ap. 915``"""
_DOOR = re.compile(r" \d{1,3}\b(?![.,:/]\d)")
_ENDS_IN_STAIR = re.compile(r"\d [A-Z]$")
"""``5 A 12``: house, stair and flat."""
_GOES_ON = re.compile(r" [^\W\d_a-z]")
"""``Via Roma 10 a Milano``: the letter is a word."""
_UNITS_BEFORE = re.compile(
    r"(?i)(?:\b(?:room|rm|building|bldg|block|blk|lot|villa|plot|shop|office|level|tower|h\.? ?no|door no|house|phase"
    r"|sector)"
    r"\.? ?#?(?:[a-z]-?)?\d{1,5}[a-z]?(?:[-/]\d{1,5}[a-z]?)?,?\s{1,2}){1,4}$"
    r"|(?:\b\d{1,4}-(?:dong|ho),? ){1,3}$"
    r"|\b(?i:block|blk|tower|wing) [A-Z],? (?:(?i:flat|apt|unit) \d{1,4}[A-Z]?,? )?$"
    r"|\b\d{1,2}(?:st|nd|rd|th) [Ff]loor,? $|\b[A-Z]-\d{1,2}-\d{1,2},? $"
    r"|\b(?:(?:Top|Ground|First|Second|Third|Upper|Lower|Garden|Basement)(?: Floor)? Flat|Basement),? $"
    r"|\b(?:[A-Z]{1,2}-)?\d{1,4}, [A-Z][a-z]+ (?:Residency|Apartments?|Heights|Towers?|Enclave|Society"
    r"|Complex|Villas?|Plaza|House), $"
    r"|\b(?:[A-Z][a-z]+ ){1,2}(?:Heights|Mansions?|Heim|Residence|Building) \d{1,4}, $"
    r"|(?i:\b(?:plot|villa|h\.? ?no|door no|blk|block|no)\.? )$|\b(?:Na|Nad|Pod) $"
)
"""``Room 806, Building 12, 472 Tianhe North Road``, ``Plot 188 Adeola Odeku Street``: what stands before the street."""
_TOWN_BEFORE = re.compile(r"\b(?P<code>[1-9]\d{3,4}) (?P<town>[^\W\d_a-z][^\W\d_]+(?:[ -][^\W\d_]+)?), $")
"""``1058 Budapest, Váci út 54``"""
_CODE_BEFORE = re.compile(
    r"(?:^|[ ,:(\n])(?P<town>[^\W\d_a-z][^\W\d_]+(?:[ -][^\W\d_a-z][^\W\d_]+)?) "
    r"(?P<code>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{3}-\d{4}), $"
)
"""``Halifax B3H 3W1, 6145 Lakeshore Rd``"""
_HOUSE_NAME = re.compile(
    r"(?:^|[\n:|>\",;]\s{0,2}|\b[a-z]{1,4} )((?:The )?[A-Z][a-z’']+(?: [A-Z][a-z’']+){0,2}"
    r" (?:Cottage|House|Forge|Barn|Lodge|Farm|Farmhouse|Manor|Hall|Villa|Rectory|Vicarage|Mill|Stables|Grange|Bungalow)"
    r"|The (?:Old )?[A-Z][a-z]+), $"
)
_MONTHS = {short.lower() for name in MONTHS for short in (name, name[:3])} | {"sept"}


def unit_alone(text: str) -> Mention | None:
    """``Apt 4`` as the whole of a field."""
    match = _UNIT_ALONE.fullmatch(text)
    return _unit(match, 0, -1) if match else None


def parts_of_address(text: str, street: Mention) -> list[Mention]:
    """The street, first and without its unit; the unit; the town and code right after."""
    street = _whole(text, street)
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
    found += _code_and_town_before(text, street)
    around = tail_of_address(text, street.end, street.priority)
    if around:
        return found + around
    around = _town_after(text, street)
    if not any(one.type == "ZIP" for one in around) and (behind := _CODE_BEHIND.match(text, street.end)) is not None:
        around.append(Mention(*behind.span("code"), "ZIP", *read_identifier(behind["code"]), street.priority))
    return found + around


def _code_and_town_before(text: str, street: Mention) -> list[Mention]:
    offset = max(0, street.start - 2 * _LOOK_BACK)
    head = text[offset : street.start]
    before = _TOWN_BEFORE.search(head) or _CODE_BEFORE.search(head)
    if before is None:
        return []
    code = Mention(*before.span("code"), "ZIP", *read_identifier(before["code"]), street.priority)
    town = Mention(*before.span("town"), "PLACE", before["town"].lower(), "", street.priority)
    return [code.moved(offset), town.moved(offset)]


def _whole(text: str, street: Mention) -> Mention:
    """With the house's name before it and the floor and the door after it."""
    start, end = street.start, street.end
    lettered = text[end - 2 : end - 1] == " " and text[end - 1].islower()
    if lettered and text[end : end + 1].isalpha():
        end, lettered = end - 2, False  # a word that begins with one letter of ASCII
    beyond = (_BEYOND.match(text, end - 2) if lettered else None) or _BEYOND.match(text, end)
    if beyond is None and lettered and _GOES_ON.match(text, end):
        end -= 2
    if beyond is None and _ENDS_IN_STAIR.search(text[max(start, end - 4) : end]):
        beyond = _DOOR.match(text, end)
    for _ in range(_PARTS_BEYOND):
        if beyond is None:
            break
        end = beyond.end()
        beyond = _BEYOND.match(text, end)
    units = _UNITS_BEFORE.search(text[max(0, start - 2 * _LOOK_BACK) : start])
    if units is not None:
        start -= len(units.group())
    if text[start - 2 : start] == ", ":
        named = _HOUSE_NAME.search(text[max(0, start - 2 * _LOOK_BACK) : start])
        if named is not None:
            start -= len(named.group(1)) + 2
    if (start, end) == (street.start, street.end):
        return street
    return street._replace(start=start, end=end, canonical=address(text[start:end]))


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
            number = phone["v"] + (phone["extension"] or "")
            return [Mention(phone.start("v"), phone.end(), "PHONE", *read_phone(number), name.priority - 1)]
    street = _STREET_AFTER.match(text, name.end)
    words = street["v"].lower().split() if street is not None else []
    if street is None or not _MONTHS.isdisjoint(words) or words[0] in NUMBERED:
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
