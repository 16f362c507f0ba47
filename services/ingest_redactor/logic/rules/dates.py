"""What confirms that numbers are a date or an age: the calendar, and the words around them."""

import re

from services.ingest_redactor.logic.rules.confirm import Found, stands_alone
from shared.prompting import renderings

_B = re.compile(r"(?i)(?<![\w.])b[.:] ?$")
_B_IN_BRACKETS = re.compile(r"(?i)(?:[(),;|] ?|  )b[.:] ?$")
_B_AFTER_A_STOP = re.compile(r"(?i)\w\. b\. ?$")
MONTHS, DAYS = 12, 31
LATEST_BIRTH_YEAR = 2012
"""Later dates beside a name are bookings and visits, which the narrow profile leaves alone."""


def _in_calendar(one: int, other: int) -> bool:
    """Whether two numbers may be a day and a month, in any order."""
    return 1 <= min(one, other) <= MONTHS and max(one, other) <= DAYS


def birth(value: str, before: str, _after: str) -> Found | None:
    """``(b. 1951)``, but ``item b. 1951`` tells no birth."""
    read = renderings.read_date(value)
    if _B.search(before) and not _B_IN_BRACKETS.search(before):
        long_ago = read is not None and read[0].year <= LATEST_BIRTH_YEAR
        if not (long_ago and _B_AFTER_A_STOP.search(before)):
            return None
    if read is None:
        return Found(value.lower(), renderings.read_part_of_date(value)[1])
    return Found(read[0].isoformat(), read[1])


def long_past(value: str, _before: str, _after: str) -> Found | None:
    """``F / 1972-06-09``: later dates are visits and deliveries."""
    if value.isalnum():
        return Found(value.lower(), "")  # ``27SEP57`` between slashes
    read = renderings.read_date(value)
    return Found(read[0].isoformat(), read[1]) if read is not None and read[0].year <= LATEST_BIRTH_YEAR else None


_RANGE_AFTER = re.compile(r"[-–]\d{1,2}/\d{1,2}/\d{2}")
_RANGE_BEFORE = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}[-–]$")


def date(value: str, before: str, after: str) -> Found | None:
    if len(after) > 1 and after[0] == "T" and after[1].isdigit():
        after = ""
    if "/" in value:  # ``01/15/24-01/18/24``
        after = "" if _RANGE_AFTER.match(after) else after
        before = "" if _RANGE_BEFORE.search(before) else before
    read = renderings.read_date(value) if stands_alone(before, after) else None
    return Found(read[0].isoformat(), read[1]) if read else None


def part_of_date(value: str, before: str, after: str) -> Found | None:
    if not stands_alone(before[-1:], after[:1]) or (value.startswith("May") and after[:2] == " %"):
        return None
    return Found(value.lower(), renderings.read_part_of_date(value)[1])


_NO_DATE_BEFORE_TEXT = """
bp pressure vision acuity va od os ou strength motor power pain reflexes dtrs score grade stage murmur rated ratio apgar
apgars
"""
_NO_DATE_BEFORE = frozenset(_NO_DATE_BEFORE_TEXT.split())
_SEPARATORS = re.compile("[/.-]")
_NO_DATE_AFTER = re.compile(
    r"(?i) ?(?:%|mg\b|ml\b|units?\b|days?\b|weeks?\b|hours?\b|hrs?\b|months?\b|years?\b|minutes?\b|tab|strength"
    r"|murmur|pain|systolic|in all\b|throughout|reflex|dose|cup|inch|beats?|cm\b|mm\b|x\b)"
)


def short_date(value: str, before: str, after: str) -> Found | None:
    """``3/14``, ``04-17``, ``14.05.``, told as a date or with a number that is no month: ``5/5`` is a strength."""
    if value == "24/7" or not stands_alone(before[-1:], after[:2]) or after[:1] in ("/", "%"):
        return None
    if _NO_DATE_AFTER.match(after):
        return None
    one, other = (int(number) for number in _SEPARATORS.split(value.rstrip(".")))
    if not _in_calendar(one, other) or before.rstrip(" :").rpartition(" ")[2].lower() in _NO_DATE_BEFORE:
        return None
    return Found(value, renderings.read_part_of_date(value)[1])


def dotted_date(value: str, before: str, after: str) -> Found | None:
    """``03.03.24``, ``1.17.2024``, ``9-1-20``: month first or day first."""
    first, second, _ = (int(number) for number in _SEPARATORS.split(value))
    version = before.lower().rstrip().endswith(("version", " v", "release", "update", "build"))
    return Found(value, "") if _in_calendar(first, second) and not version and stands_alone(before, after) else None


_NO_AGE_AFTER = re.compile(
    r"(?i)[ ]?(?:%|/|kg|lbs?\b|cm\b|mm|mg|ml|bpm|°|\.\d|degrees|percent|days?\b|hours?\b|minutes?\b|min\b)"
)


_NO_DAY_AFTER = re.compile(
    r"(?i) (?:percentile|centile|rib|toe|finger|metatarsal|nerve|floor|day|week|month|time|dose|degree)"
)


def day_of_month(value: str, _before: str, after: str) -> Found | None:
    """``before the 28th``, but not the 28th percentile."""
    return None if _NO_DAY_AFTER.match(after) else Found(value.lower(), "")


def told_age(value: str, _before: str, after: str) -> Found | None:
    """``My grandmother is 97``, but no weight and no rate."""
    return None if _NO_AGE_AFTER.match(after) else Found(value.lower(), "")


def age(value: str, _before: str, _after: str) -> Found | None:
    return Found(value, "") if 89 < int(value) < 130 else None
