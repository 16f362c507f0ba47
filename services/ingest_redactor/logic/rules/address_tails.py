"""District, town and postal code behind a street, in the order of whatever country: ``, Hai Chau District, Da Nang 550000``,
``, 34710 Kadıköy/İstanbul``, `` - Batel, Curitiba - PR, 80420-090``. States, provinces and countries stay.
"""

import re

from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.names.english import is_of_the_language
from services.ingest_redactor.logic.names.nonames import NEVER
from services.ingest_redactor.logic.names.tagger import places
from shared.prompting.renderings import read_identifier

STATES = (
    r"Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho"
    r"|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota"
    r"|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina"
    r"|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas"
    r"|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming"
)
"""Of the United States."""

_LOWER_WITHIN = r"(?:de|del|do|da|di|la|le|les|el|of|the|an|am|im|op|upon|sur|en|bei|sul|nad|pod|ob|der|den|al|y|e)"
_WORD = r"[^\W\d_a-z](?:[^\W\d_]{0,3}\.|[^\W\d_]*+(?!\d))(?:['’/-][^\W\d_]+)*"
"""With a dot where it may be short for something: ``St. Louis``, but not the end of a sentence."""
_AREA = re.compile(rf"(?P<v>{_WORD}(?: (?:{_LOWER_WITHIN} ){{0,2}}{_WORD}){{0,3}})(?: [1-9]\d?\b(?![-\d]))?")
"""Perhaps with the number of a district."""
_SMALL_AREA = re.compile(r"(?P<v>[^\W\d_A-Z][^\W\d_]+(?:[ '’/-][^\W\d_]+){0,2}?)(?=,|\s\d| [a-z]{2,3}\b,? ?\d)")
_STATE = re.compile(
    rf"(?:(?i:{STATES})|\([A-Z][^\W\d_]+\)|\(?(?:[A-Z]{{2,4}}|[a-z]{{2,3}}|[A-Z]\.[A-Z]\.|[A-Z][a-z]{{1,4}}\.)\)?)"
    r"(?=[,.;:!?)\"'|^\n]|\s{1,2}[A-Za-z]{0,2}\d|$)"
)
_TOWN_STATE_CODE = re.compile(
    rf"(?P<v>{_WORD}(?: {_WORD}){{0,2}}?)(?=,? (?:[A-Z]{{2,3}}|(?i:{STATES})),? (?:\d{{4,5}}\b|[A-Z]\d[A-Z] ?\d[A-Z]\d))"
)
"""Right behind the street: ``… Ln Hobart TAS 7059``."""
_STATE_BEHIND = re.compile(r"(?<=[^\W\d_A-Z]) [A-Z]{2,3}$")
"""``Paddington NSW``"""
_CODE = re.compile(
    r"(?P<x>\d{4} [a-z]{2})(?= [a-z]{3})"
    r"|(?P<v>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d{2} ?[A-Z\d]{4}|[A-Z]\d{4}[A-Z]{3}"
    r"|(?:[A-Z]{1,2}-)?\d{4,7}(?: [A-Z]{2}\b|-\d{3,4})?|\d{4}[A-Z]{2}\b|[1-9]\d{2} \d{3}|\d{3} \d{2}|\d{2,3}-\d{3,4})"
    r"(?![\w-]|[.,/]\d| \d{3})"
    r"|(?P<w>[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d)\b"
)
_YEAR = re.compile(r"(?:19|20)\d\d$")
_SEPARATOR = re.compile(
    r"(?P<strong>,?[ ]?(?:\n|<br ?/?>\n?)[ ]{0,40}|(?:,|;{1,2})[ ]{0,2}| - | / |\^{1,2}| ?\| ?)|[ ]{1,2}"
)
_SMALL_TOWN = re.compile(r"(?P<v>[a-z]{3,}(?:[ -][a-z]{3,})?)(?=[.,;!?)\n]|$)")
_STEPS = 8
_LABELS_TEXT = """
policy claim invoice member card ref reference ticket case call tel phone mobile cell fax id room order account born dob ssn
contract customer patient parcel tracking booking reservation code pin number loan meter vin amount total balance since
"""
_LABELS = frozenset(_LABELS_TEXT.split())
"""Before a number they say that it is no postal code."""


def tail_of_address(text: str, end: int, priority: int) -> list[Mention]:
    """What follows a street that ends at ``end``, if a postal code is part of it."""
    areas: list[Mention] = []
    code: Mention | None = None
    told_state = False
    for _ in range(_STEPS):
        separator = _SEPARATOR.match(text, end)
        if separator is None:
            break
        at, is_strong = separator.end(), separator["strong"] is not None
        found = None if code is not None else _CODE.match(text, at)
        if found is not None and (told_state or not _YEAR.fullmatch(found.group())):
            code = Mention(at, found.end(), "ZIP", *read_identifier(found.group()), priority)
            end = found.end()
            continue
        state = _STATE.match(text, at) if code is None and areas else None
        if state is not None:
            told_state, end = True, state.end()
            continue
        if code is not None and (is_strong or any(area.start > code.end for area in areas)):
            break  # a province, a country, the rest of the sentence
        if code is not None and text[code.end - 2 : code.end].islower():
            small = _SMALL_TOWN.match(text, at)  # ``3014 ne rotterdam``
            if small is not None and not areas:
                areas.append(Mention(*small.span("v"), "PLACE", small["v"], "", priority))
            break
        area = _area_at(text, at, is_strong=is_strong, is_first=not areas, is_coded=code is not None)
        if area is None or not _may_be_a_place(area["v"]):
            break
        end = at + len(_STATE_BEHIND.sub("", area.group()))
        areas.append(Mention(at, end, "PLACE", text[at:end].lower(), "", priority))
    if code is not None:
        return [*areas, code]
    while areas and not places() >= set(text[areas[-1].start : areas[-1].end].lower().split()):
        areas.pop()
    return areas if len(areas) > 1 else []  # one town alone is told by less


def _area_at(text: str, at: int, *, is_strong: bool, is_first: bool, is_coded: bool) -> re.Match[str] | None:
    """A district or a town: behind a sign, behind the code, or first where a state and a code follow."""
    if is_strong:
        return _AREA.match(text, at) or _SMALL_AREA.match(text, at)
    if is_coded:
        return _AREA.match(text, at)
    return _TOWN_STATE_CODE.match(text, at) if is_first else None


def _may_be_a_place(area: str) -> bool:
    first, last = area.split()[0], area.split()[-1].lower()
    if first.islower() and is_of_the_language(first):
        return False
    return first.lower() not in NEVER and first.lower() not in _LABELS and last not in _LABELS
