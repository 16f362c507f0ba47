"""What only the wide profile takes: any number of many digits (45 CFR 164.514(b)(2)(i)(R), "any other unique identifying
number"), and dates in shapes that the narrow one leaves to bookings.
"""

import re

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS
from services.ingest_redactor.logic.rules import dates
from services.ingest_redactor.logic.rules.confirm import Found, stands_alone
from services.ingest_redactor.logic.rules.patterns import UPPER
from shared.prompting import renderings
from shared.tasks.names import ambiguous_first_names, first_names, last_names

NUMBER = r"(?i)\b(?:[A-Z]{1,6}[-_]){0,3}[A-Z]{0,6}\d[A-Z0-9_-]{4,40}\b"
MANY_DIGITS = r"\d[A-Za-z0-9_-]{4}"
"""Without which no :data:`NUMBER` counts."""
GROUPS = r"\b\d{3,6}(?:[ -]\d{1,6}){1,4}(?: [A-Z]{2})?\b"
"""``4417 882 091 XF``"""
LETTERS_AND_GROUPS = (
    r"\b(?:[A-Za-z]{2,5}-?\d{0,3}|[A-Z]\d{3,8}|[A-Z]{1,3}-[A-Z]{2,4}) \d{2,6}(?:[ -]\d{1,6}){0,3}(?: [A-Z]{1,2})?\b"
)
"""``YRP 8812 77401``"""
CODES = (
    r"\b[A-Z]{1,4}/\d{3,8}(?:/\d{2,4})?\b|\b\d(?:\.\d{1,14}){5,}\b|\(21\)[A-Za-z0-9]{5,20}|\(01\)\d{14}(?:\(\d{2}\)[A-Za-z0-9]{1,20}){1,4}"
    r"|\b[A-Z]\d{3}-\d{5}-[A-Z]{2}\b|\b\d{5}-\d{6}-[A-Z]{1,2}\b"
)
"""Files of a court (``JL/76808/22``), object identifiers, the unique identification of a device."""
UUID = r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
_LEAST_DIGITS, _LEAST_BARE, _LEAST_RANGE, _LEAST_GROUPED, _VITAL_DIGITS = 5, 6, 7, 9, 3
_LEAST_CODE_DIGITS = 2
_ROUND = 1000
_PUBLIC_BEFORE = re.compile(
    r"(?i)\b(?:nct|pmid|pmcid|doi|ndc|loinc|snomed(?: ct)?|cpt|hcpcs|icd(?:-10)?|isbn|issn|rxnorm|rxcui|cas|version)\b"
    r"[: #]{0,2}$|[$€£×.]$|\d,$"
)
_PUBLIC = re.compile(
    r"NCT\d+|PMC\d+|ISRCTN\d+|RS\d+|(?:19|20)\d\d-(?:19|20)\d\d|\d{5}-[A-Z0-9]{2}|\d{5}-\d{3,4}-\d{1,2}"
)
"""Trials, papers, variants; from year to year; a procedure with its modifier; a drug's package."""
_COUNTED_AFTER = re.compile(
    r"(?i) ?(?:mg|mcg|µg|ug|g\b|kg|ml|l\b|units?|iu\b|u\b|meq|mmol|cells?|copies|%|k\b|million|steps|people|patients|years?"
    r"|hz)|/[a-z]|,\d"
)

