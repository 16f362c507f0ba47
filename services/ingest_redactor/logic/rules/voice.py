"""What people spell or say digit by digit: phones in words, birthdays in words, names letter by letter.

As voice agents write them down.
"""

import re

from services.ingest_redactor.logic.rules.confirm import Found, joins
from shared.prompting import renderings

_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
SPOKEN_NUMBER = rf"(?i)\b{_DIGIT}(?:(?:, |,|-| )(?:and )?{_DIGIT}){{5,24}}\b"
DIGITS_APART = (
    r"(?i)\b(?:number|no\.?|id|mrn|account|policy|member|card|phone|record|it['’]?s|is)[:,]? (?P<v>\d(?: \d){6,15})\b"
)
"""``medical record number 5 5 1 0 9 8 3``"""
_TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_UNITS = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_OF_CENTURY = rf"[ -](?:{_TENS}(?:[ -]{_UNITS})?|{_TEENS}|(?:oh|o)[ -]{_UNITS})"
_ORDINAL = (
    r"(?:(?:twenty|thirty)[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|twentieth|first"
    r"|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth"
    r"|eighteenth|nineteenth)"
)
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_DAY_AND_MONTH = rf"(?:{_MONTH} (?:the )?{_ORDINAL}|(?:the )?{_ORDINAL} of {_MONTH}),? "
SPOKEN_BIRTH = rf"(?i)\b{_DAY_AND_MONTH}(?:nineteen{_OF_CENTURY}|19\d{{2}})\b"
_LATE_DATE = rf"{_DAY_AND_MONTH}(?:twenty{_OF_CENTURY}|two thousand(?: and)?(?:[ -](?:{_UNITS}|{_TEENS}))?|20\d{{2}})"
SPOKEN_DATE = rf"(?i)\b{_LATE_DATE}\b"
SPOKEN_LATE_BIRTH = rf"(?i)\b(?:birth|birthday|born|dob)(?: is| was|'s|:)?(?: on)?(?: the)? (?P<v>{_LATE_DATE})\b"
"""Of people born in this century the words before it tell a birth."""
SPOKEN_DAY = rf"(?i)\b(?:{_MONTH} (?:the )?{_ORDINAL}|(?:the )?{_ORDINAL} of {_MONTH})\b"
_NO_SPOKEN_DAY = frozenset(f"{verb} {word}" for verb in ("may", "march") for word in ("first", "second", "third"))
"""``you may first want to``"""
_CARDINAL = rf"(?:{_TENS}|{_TEENS}|{_UNITS}|zero|oh|hundred|thousand)"
SPOKEN_STREET = (
    rf"(?i)\b{_CARDINAL}(?:[ -]{_CARDINAL}){{1,6}}(?: [a-z'’]{{2,20}}){{1,3}} (?:street|road|avenue|lane|drive|trail|way"
    r"|court|place|boulevard|terrace|close|crescent|parkway|circle)\b"
)
"""``thirty five sixty seven ocotillo trail``; of one number alone ``one way street`` is none."""
SPOKEN_CODE = (
    rf"(?i)\b(?:zip|post|postal) ?code(?: is|'s|:)? "
    rf"(?P<v>(?:{_DIGIT}|[a-z])(?:[ ,-]{{1,2}}(?:{_DIGIT}|[a-z])){{3,6}})\b"
)
SPELLED_NAME = (
    r"(?i:\b(?:that's|that is|spelled|spelling) )(?P<v>[A-Z](?:-[A-Z]){2,20})\b|\b[A-Z](?:-[A-Z]){3,20}\b"
    r"|\b[A-Z](?: [A-Z]){3,20}\b"
)
_NO_STREET_TEXT = "in on at of a an my his her is was and or to days hours minutes miles blocks percent dollars"
_NO_STREET = frozenset(_NO_STREET_TEXT.split())
_SAID = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS = {word: str(digit) for digit, word in enumerate(_SAID)} | {"oh": "0"}
_TIMES = {"double": 2, "triple": 3}
_COUNTING = "1234567890"
_LEAST_SPACED = 9
_LEAST_DIGITS, _LEAST_OF_PHONE, _MOST_OF_PHONE = 6, 10, 13


def _spelled_out(value: str) -> str:
    """What words for digits and single letters say, ``double`` and ``triple`` too."""
    said, times = "", 1
    for word in re.findall(r"[a-z]+", value.lower()):
        if word in _TIMES:
            times = _TIMES[word]
        elif word in _DIGITS or len(word) == 1:
            said, times = said + _DIGITS.get(word, word) * times, 1
    return said


def spoken_number(value: str, before: str, after: str) -> Found | None:
    """The number that the words say, so that it is the same as one in digits."""
    if (before and joins(before[-1])) or (after and joins(after[0])):
        return None
    digits = "".join(filter(str.isdigit, _spelled_out(value)))
    if len(digits) < _LEAST_DIGITS:
        return None
    if _LEAST_OF_PHONE <= len(digits) <= _MOST_OF_PHONE:
        return Found(*renderings.read_phone(digits), type="PHONE")
    return Found(*renderings.read_identifier(digits))


def digits_apart(value: str, _before: str, after: str) -> Found | None:
    """``1 2 3 4 5 6 7`` counts."""
    is_told = value.replace(" ", "") not in _COUNTING and not (after and joins(after[0]))
    return Found(*renderings.read_identifier(value)) if is_told else None


def spoken_street(value: str, _before: str, _after: str) -> Found | None:
    """Between the number and the kind of street stand no words of prose."""
    words = value.lower().split()
    return None if any(word in _NO_STREET for word in words) else Found(" ".join(words), "")


def spoken_code(value: str, _before: str, _after: str) -> Found | None:
    return Found(_spelled_out(value), "")


def spoken_date(value: str, _before: str, _after: str) -> Found | None:
    return Found(value.lower(), renderings.read_part_of_date(value)[1])


def spoken_day(value: str, _before: str, after: str) -> Found | None:
    """``came in on april twenty-second``"""
    said = value.lower()
    return None if said in _NO_SPOKEN_DAY or after[:1] == "-" else Found(said, renderings.read_part_of_date(value)[1])


def spelled_name(value: str, before: str, after: str) -> Found | None:
    """``B-A-L-O-G-U-N`` stands for the name that it spells."""
    if (before and (joins(before[-1]) or before[-1] in "-.")) or (after and (joins(after[0]) or after[0] == "-")):
        return None
    if " " in value and len(value) < _LEAST_SPACED:
        return None  # ``I M E I``
    letters = value.replace("-", "").replace(" ", "").lower()
    return Found(letters, "first.upper") if len(set(letters)) > 2 else None
