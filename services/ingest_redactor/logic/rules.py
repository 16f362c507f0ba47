"""The rules: which patterns there are, what confirms them, and in which profile they count.

A pattern is RE2 (linear time on hostile input); group ``v``, where there is one, is the value. RE2 has no look-around, so
boundaries and check digits are the validator's. Order is priority: where two rules overlap, the earlier one wins.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from services.ingest_redactor.logic import checks
from shared.prompting import renderings

RULE_SET = "2026-1"
"""Version of the rules in every redaction proof. Any change of a rule, key or word list is a new version."""

Profile = Literal["pii", "hipaa"]

_LETTER = "A-Za-zÀ-ɏͰ-ӿ"
_UPPER = "A-ZÀ-ÖØ-ÞΑ-ΩА-Я"
"""Latin, Greek and Cyrillic as ranges: RE2 compiles its letter classes to automata that outgrow their memory."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = (
    r"\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},? \d{{4}}"
)
_KIND_ANY = r"(?:street|avenue|road|boulevard|lane)"
_KIND_CAPITAL = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way"
    r"|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Trail|Trl|Crescent|Close|Alley|Row|Walk|Mews|Plaza)"
)
_UNIT = r"(?:,?\s+(?:(?i:apt|apartment|suite|ste|unit|floor|fl)\.?\s*#?|#)[A-Za-z0-9-]{1,6})?"
STREET = (
    r"\d{1,6}[A-Za-z]?(?:\s+[NSEW]{1,2}\.?)?"
    rf"(?:(?:\s+[{_LETTER}\d.'’-]+){{1,3}}\s+(?i:{_KIND_ANY})\b|(?:\s+[{_UPPER}\d][{_LETTER}\d.'’-]*){{1,4}}\s+{_KIND_CAPITAL}\b)"
    rf"\.?{_UNIT}"
)
ID_WORDS: dict[str, str] = {
    "ACCOUNT": r"account|acct|a/c|routing|sort code",
    "MEMBER": r"member|membership|subscriber|customer|client|employee|loyalty|frequent flyer",
    "RECORD": r"mrn|medical record|patient|record|chart",
    "POLICY": r"policy|insurance|claim",
    "LICENCE": r"licen[cs]e|driver'?s licen[cs]e",
    "PASSPORT": r"passport",
    "TAX_ID": r"tax id|taxpayer|tin|ein|vat",
    "NPI": r"npi",
    "ID": r"nhs|national id|aadhaar|identity card",
    "VEHICLE": r"vin",
}
_ANY_ID_WORD = "|".join(ID_WORDS.values())


@dataclass(frozen=True, slots=True)
class Found:
    """A confirmed value: canonical form, the form of this rendering and, if not the rule's own, its type."""

    canonical: str
    form: str
    type: str | None = None


Confirm = Callable[[str, str, str], Found | None]
"""(value, text before it, text after it) → what it is, or ``None``. The context is at most 48 characters a side."""


@dataclass(frozen=True, slots=True)
class Rule:
    type: str
    pattern: str
    confirm: Confirm
    profiles: tuple[Profile, ...] = ("pii", "hipaa")


def _joins(char: str) -> bool:
    return char.isalnum() or char == "_"


def _stands_alone(before: str, after: str) -> bool:
    """No digit or letter touches the value, not even across a dash, dot or slash."""
    if (before and _joins(before[-1])) or (after and _joins(after[0])):
        return False
    glued_before = len(before) >= 2 and before[-1] in "-./" and _joins(before[-2])
    glued_after = len(after) >= 2 and after[0] in "-./" and after[1].isdigit()
    return not (glued_before or glued_after)


def _email(value: str, _before: str, _after: str) -> Found | None:
    return Found(value.lower().replace("%40", "@"), "")


def _as_is(value: str, _before: str, _after: str) -> Found | None:
    return Found(value, "")


def _secret(value: str, before: str, _after: str) -> Found | None:
    return None if before and (before[-1].isalnum() or value.startswith("⟦")) else Found(value, "")


def _password(value: str, _before: str, _after: str) -> Found | None:
    return None if value.startswith("⟦") else Found(value, "")


def _iban(value: str, before: str, _after: str) -> Found | None:
    if before and _joins(before[-1]):
        return None
    return Found(*renderings.read_iban(value)) if checks.iban(value) else None


def _card(value: str, before: str, after: str) -> Found | None:
    if not _stands_alone(before, after) or not checks.card(renderings.digits_of(value)):
        return None
    return Found(*renderings.read_card(value))


