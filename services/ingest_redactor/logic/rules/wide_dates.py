"""Dates and ages in shapes that the narrow profile leaves to bookings, scores and doses."""

import re

from services.ingest_redactor.logic.rules import dates
from services.ingest_redactor.logic.rules.confirm import Found, stands_alone
from services.ingest_redactor.logic.rules.patterns import UPPER
from shared.prompting import renderings

COUNTED_AFTER = re.compile(
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
    r"|canada day|anzac day|good friday|black friday|hanukkah|ramadan|diwali|juneteenth|passover|yom kippur"
    r"|rosh hashanah|xmas|kwanzaa)"
)
TOLD_DAY = (
    rf"(?i)\b(?:on|since|before|after|until|around|by|over|last|this) (?P<v>{_HOLIDAY}"
    r"(?: (?:day|eve|weekend|morning|sunday|monday))?)\b"
    r"|\b(?P<x>(?-i:Christmas|Thanksgiving|Easter Sunday|Halloween|New Year[’']s (?:Eve|Day)|Labor Day|Memorial Day"
    r"|Independence Day|Valentine[’']s Day|Boxing Day|Good Friday|Black Friday"
    r"|Yom Kippur|Rosh Hashanah|Passover|Juneteenth)(?: (?:19|20)\d{2})?|xmas|halloween|memorial day"
    r"|labor day|thanksgiving)\b"
    r"|\b(?:in|since|last|this|until|by) (?:early|late|mid)[ -](?P<y>(?-i:January|February|March|April|May|June|July|August"
    r"|September|October|November|December))\b"
    r"|\b(?:in|since|last|this|early|late|mid|until|by)[ -](?P<w>(?-i:January|February|March|April|May|June|July|August"
    r"|September|October|November|December))(?:[.,;:)!?\n]|$| (?:and|but|for|with|at|after|when|she|he|i|we|they)\b)"
)
"""``on Halloween``, ``moved in April,``: a month alone where the clause ends, so that no year follows."""
MONTH_AND_DAY = r"\b\d{1,2}/\d{1,2}\b"
RANGE = r"\b\d{1,2}/\d{1,2} ?[-–] ?\d{1,2}/\d{1,2}\b"
"""``for 12/16-1/7``"""
CAPITALISED = rf"[{UPPER}][a-z'’-]+"
"""A word of names."""
DAY_AFTER_WORD = (
    r"(?i)\b(?:last|next|fill(?:ed)?|off|given|recheck|thru|through|inj(?:ection)?|seen|dose|visit|f/u|check|eval|booster|refill"
    r"|begins?|starts?|beginning|starting|adm(?:itted)?|s/p|on|since|until|surgery|drawn|labs?|fell|placed|onset|cultures?"
    r"|removed|inserted|discharged|transferred|extubated|intubated|dated|sent|today|yesterday|written|signed|collected|resulted|tested|called|d/?c|drink"
    r"|retrieval|sample|specimen|cx|pet|bx|biopsy|path|cath|echo|procedure|hosp|eff(?:ective)?|exp(?:ires)?|till|til|from)"
    r" (?:\w{1,9} ){0,2}(?P<v>\d{1,2}[-/]\d{1,2})\b"
    rf"|(?-i:\b{CAPITALISED} {CAPITALISED}) (?P<w>\d{{1,2}}/\d{{1,2}})(?:[,;.)\n]|$)"
    r"|\b(?P<x>\d{1,2}/\d{1,2}) (?:at|@) ?\d{1,2}[: ap]"
)
"""``last fill 2-19``, ``Ana Reyes 1/5,``, ``2/4 at 9:15``"""
AGE_BEHIND = (
    r"[a-z] \((?P<y>9\d|10\d)\)|\b(?:who|he|she) is (?P<z>9\d|1[01]\d)\b|"
    r"\b[A-Za-z][A-Za-z'’-]{3,}, (?P<v>9\d|10\d)(?:,|\)| ?[MF]\b)|\bis (?P<w>9\d|10\d) (?:already|now|next|this)\b"
    rf"|\b{CAPITALISED} {CAPITALISED},? (?P<u>9\d|10\d)(?:[,;.)\n]| of\b)"
    r"|(?i:\b(?:d\.|died|passed|deceased)(?: at| age)?) (?P<t>9\d|1[01]\d)\b"
    rf"|\b(?i:pt|patient|about|for|re|resident)[ :]{{1,2}}{CAPITALISED} {CAPITALISED},? (?P<r>9\d|10\d)(?:[:\n]|$)"
    rf"|\b{CAPITALISED} is (?P<q>9\d|10\d) and\b"
    r"|\bso (?P<s>9\d|10\d) now\b"
    r"|(?i:\bage(?: [a-z]+){0,4}: )(?P<x>9\d|10\d)\b"
)
"""``Clyde Umber, 91, FAST 7c``"""
TURNED = r"(?i)\bturn(?:s|ed|ing) (?P<v>9\d|1[01]\d)\b"


def any_date(value: str, before: str, after: str) -> Found | None:
    """A date without its year or in letters; ``dec 12`` is one, ``oct 40 mg`` none."""
    if not stands_alone(before[-1:], after[:1]) or COUNTED_AFTER.match(after):
        return None
    return Found(value.lower(), renderings.read_part_of_date(value)[1])


_SCORED = re.compile(r"(?:\b[A-Za-z-]*[A-Z][a-z]*[A-Z0-9][A-Za-z0-9-]*|\b(?:scale|grades?)|\d)[: ]{1,2}$")
_WHOLES = frozenset((2, 3, 4, 5, 6, 10))
_WORD_AFTER = re.compile(r" [A-Za-z]")
_NO_WHOLES = frozenset((7, 8, 9, 11))
"""Few scores go up to one of these."""
_FRACTION_AFTER = re.compile(r"(?i) ?(?:of\b|positive|criteria|cores?|nodes?|ln\b)")


def month_and_day(value: str, before: str, after: str) -> Found | None:
    """``11/8``, ``9/9``: of a fraction or a score the first number is not the greater one, the other no usual whole."""
    month, day = (int(number) for number in value.split("/"))
    if (month <= day and day not in _NO_WHOLES) or _SCORED.search(before) or _FRACTION_AFTER.match(after):
        return None
    return day_after_word(value, before, after)


def day_beside_days(value: str, before: str, after: str, *, in_a_row: bool) -> Found | None:
    """A month and a day where others are told; ``2/2 SIADH`` is no day, and a score's usual whole is one in a row alone."""
    day = int(value.partition("/")[2])
    if (
        (_SCORED.search(before) and not in_a_row)
        or _FRACTION_AFTER.match(after)
        or (value == "2/2" and _WORD_AFTER.match(after))
    ):
        return None
    if not in_a_row and day in _WHOLES:
        return None
    return dates.short_date(value, before, after)


def date_range(value: str, before: str, after: str) -> Found | None:
    """From one day to another: both in the calendar, and no blood pressures."""
    days = re.split(r"[/–-]", value.replace(" ", ""))
    if not stands_alone(before[-1:], after[:1]) or COUNTED_AFTER.match(after):
        return None
    pairs = zip(days[::2], days[1::2], strict=True)
    inside = all(1 <= int(month) <= dates.MONTHS and 1 <= int(day) <= dates.DAYS for month, day in pairs)
    return Found(value, "") if inside else None


def day_after_word(value: str, before: str, after: str) -> Found | None:
    """``last fill 2-19``: the month first."""
    is_month = int(re.split("[-/]", value)[0]) <= dates.MONTHS
    return dates.short_date(value, before, after) if is_month else None