_SHORT = r"(?:jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec)"
DATE = (
    rf"(?i)\b\d{{1,2}}(?:{_SHORT}|mar|may)(?:\d{{4}}|\d{{2}})\b|\b(?:{_SHORT}|mar)\.? \d{{1,2}}(?:st|nd|rd|th)?\b"
    rf"|\b(?:{_SHORT}|mar|may)\.? ['’]\d{{2}}\b|\b(?:0?[1-9]|1[0-2]) (?:0?[1-9]|[12]\d|3[01]) (?:19|20)\d{{2}}\b"
)
"""``29JAN2024``, ``dec 12``, ``Aug. '23``"""
MONTH_IN_CAPITALS = (
    r"(?i)\b\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december)\b"
    r"|\bmay \d{1,2}(?:st|nd|rd|th)?\b"
    r"|\b(?:JANUARY|FEBRUARY|MARCH|APRIL|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER) \d{1,2}(?:ST|ND|RD|TH)?\b"
    r"|\b\d{1,2}\. (?:April|August|September|November)(?: \d{4})?\b"
)
_HOLIDAY = (
    r"(?:christmas|thanksgiving|easter|halloween|new year[’']?s|labor day|memorial day|independence day"
    r"|(?:the )?(?:fourth|4th) of july|valentine[’']?s|mother[’']?s day|father[’']?s day|boxing day"
    r"|canada day|anzac day|good friday|black friday|hanukkah|ramadan|diwali)"
)
TOLD_DAY = (
    rf"(?i)\b(?:on|since|before|after|until|around|by|over|last|this) (?P<v>{_HOLIDAY}"
    r"(?: (?:day|eve|weekend|morning|sunday|monday))?)\b"
    r"|\b(?P<x>(?-i:Christmas|Thanksgiving|Easter Sunday|Halloween|New Year[’']s (?:Eve|Day)|Labor Day|Memorial Day"
    r"|Independence Day|Valentine[’']s Day|Boxing Day|Good Friday|Black Friday)(?: (?:19|20)\d{2})?)\b"
    r"|\b(?:in|since|last|this|until|by) (?:early|late|mid)[ -](?P<y>(?-i:January|February|March|April|May|June|July|August"
    r"|September|October|November|December))\b"
    r"|\b(?:in|since|last|this|early|late|mid|until|by)[ -](?P<w>(?-i:January|February|March|April|May|June|July|August"
    r"|September|October|November|December))(?:[.,;:)!?\n]|$| (?:and|but|for|with|at|after|when|she|he|i|we|they)\b)"
)
"""``on Halloween``, ``moved in April,``: a month alone where the clause ends, so that no year follows."""
MILES_OF = r"(?i)\bmiles (?:of|from) (?P<v>\d{5})\b"
MONTH_AND_DAY = r"\b\d{1,2}/\d{1,2}\b"
RANGE = r"\b\d{1,2}/\d{1,2} ?[-–] ?\d{1,2}/\d{1,2}\b"
"""``for 12/16-1/7``"""
_CAPITALISED = rf"[{UPPER}][a-z'’-]+"
DAY_AFTER_WORD = (
    r"(?i)\b(?:last|next|fill(?:ed)?|off|given|recheck|thru|through|inj(?:ection)?|seen|dose|visit|f/u|check|eval|booster|refill"
    r"|begins?|starts?|beginning|starting|adm(?:itted)?|s/p|on|since|until|surgery|drawn|labs?|fell|placed|onset|cultures?"
    r"|removed|inserted|discharged|transferred|extubated|intubated|dated|sent|today|yesterday|written|signed|collected|resulted|tested|called|d/?c|drink"
    r"|retrieval|sample|specimen|cx|pet|bx|biopsy|path|cath|echo|procedure|hosp|eff(?:ective)?|exp(?:ires)?|till|til|from)"
    r" (?:\w{1,9} ){0,2}(?P<v>\d{1,2}[-/]\d{1,2})\b"
    rf"|(?-i:\b{_CAPITALISED} {_CAPITALISED}) (?P<w>\d{{1,2}}/\d{{1,2}})(?:[,;.)\n]|$)"
    r"|\b(?P<x>\d{1,2}/\d{1,2}) (?:at|@) ?\d{1,2}[: ap]"
)
"""``last fill 2-19``, ``Ana Reyes 1/5,``, ``2/4 at 9:15``"""
AGE_BEHIND = (
    r"[a-z] \((?P<y>9\d|10\d)\)|\b(?:who|he|she) is (?P<z>9\d|1[01]\d)\b|"
    r"\b[A-Za-z][A-Za-z'’-]{3,}, (?P<v>9\d|10\d)(?:,|\)| ?[MF]\b)|\bis (?P<w>9\d|10\d) (?:already|now|next|this)\b"
    rf"|\b{_CAPITALISED} {_CAPITALISED},? (?P<u>9\d|10\d)(?:[,;.)\n]| of\b)"
    r"|(?i:\b(?:d\.|died|passed|deceased)(?: at| age)?) (?P<t>9\d|1[01]\d)\b"
    r"|\bso (?P<s>9\d|10\d) now\b"
    r"|(?i:\bage(?: [a-z]+){0,4}: )(?P<x>9\d|10\d)\b"
)
"""``Clyde Umber, 91, FAST 7c``"""
TURNED = r"(?i)\bturn(?:s|ed|ing) (?P<v>9\d|1[01]\d)\b"

