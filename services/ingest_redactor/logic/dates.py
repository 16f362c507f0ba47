"""What confirms that numbers are a date or an age: the calendar, and the words around them."""

import re

from services.ingest_redactor.logic.confirm import Found, stands_alone
from shared.prompting import renderings


def birth(value: str, before: str, _after: str) -> Found | None:
    """``(b. 1951)``, but ``item b. 1951`` tells no birth."""
    if _B.search(before) and not _B_IN_BRACKETS.search(before):
        return None
    read = renderings.read_date(value)
    if read is None:
        return Found(value.lower(), renderings.read_part_of_date(value)[1])
    return Found(read[0].isoformat(), read[1])


_B = re.compile(r"(?i)\bb\. ?$")
_B_IN_BRACKETS = re.compile(r"(?i)[(,;|] ?b\. ?$")


def date(value: str, before: str, after: str) -> Found | None:
    if len(after) > 1 and after[0] == "T" and after[1].isdigit():
        after = ""
    read = renderings.read_date(value) if stands_alone(before, after) else None
    return Found(read[0].isoformat(), read[1]) if read else None


def part_of_date(value: str, before: str, after: str) -> Found | None:
    if not stands_alone(before[-1:], after[:1]) or (value.startswith("May") and after[:2] == " %"):
        return None
    return Found(value.lower(), renderings.read_part_of_date(value)[1])


_DATED = re.compile(
    r"(?i)\b(?:on|since|from|until|till|by|before|after|dated?|dos|admit(?:ted)?|admission|discharged?|d/c|seen|to|between|and"
    r"|through|due|appt|appointment|visit|missed|return|rtc|transferred|filled|surgery|s/p|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?"
    r"|fri|sat(?:ur)?|sun)(?:day)?):? $"
)
_NO_DATE_BEFORE = (
    "bp", "pressure", "vision", "acuity", "va", "od", "os", "ou", "strength", "motor", "power", "pain", "reflexes", "dtrs",
    "score", "grade", "stage", "murmur", "rated", "ratio", "apgar", "apgars",
)  # fmt: skip
_NO_DATE_AFTER = re.compile(
    r"(?i) ?(?:%|mg\b|ml\b|units?\b|days?\b|weeks?\b|hours?\b|hrs?\b|months?\b|years?\b|minutes?\b|tab|strength"
    r"|murmur|pain|systolic|in all\b|throughout|reflex|dose|cup|inch|beats?|cm\b|mm\b|x\b)"
)
_MONTHS, _DAYS = 12, 31


def short_date(value: str, before: str, after: str) -> Found | None:
    """``3/14``, ``04-17``, ``14.05.``. Where no word says that it is a date, one number has to be no month and the other
    one: ``5/5`` is a strength, ``8/10`` a pain."""
    words = before.rstrip(" :").lower()
    if not stands_alone(before[-1:], after[:2]) or (after and after[0] in "/%") or _NO_DATE_AFTER.match(after):
        return None
    if words.endswith(_NO_DATE_BEFORE):
        return None
    low, high = sorted(int(number) for number in re.split("[/.-]", value.rstrip(".")))
    if not (1 <= low <= _MONTHS and high <= _DAYS):
        return None
    told = "/" not in value or value[0] == "0" or _DATED.search(before)
    if not told and (high <= _MONTHS or value.startswith("20/")):
        return None
    return Found(value, renderings.read_part_of_date(value)[1])


def dotted_date(value: str, before: str, after: str) -> Found | None:
    """``03.03.24``"""
    first, second, _ = (int(number) for number in value.split("."))
    is_date = 1 <= min(first, second) <= _MONTHS and max(first, second) <= _DAYS
    version = before.lower().rstrip().endswith(("version", " v", "release", "update", "build"))
    return Found(value, "") if is_date and not version and stands_alone(before, after) else None


def age(value: str, _before: str, _after: str) -> Found | None:
    return Found(value, "") if 89 < int(value) < 130 else None
