"""Names as clinicians write them in short, which only the wide profile takes."""

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS
from services.ingest_redactor.logic.rules.confirm import Found
from services.ingest_redactor.logic.rules.patterns import UPPER
from services.ingest_redactor.logic.rules.wide_dates import CAPITALISED
from shared.tasks.names import ambiguous_first_names, first_names, last_names

FIRST_LAST = (
    r"(?:: |^|\. |\n)(?P<v>[a-z][a-z'’-]{2,20} [a-z][a-z'’-]{2,20}), "
    r"(?:mrn|dob|d\.o\.b|ssn|medicare|medicaid|acct|\d)"
)
"""``oxygen order: mirembe nakato, medicare``"""
LAST_FIRST = r"\b(?P<v>[a-z][a-z'’-]{1,20}, [a-z][a-z'’-]{1,20}),? (?:mrn|ur|hosp|nhs|chi|dob|d\.o\.b|acct|\d)"
"""``jones, richard, mrn``"""
_BEFORE_FIRST = (
    r"(?:husband|wife|son|daughter|mother|father|mom|mum|dad|brother|sister|niece|nephew|grandson|granddaughter|partner|caregiver"
    r"|aunt|uncle|(?:yo|yr old))"
)
NAMED_PATIENT = (
    rf"\b(?:[Pp]ts?|[Pp]atient)\.?:? (?P<v>{CAPITALISED} {CAPITALISED})\b|\b[Pp]t\.?:? (?P<w>[A-Z]\.[A-Z]\.)"
    rf"|\b[Nn]ame:? (?P<x>[A-Z][A-Z'’-]+, [A-Z][A-Z'’-]+)\b|\b[Dd]rs?\.? (?P<y>{CAPITALISED})(?:['’]s\b)"
    r"|\b(?P<z>[a-z]\. [a-z'’-]{3,20}),? (?i:pa-c|np|rn|md|do|aprn|crna|lpn|pharmd)\b"
    rf"|\b{_BEFORE_FIRST} (?P<k>{CAPITALISED})\b|\b(?P<t>{CAPITALISED} {CAPITALISED}) \d{{5,9}}\b"
    rf"|(?:^|[\n\".:] ?)(?P<u>{CAPITALISED}) here[.,!]"
)
"""``pt Lubomir Hruska stage IV``, ``Dr. Keane's``, ``p. lachance PA-C``, ``Ginevra here.``"""
IN_CAPITALS_AFTER_ROLE = (
    r"\b(?:PCP|ATTENDING|RESIDENT|SURGEON|PROVIDER|CARDIOLOGIST|HOSPITALIST|INTENSIVIST|REFERRING|RN|INSURED|PATIENT|SUBSCRIBER|MEMBER|SON|DAUGHTER|WIFE|HUSBAND|SPOUSE"
    rf"|MOTHER|FATHER|NOK|POA)\b[: ]{{1,2}}(?P<v>[{UPPER}][{UPPER}'’-]{{2,}}(?: [{UPPER}][{UPPER}'’-]{{2,}})?)\b"
    rf"|\b(?P<w>[{UPPER}][{UPPER}'’-]{{3,}})(?: [A-Z])? (?:rm|room|bed|mrn|MRN|dob|DOB) ?[\dA-Z:#]"
)
"""After what they are, or before their room and number: ``ICU daily: CHEUNG rm 12``."""


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