OF_BODY = (
    r"(?i)\b(?:finger|voice|palm|face|retina|iris)[ -]?(?:print|scan|vein(?: scan)?)?(?: template| id| hash| no\.?"
    r"| enroll?ment){0,2}[ :(#]{1,3}(?P<v>[a-z0-9]{1,12}(?:[-_][a-z0-9]{2,24}){1,4})\b"
    r"|\b(?:template|v(?:oice)?print)[ :(#]{1,3}(?P<w>[A-Z]{2,8}-[A-Z0-9]{3,14}(?:-[A-Z0-9]{2,12}){0,2})\b"
)
"""``voice print vprint_rmifi5kbb8``"""
TAIL = r"(?i)\btail(?: number| no\.?)?[:# ]{1,2}(?P<v>N\d{1,5}[A-Z]{0,2})\b"
"""Of a helicopter: ``N317YU``"""

EXTENSION = (
    r"(?i)\b(?:ext\.?|extension|pager|bleep|beeper|pgr|ascom|dect|i'm on)[:#]? {0,2}(?P<v>\d{3,6})\b"
    r"|\bx(?P<w>\d{4,5})\b"
)

FIRST_LAST = (
    r"(?:: |^|\. |\n)(?P<v>[a-z][a-z'’-]{2,20} [a-z][a-z'’-]{2,20}), "
    r"(?:mrn|dob|d\.o\.b|ssn|medicare|medicaid|acct|\d)"
)
"""``oxygen order: mirembe nakato, medicare``"""
LAST_FIRST = r"\b(?P<v>[a-z][a-z'’-]{1,20}, [a-z][a-z'’-]{1,20}),? (?:mrn|ur|hosp|nhs|chi|dob|d\.o\.b|acct|\d)"
"""``jones, richard, mrn``"""
LOT = (
    r"(?i)\blot(?: no\.?| number| #)?:? ?#?(?P<v>(?-i:[A-Z]{1,3})\d[A-Za-z0-9-]{3,12})\b"
    r"|\b(?:linac|scope|transmitter|pump|pod|lead|generator|ipg|implant|sensor|ventilator|transducer|monitor|tank|cylinder|device)"
    r"(?: id| sn| s/n| serial)?[ :#]{1,2}(?P<w>(?-i:[A-Z0-9]{2,8})(?:[ -](?-i:[A-Z0-9]{2,10})){0,2})\b"
)
"""What the maker printed on a device or a box: ``scope CF-HQ190L 2804417``."""
NAMED_PATIENT = (
    rf"\b(?:[Pp]ts?|[Pp]atient)\.?:? (?P<v>{_CAPITALISED} {_CAPITALISED})\b|\b[Pp]t\.?:? (?P<w>[A-Z]\.[A-Z]\.)"
    rf"|\b[Nn]ame:? (?P<x>[A-Z][A-Z'’-]+, [A-Z][A-Z'’-]+)\b|\b[Dd]rs?\.? (?P<y>{_CAPITALISED})(?:['’]s\b)"
    r"|\b(?P<z>[a-z]\. [a-z'’-]{3,20}),? (?i:pa-c|np|rn|md|do|aprn|crna|lpn|pharmd)\b"
    rf"|(?:^|[\n\".:] ?)(?P<u>{_CAPITALISED}) here[.,!]"
)
"""``pt Lubomir Hruska stage IV``, ``Dr. Keane's``, ``p. lachance PA-C``, ``Ginevra here.``"""
IN_CAPITALS_AFTER_ROLE = (
    r"\b(?:PCP|ATTENDING|RESIDENT|SURGEON|PROVIDER|CARDIOLOGIST|HOSPITALIST|INTENSIVIST|REFERRING|RN|INSURED|PATIENT|SUBSCRIBER|MEMBER|SON|DAUGHTER|WIFE|HUSBAND|SPOUSE"
    rf"|MOTHER|FATHER|NOK|POA)\b[: ]{{1,2}}(?P<v>[{UPPER}][{UPPER}'’-]{{2,}}(?: [{UPPER}][{UPPER}'’-]{{2,}})?)\b"
    rf"|\b(?P<w>[{UPPER}][{UPPER}'’-]{{3,}})(?: [A-Z])? (?:rm|room|bed|mrn|MRN|dob|DOB) ?[\dA-Z:#]"
)
"""After what they are, or before their room and number: ``ICU daily: CHEUNG rm 12``."""


