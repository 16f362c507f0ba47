"""What only the wide profile takes: any number of many digits (45 CFR 164.514(b)(2)(i)(R), "any other unique identifying
number").
"""

import re

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.rules.confirm import Found, stands_alone
from services.ingest_redactor.logic.rules.wide_dates import COUNTED_AFTER
from shared.prompting import renderings

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
MILES_OF = r"(?i)\bmiles (?:of|from) (?P<v>\d{5})\b"
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
    r"|\b(?P<w>x\d{4,5})\b"
)
LOT = (
    r"(?i)\blot(?: no\.?| number| #)?:? ?#?(?P<v>(?-i:[A-Z]{1,4})\d[A-Za-z0-9-]{3,12})\b"
    r"|\b(?:linac|scope|transmitter|pump|pod|lead|generator|ipg|implant|sensor|ventilator|transducer|monitor|tank|cylinder|device)"
    r"(?: id| sn| s/n| serial)?[ :#]{1,2}(?P<w>(?-i:[A-Z0-9]{2,8})(?:[ -](?-i:[A-Z0-9]{2,10})){0,2})\b"
)
"""What the maker printed on a device or a box: ``scope CF-HQ190L 2804417``."""


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
    return None if COUNTED_AFTER.match(after) else Found(*renderings.read_identifier(value))


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
    if not stands_alone(before, after) or _PUBLIC_BEFORE.search(before) or COUNTED_AFTER.match(after):
        return None
    return Found(*renderings.read_identifier(value))


def of_body(value: str, _before: str, _after: str) -> Found | None:
    """``fingerprint template bio_tmpl_njpx``, but not ``fingerprint follow-up``."""
    is_code = "_" in value or any(map(str.isdigit, value))
    return Found(*renderings.read_identifier(value)) if is_code else None


_MEASURES_TEXT = """
wbc rbc plt hr bp rr sat spo sao bpm map ef inr bmi wt ht cpt icd ndc loinc rxbin bin iso iec grade
"""
_MEASURES = frozenset(_MEASURES_TEXT.split())
"""Before groups of digits that are values or codes that everybody uses."""


def device_code(value: str, before: str, after: str) -> Found | None:
    """``scope CF-HQ190L 2804417``: with a digit, and no measure."""
    digits = sum(map(str.isdigit, value))
    if digits < _LEAST_CODE_DIGITS or len(value) < _LEAST_DIGITS or COUNTED_AFTER.match(after):
        return None
    return Found(*renderings.read_identifier(value)) if stands_alone(before, after) else None
