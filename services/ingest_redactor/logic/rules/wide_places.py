"""Places that only the wide profile takes: postal codes alone, streets without a number, towns in lower case."""

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME
from services.ingest_redactor.logic.names.tagger import places
from services.ingest_redactor.logic.rules.address_tails import STATES
from services.ingest_redactor.logic.rules.confirm import Found, stands_alone
from services.ingest_redactor.logic.rules.patterns import LETTER, UPPER
from services.ingest_redactor.logic.rules.street_checks import address
from shared.prompting import renderings

_SHORT_STATES = (
    r"(?:Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ill|Ind|Kan|Mass|Md|Mich|Minn|Miss|Mont|Neb|Nev|Okla|Ore|Penn|Tenn|Tex|Wash|Wis"
    r"|Wyo)\."
)
CODE_AFTER_STATE = (
    rf"(?i)\b(?:{STATES}|{_SHORT_STATES}),? (?P<v>\d{{5}}(?:-\d{{4}})?)\b"
    r"|\b(?-i:NSW|QLD|VIC|TAS|ACT|WA|SA|NT) (?P<x>\d{4})\b"
    rf"|\b[{UPPER}][a-z]+,? (?P<y>0\d{{4}})\b"
    r"|\^[A-Z]{2}\^(?P<w>\d{5}(?:-\d{4})?)\b"
)

_SMALL = r"[a-z][a-z'’-]{2,20}"
CODE_ELSEWHERE = (
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}|[A-CEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d"
    r"|[AC-FHKNPRTV-Y]\d[0-9W] ?[0-9AC-FHKNPRTV-Y]{4})\b"
)
"""British, Canadian and Irish postal codes."""
_NAMED = rf"[{UPPER}][{LETTER}'’-]+"
_STATE_CODES = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY])"
)
TOWN_BEFORE_STATE = rf"\b(?P<v>{_NAMED}(?: {_NAMED}){{0,2}}),? {_STATE_CODES}(?: \d{{5}})?\b"
"""``Ten Sleep, WY 82442``"""
CODE_AFTER_SMALL_STATE = (
    r"\b(?:tx|fl|ny|nj|pa|ga|nc|va|az|tn|mn|wi|mo|ky|sc|ut|ct|nm|nv|ks|wv|nh|vt|ri|sd|nd|wy|mt|il|ca|co)"
    r",? (?P<v>\d{5})\b"
)
SITE = (
    rf"\b(?P<v>{_NAMED}(?: {_NAMED})?) (?:office|location|clinic|campus|site|branch)\b"
    rf"|(?i:\b(?:near|at|on) )(?P<w>(?:Interstate|Route|Highway|Hwy|I-|US-|SR) ?\d{{1,3}})\b"
    rf"|\b(?P<x>{_NAMED}(?: {_NAMED})? (?:Park|Beach|Lake|Trail|Mall|Zoo))\b|\b(?P<y>Lake {_NAMED})\b"
)
"""``your Eastwick location``, ``at Tilden Park``"""
CAMP = rf"\bCamp {_NAMED}(?: {_NAMED})?\b|\bThe {_NAMED}(?: {_NAMED})? at {_NAMED}(?: {_NAMED})?\b"
COUNTY = rf"\b(?P<v>(?:St\. )?{_NAMED}(?: {_NAMED})? (?:County|Parish|Borough))\b"
"""``Flathead County``"""
CODE_AFTER_COUNTY = r"\b(?:County|Parish),? (?P<v>\d{5})\b"
STREET_ALONE = (
    rf"\b(?P<v>(?:[NSEW]\. )?(?:{_NAMED} ){{1,2}}(?:(?:Jr\.|{_NAMED}) )?(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln"
    r"|Boulevard|Blvd|Drive|Highway|Hwy|Terrace|Close|Yard|Crescent|Row|Parkway|Pkwy))\b"
    r"|\b(?P<w>(?:[A-Z]{3,} ){1,2}(?:STREET|AVENUE|AVE|ROAD|RD|LANE|BOULEVARD|BLVD|HIGHWAY|HWY))\b"
    rf"|(?i:\bcorner of )(?P<x>{_NAMED}(?: {_NAMED})? (?:&|and|at) {_NAMED})"
    rf"|\b(?P<y>(?:The )?(?:{_NAMED} ){{1,2}}(?:Cottage|Forge|Barn|Farm|Farmhouse|Manor|Rectory|Vicarage"
    r"|Mill|Stables|Grange))\b"
)
"""A street without its number, a crossing, a house by its name."""
FACILITY = (
    r"\b(?:[A-Z][A-Z'’]{2,} ){1,3}(?:HOSPITAL|CLINIC|MEDICAL CENTER|ASSOCIATES|SKILLED NURSING|PHARMACY|REHAB"
    r"|URGENT CARE|NURSING HOME|HOSPICE|IMAGING|DIALYSIS)\b"
    r"|\b(?:UPMC|UH|RVI|NYU|UCSF|UCLA|UNC|VA|HCA|SSM|IU) (?:Health )?[A-Z][A-Za-z'’-]{2,20}\b"
    rf"|\b(?:St\.?|Saint|Sacred Heart|Good Samaritan|Our Lady|Mercy|Holy {_NAMED})(?: {_NAMED}['’]s)?(?:-{_NAMED}"
    rf"| of (?:the )?{_NAMED}(?: {_NAMED})?)"
    rf"|\b(?:Hospice|University|Clinic|Church) of (?:the )?{_NAMED}(?: {_NAMED})?\b"
    rf"|\b[Dd]rs\.? {_NAMED} (?:&|and) (?:[Pp]artners|{_NAMED})"
    rf"|\b(?:our lady of (?:the )?|st\.? )?{_SMALL} (?:rmc|general)\b"
    rf"|\b{_SMALL} (?:regional|memorial|community|general|county|medical|family)"
    r" (?:hospital|center|clinic|medicine|practice)\b"
)
SMALL_TOWN = (
    rf"\b(?:in|from|to|near|of|at|outside|around|visiting) (?P<v>{_SMALL}(?: {_SMALL}){{0,2}})\b"
    rf"|\b(?P<w>{_SMALL}(?: {_SMALL})?),? (?:[a-z]{{2}},? \d{{5}}|\d{{5}})\b"
    rf"|\b(?P<y>{_SMALL} county)\b"
)
"""``drove from terre haute``"""
SMALL_TOWN_ALONE = rf", (?P<v>{_SMALL}(?: {_SMALL})?)(?:[.,;)\n]|$)"
_NO_COUNTY = frozenset("the this our your each every any which what another neighboring same".split())  # noqa: SIM905