def number(value: str, before: str, after: str) -> Found | None:
    """A code of many digits, but for what everybody has: doses, counts, years, codes of drugs and papers. A slash may part
    it from its label: ``Ins/7864HW64145``."""
    parts = value.split("-")
    digits = sum(map(str.isdigit, value))
    bare = digits == len(value)
    if digits < (_LEAST_BARE if bare else _LEAST_DIGITS) or (bare and int(value) % _ROUND == 0):
        return None
    if (
        len(parts) == 2
        and all(map(str.isdigit, parts))
        and (digits < _LEAST_RANGE or parts[0][-1] == parts[1][-1] == "0")
    ):
        return None
    if before[-1:] == "/" and before[-2:-1].isalpha():
        before = ""
    if not stands_alone(before, after) or _PUBLIC.fullmatch(value) or _PUBLIC_BEFORE.search(before):
        return None
    return None if _COUNTED_AFTER.match(after) else Found(*renderings.read_identifier(value))


def _may_be_one_number(groups: list[str]) -> bool:
    """``4417 882 091``, ``620 119 447``; vitals in a row and round doses are many."""
    lengths = {len(group) for group in groups}
    return not all(group[-1] == "0" for group in groups) and (
        max(lengths) > _VITAL_DIGITS or lengths == {_VITAL_DIGITS}
    )


def grouped(value: str, before: str, after: str) -> Found | None:
    """Groups of digits: with letters before them seven of them, bare ones nine; doses, counts and dates are none."""
    digits = sum(map(str.isdigit, value))
    head = re.match(r"[A-Za-z]+", value)
    if head is not None:
        if is_word(head[0].lower()) or head[0].lower() in _MEASURES:
            return None
    elif not _may_be_one_number(re.split("[ -]", value)):
        return None
    if digits < (_LEAST_RANGE if head else _LEAST_GROUPED) or renderings.read_date(value) is not None:
        return None
    if not stands_alone(before, after) or _PUBLIC_BEFORE.search(before) or _COUNTED_AFTER.match(after):
        return None
    return Found(*renderings.read_identifier(value))


def of_body(value: str, _before: str, _after: str) -> Found | None:
    """``fingerprint template bio_tmpl_njpx``, but not ``fingerprint follow-up``."""
    is_code = "_" in value or any(map(str.isdigit, value))
    return Found(*renderings.read_identifier(value)) if is_code else None


def any_date(value: str, before: str, after: str) -> Found | None:
    """A date without its year or in letters; ``dec 12`` is one, ``oct 40 mg`` none."""
    if not stands_alone(before[-1:], after[:1]) or _COUNTED_AFTER.match(after):
        return None
    return Found(value.lower(), renderings.read_part_of_date(value)[1])