def _ssn(value: str, before: str, after: str) -> Found | None:
    if not _stands_alone(before, after) or not checks.ssn(renderings.digits_of(value)):
        return None
    return Found(*renderings.read_ssn(value))


_PROSE_TEXT = """
a an and are at be by down for from had has have hours in is it km kids long miles minutes my near of off on or our out over
people please per that the this times to up us was way we were with your
"""
_PROSE = frozenset(_PROSE_TEXT.split())
"""Lower-case words that no street is named with: ``2 miles down the road``."""


def _street(value: str, before: str, _after: str) -> Found | None:
    words = value.split()
    if before and (_joins(before[-1]) or before[-1] in "-./$€£"):
        return None
    if not _PROSE.isdisjoint(words):
        return None
    return Found(" ".join(value.lower().replace(".", "").split()), "")


def _birth(value: str, _before: str, _after: str) -> Found | None:
    read = renderings.read_date(value)
    return Found(read[0].isoformat(), read[1]) if read else Found(value.lower(), "")


def _date(value: str, before: str, after: str) -> Found | None:
    return _birth(value, before, after) if _stands_alone(before, after) else None


def _phone(value: str, before: str, after: str) -> Found | None:
    if not _stands_alone(before, after) or not checks.phone(renderings.digits_of(value), value.startswith("+")):
        return None
    return Found(*renderings.read_phone(value))


def _context_phone(value: str, before: str, after: str) -> Found | None:
    return Found(*renderings.read_phone(value)) if _stands_alone(before[-1:], after) else None


def _ip(value: str, before: str, after: str) -> Found | None:
    if (before and (_joins(before[-1]) or before[-1] in ".:")) or (after and _joins(after[0])):
        return None
    version = before.lower().rstrip().endswith(("version", "release", " v"))
    return Found(value.lower(), "") if not version and checks.ip_address(value) else None


def _identifier(type_: str) -> Confirm:
    def confirm(value: str, before: str, after: str) -> Found | None:
        digits = sum(char.isdigit() for char in value)
        announced = before.rstrip(" \"'").lower().endswith(("number", "no", "no.", "id", "#", ":", "=", "is", "code"))
        year = len(value) == 4 and value[:2] in ("19", "20")
        if digits < (4 if announced else 5) or year or (after and _joins(after[0])):
            return None
        if not value.isdigit() and renderings.read_date(value) is not None:
            return None
        if type_ == "NPI" and not checks.npi(value):
            return None
        return Found(*renderings.read_identifier(value))

    return confirm


_NEUTRAL = (
    r"order|invoice|ticket|booking|confirmation|reservation|tracking|reference|ref|flight|room|case|item|product|sku|part"
    r"|zip|amount|total|price|usd|eur|limit|page|version|port|[$€£]"
)
_LOOK_BACK = re.compile(
    "|".join(rf"(?P<{kind}>\b(?:{words})\b)" for kind, words in ID_WORDS.items())
    + rf"|(?P<PHONE>\b(?:phone|mobile|cell|telephone|fax|whatsapp)\b)|(?P<neutral>(?:\b(?:{_NEUTRAL})\b|[$€£]))",
    re.IGNORECASE,
)


def _by_context(value: str, before: str, after: str) -> Found | None:
    """A number with an announcing word within 40 characters before it; the nearest word decides."""
    if not _stands_alone(before, after):
        return None
    kind = None
    for match in _LOOK_BACK.finditer(before[-40:]):
        kind = match.lastgroup
    if kind is None or kind == "neutral" or (kind == "NPI" and not checks.npi(value)):
        return None
    if kind == "PHONE":
        return Found(*renderings.read_phone(value), type=kind) if 10 <= len(value) <= 11 and value.isdigit() else None
    return Found(*renderings.read_identifier(value), type=kind)


def _last_four(value: str, _before: str, after: str) -> Found | None:
    return None if after and _joins(after[0]) else Found(value, "last4")


def _zip_code(value: str, _before: str, _after: str) -> Found | None:
    return Found(*renderings.read_identifier(value))


def _age(value: str, _before: str, _after: str) -> Found | None:
    return Found(value, "") if 89 < int(value) < 130 else None