def town(value: str, _before: str, _after: str) -> Found | None:
    """A town by its whole name, or by a first word that is no other; ``mobile`` and ``reading`` are words."""
    words = value.split()
    if words[-1] == "county":
        return None if words[0] in _NO_COUNTY else Found(value, "lower")
    for count in range(len(words), 0, -1):
        name = words[:count]
        joined = " ".join(name)
        if any(word in NEVER or word in NO_NAME for word in name):
            continue
        if (count > 1 and all(word in places() for word in name)) or (
            count == 1 and name[0] in places() and not is_word(name[0])
        ):
            return Found(joined, "lower", None, len(joined))
    return None


def before_state(value: str, _before: str, _after: str) -> Found | None:
    """The words before a state, but for one that begins a sentence or is no name."""
    words = value.split()
    while words and (words[0].lower() in NEVER or words[0].lower() in _NO_COUNTY):
        words = words[1:]
    town = " ".join(words)
    return Found(town.lower(), "", skipped=len(value) - len(town)) if words else None


def site(value: str, _before: str, _after: str) -> Found | None:
    """A name before ``clinic`` or ``office``, but no word and no kind of clinic."""
    words = [word.lower() for word in value.split()]
    named = value[-1:].isdigit() or len(words) > 1 or not is_word(words[0])
    return Found(value.lower(), "") if named and words[0] not in NEVER and words[0] not in _NO_COUNTY else None


def county(value: str, _before: str, _after: str) -> Found | None:
    first = value.partition(" ")[0].lower()
    return None if first in _NO_COUNTY or first in NEVER else Found(value.lower(), "")


def code(value: str, before: str, after: str) -> Found | None:
    """Of seven signs without a blank the last four hold a letter: ``K103270`` is none."""
    if not stands_alone(before, after) or (value[-6:].isdigit() and len(value) > 6):
        return None
    return Found(*renderings.read_identifier(value))


def facility(value: str, _before: str, _after: str) -> Found | None:
    """``westbrook regional hospital``; ``the community hospital`` is any."""
    first = value.lower().split()[0]
    if value.lower().startswith("our lady"):
        return Found(value.lower(), "")
    return None if first in NEVER or first in _NO_COUNTY or first in NO_NAME else Found(value.lower(), "")


def street_alone(value: str, before: str, _after: str) -> Found | None:
    """``on Wexford Ave``; what begins with a word of every day at the head of a sentence is none."""
    words = value.lower().split()
    if (before and before[-1:].isalnum()) or any(word in NEVER for word in words[:-1]):
        return None
    return Found(address(value), "")