_MEASURES_TEXT = """
wbc rbc plt hr bp rr sat spo sao bpm map ef inr bmi wt ht cpt icd ndc loinc rxbin bin iso iec grade
"""
_MEASURES = frozenset(_MEASURES_TEXT.split())
"""Before groups of digits that are values or codes that everybody uses."""


_SCORED = re.compile(r"(?:\b[A-Za-z-]*[A-Z][a-z]*[A-Z0-9][A-Za-z0-9-]*|\b(?:scale|grades?)|\d)[: ]{1,2}$")
_NO_WHOLES = frozenset((7, 8, 9, 11))
"""Few scores go up to one of these."""
_FRACTION_AFTER = re.compile(r"(?i) ?(?:of\b|positive|criteria|cores?|nodes?|ln\b)")


def month_and_day(value: str, before: str, after: str) -> Found | None:
    """``11/8``, ``9/9``: of a fraction or a score the first number is not the greater one, the other no usual whole."""
    month, day = (int(number) for number in value.split("/"))
    if (month <= day and day not in _NO_WHOLES) or _SCORED.search(before) or _FRACTION_AFTER.match(after):
        return None
    return day_after_word(value, before, after)


def date_range(value: str, before: str, after: str) -> Found | None:
    """From one day to another: both in the calendar, and no blood pressures."""
    days = re.split(r"[/–-]", value.replace(" ", ""))
    if not stands_alone(before[-1:], after[:1]) or _COUNTED_AFTER.match(after):
        return None
    pairs = zip(days[::2], days[1::2], strict=True)
    inside = all(1 <= int(month) <= dates.MONTHS and 1 <= int(day) <= dates.DAYS for month, day in pairs)
    return Found(value, "") if inside else None


def day_after_word(value: str, before: str, after: str) -> Found | None:
    """``last fill 2-19``: the month first."""
    is_month = int(re.split("[-/]", value)[0]) <= dates.MONTHS
    return dates.short_date(value, before, after) if is_month else None


def device_code(value: str, before: str, after: str) -> Found | None:
    """``scope CF-HQ190L 2804417``: with a digit, and no measure."""
    digits = sum(map(str.isdigit, value))
    if digits < _LEAST_CODE_DIGITS or len(value) < _LEAST_DIGITS or _COUNTED_AFTER.match(after):
        return None
    return Found(*renderings.read_identifier(value)) if stands_alone(before, after) else None


def named_patient(value: str, _before: str, _after: str) -> Found | None:
    """Capitalised words of which none is a word of every day, initials with their dots."""
    words = [word.lower() for word in value.replace(",", " ").split()]
    if not NEVER.isdisjoint(words) or (
        "," not in value and not (NO_NAME.isdisjoint(words) and THINGS.isdisjoint(words))
    ):
        return None
    told = any(word in names() for word in words for names in (first_names, last_names))
    return Found(*read_name(value)) if told or not any(is_word(word.strip(".")) for word in words) else None


def last_first(value: str, _before: str, _after: str) -> Found | None:
    """One of the two is a known name."""
    last, _, first = value.partition(", ")
    known = first in first_names() or (first in ambiguous_first_names() and last in last_names())
    return Found(f"{first}|{last}", "lower") if known and last not in NEVER else None


def first_last(value: str, _before: str, _after: str) -> Found | None:
    """Neither of the two is a word."""
    words = value.split()
    return None if any(is_word(word) and word not in first_names() for word in words) else Found(*read_name(value))


def in_capitals_after_role(value: str, _before: str, _after: str) -> Found | None:
    words = value.lower().split()
    is_name = all(word not in NEVER and word not in NO_NAME and word not in THINGS for word in words)
    known = any(word in names() for word in words for names in (first_names, last_names))
    return Found(*read_name(value)) if is_name and (known or not any(map(is_word, words))) else None