_GAP = (
    r"(?:'s)?(?:[ _-]?(?:number|no|num|nr|id|identifier|code|card))?\.?"
    r"(?:\s+(?:is|was|are|of))?\s{0,2}[:=#]?\s{0,2}[\"']?#?"
)
_VALUE = r"(?:[A-Za-z]{1,4}-?)?(?P<v>\d[A-Za-z0-9]*(?:-[A-Za-z0-9]+){0,4})"

RULES: tuple[Rule, ...] = (
    Rule(
        "SECRET",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]+(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?",
        _as_is,
    ),
    Rule("SECRET", r"(?i)[a-z][a-z0-9+.-]{1,15}://(?P<v>[^/\s:@⟦]+:[^/\s@⟦]+)@", _as_is),
    Rule(
        "SECRET",
        r"(?:(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}"
        r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|xox[abposr]-[0-9A-Za-z-]{10,}"
        r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})",
        _secret,
    ),
    Rule("SECRET", r"(?i)\bbearer\s+(?P<v>[A-Za-z0-9._~+/=-]{16,})", _as_is),
    Rule(
        "SECRET",
        r"(?i)\b(?:password|passwd|passcode|api[_ -]?key|secret[_ ]key|access[_ ]token)(?:\s+is|\s{0,2}[:=])"
        r"\s{0,2}[\"']?(?P<v>[^\s\"',;]{5}[^\s\"',;]+)",
        _password,
    ),
    Rule(
        "EMAIL",
        rf"[{_LETTER}0-9_%+-][{_LETTER}0-9._%+'-]*(?:@|%40)(?:[{_LETTER}0-9-]+\.)+[{_LETTER}]{{2,24}}",
        _email,
    ),
    Rule("IBAN", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?", _iban),
    Rule("CARD", r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}\b|\b\d{4}[ -]\d{6}[ -]\d{5}\b|\b\d{13,19}\b", _card),
    Rule(
        "CARD",
        r"(?i)(?:ending(?: in| with)?|ends (?:in|with)|last (?:four|4)(?: digits)?(?: are| is)?)[ :]{1,3}(?P<v>\d{4})",
        _last_four,
    ),
    Rule("SSN", r"\b\d{3}-\d{2}-\d{4}\b|\b\d{3} \d{2} \d{4}\b", _ssn),
    Rule("SSN", r"(?i)\b(?:ssn|social security(?: number)?)(?: is|[:#])?\s{0,2}(?P<v>\d{9})\b", _ssn),
    Rule("ADDRESS", STREET, _street),
    Rule(
        "DOB",
        rf"(?i)\b(?:born(?: on)?|date of birth|d\.?o\.?b\.?|birth ?da(?:te|y))(?: is| was|[:=])?[ \"']{{0,3}}(?P<v>{DATE})",
        _birth,
    ),
    Rule("PHONE", r"\+\d{1,3}(?:[\s.-]?\(?\d{1,5}\)?){2,6}\b", _phone),
    Rule("PHONE", r"(?:1[-. ])?\(\d{3}\) ?\d{3}[-. ]\d{4}\b|\b(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}\b", _phone),
    Rule(
        "PHONE",
        r"(?i)\b(?:phone|tel|telephone|mobile|cell|cellphone|call(?: me| us)?(?: back)?|text(?: me)?|fax|whatsapp|sms)"
        r"(?: number| no\.?)?(?: is| at| on)?[ :#]{1,3}(?P<v>\d{10,11}|\d{3}[-. ]\d{4})\b",
        _context_phone,
    ),
    Rule("IP", r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|(?i)\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b", _ip),
    *(Rule(kind, rf"(?i)\b(?:{words}){_GAP}{_VALUE}", _identifier(kind)) for kind, words in ID_WORDS.items()),
    Rule("ACCOUNT", r"\b\d{5,18}\b", _by_context),
    Rule("DATE", rf"(?i)(?:{DATE})", _date, ("hipaa",)),
    Rule("AGE", r"(?i)\b(?P<v>\d{2,3})[ -](?:year|yr)s?[ -]old\b", _age, ("hipaa",)),
    Rule(
        "ZIP",
        r"\b[A-Z]{2} (?P<v>\d{5}(?:-\d{4})?)\b",
        _zip_code,
        ("hipaa",),
    ),
    Rule("URL", r"(?i)\bhttps?://[^\s\"'<>⟦]+", _as_is, ("hipaa",)),
)


def rules_of(profile: Profile) -> tuple[Rule, ...]:
    """The rules of a profile, in order of priority."""
    return tuple(rule for rule in RULES if profile in rule.profiles)
