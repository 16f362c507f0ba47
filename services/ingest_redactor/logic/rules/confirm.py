"""What confirms a match of a pattern: check digits, boundaries, words around it."""

import re
from collections.abc import Callable
from typing import NamedTuple

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.nonames import NOBODY
from services.ingest_redactor.logic.rules import checks
from services.ingest_redactor.logic.rules.national import is_national_number
from services.ingest_redactor.logic.rules.patterns import ID_WORDS, NEUTRAL
from shared.prompting import renderings
from shared.tasks.names import first_names, last_names


class Found(NamedTuple):
    """A confirmed value: canonical form, the form of this rendering and, if not the rule's own, its type."""

    canonical: str
    form: str
    type: str | None = None
    length: int | None = None
    """How much of the value it is, from where it starts; ``None``: all that follows."""
    skipped: int = 0
    """How much of the value stands before it."""


Confirm = Callable[[str, str, str], Found | None]
"""(value, text before it, text after it) → what it is, or ``None``. The context is at most 48 characters a side."""


_FIRST_OF_CHINESE = "\u2e80"


def joins(char: str) -> bool:
    """Whether a value would run on into it. Scripts without spaces, Chinese and all after it, part words nowhere."""
    return (char.isalnum() and char < _FIRST_OF_CHINESE) or char == "_"


def _identifier(value: str) -> tuple[str, str]:
    """As :func:`renderings.read_identifier`, of digits alone without the detours of other shapes."""
    if value.isdigit() and value.isascii() and len(value) <= 40:
        return value, "" if len(value) == renderings.DEFAULT_ID_DIGITS else f"d{len(value)}"
    return renderings.read_identifier(value)


def stands_alone(before: str, after: str) -> bool:
    """No digit or letter touches the value, not even across a dash, dot or slash."""
    if (before and joins(before[-1])) or (after and joins(after[0])):
        return False
    glued_before = len(before) >= 2 and before[-1] in "-./" and joins(before[-2])
    glued_after = len(after) >= 2 and after[0] in "-./" and after[1].isdigit()
    return not (glued_before or glued_after)


def email(value: str, _before: str, _after: str) -> Found | None:
    return Found(value.lower().replace("%40", "@"), "")


def as_is(value: str, _before: str, _after: str) -> Found | None:
    return Found(value, "")


def secret(value: str, before: str, _after: str) -> Found | None:
    return None if before and (before[-1].isalnum() or value.startswith("⟦")) else Found(value, "")


def mixed_secret(value: str, _before: str, _after: str) -> Found | None:
    """Digits and letters, none of them a word's: ``d5610d0b34…``"""
    digits = sum(map(str.isdigit, value))
    return Found(value, "") if 2 <= digits < len(value) else None


def long_secret(value: str, _before: str, _after: str) -> Found | None:
    mixed = any(char.isdigit() for char in value) and any(char.isupper() for char in value)
    return Found(value, "") if mixed and any(char.islower() for char in value) else None


def user_name(value: str, before: str, after: str) -> Found | None:
    """``mei_ahmed_4909``: a part is somebody's name."""
    if (before and (joins(before[-1]) or before[-1] in "./@")) or (after and (joins(after[0]) or after[0] == "@")):
        return None
    parts = re.split(r"[._-]|\d+", value)
    named = any(part in first_names() or part in last_names() for part in parts if len(part) > 2)
    return Found(value.lower(), "") if named else None


def login(value: str, _before: str, after: str) -> Found | None:
    """A user's name after ``user=``, unless it is everybody's, like ``root``, or a variable's, like ``user_id``."""
    is_nobodys = value in NOBODY or "user" in value or value.endswith(("_id", "_name"))
    return None if is_nobodys or after[:1] in ("@", "(", ".") else Found(value.lower(), "")


_LOGIN = re.compile(r"[a-z][a-z0-9._-]{3,30}")


def is_login(value: str) -> bool:
    """Whether a value where a login stands is somebody's: no word of the language, and nobody's like ``root``."""
    low = value.lower()
    if low != value and not re.search(r"[\d._-]", value):
        return False  # ``Shanice`` is a name
    return _LOGIN.fullmatch(low) is not None and not is_word(low) and login(low, "", "") is not None


_LEAST_NAME = 4
_HANDLE_OF_TWO = re.compile(r"[a-z]{2,20}[._][a-z]{3,20}\d{1,5}")
_HANDLE_OF_ONE = re.compile(r"([a-z]{5,24})\d{2,5}")


def is_handle(value: str) -> bool:
    """Whether a value is made as people make up their logins: ``book_taco2``, ``kholmes32``, but not ``windows11``."""
    one = _HANDLE_OF_ONE.fullmatch(value)
    return _HANDLE_OF_TWO.fullmatch(value) is not None or (one is not None and not is_word(one[1]))


def login_of_a_name(value: str, before: str, after: str) -> Found | None:
    """``jennifers65``, ``kholmes32``: a first name and perhaps an initial, or an initial and a last name, and digits."""
    letters = value.rstrip("0123456789")
    if (before and (joins(before[-1]) or before[-1] in ".-/@")) or (after and (joins(after[0]) or after[0] in "@-/(=")):
        return None
    if letters == value or not letters.isalpha() or is_word(letters):
        return None
    of_first = any(letters[:end] in first_names() for end in (len(letters), len(letters) - 1) if end >= _LEAST_NAME)
    of_last = len(letters) > _LEAST_NAME + 1 and letters[1:] in last_names() and not is_word(letters[1:])
    return Found(value, "") if of_first or of_last else None


def locator(value: str, _before: str, _after: str) -> Found | None:
    return Found(*_identifier(value)) if any(map(str.isalpha, value)) else None


def handle(value: str, _before: str, after: str) -> Found | None:
    """``@jane.doe``, where a part is somebody's name."""
    return user_name(value, "", after)


def password(value: str, before: str, _after: str) -> Found | None:
    """``password is required`` tells no password: a plain word counts only as somebody's or after a sign."""
    if value.startswith("⟦"):
        return None
    plain_word = value.rstrip(".!?").isalpha() and (value.islower() or value.istitle())
    if plain_word and before.rstrip(" \"'")[-1:] not in (":", "="):
        return None
    return Found(value, "")


def iban(value: str, before: str, _after: str) -> Found | None:
    if before and joins(before[-1]):
        return None
    return Found(*renderings.read_iban(value)) if checks.iban(value) else None


def number_alone(value: str, before: str, after: str) -> Found | None:
    return Found(*renderings.read_identifier(value)) if stands_alone(before, after) else None


def card(value: str, before: str, after: str) -> Found | None:
    if not stands_alone(before, after) or not checks.card(renderings.digits_of(value)):
        return None
    return Found(*renderings.read_card(value))


def card_behind_brand(value: str, _before: str, _after: str) -> Found | None:
    """``*VI4017…``, as airlines write a form of payment."""
    return Found(*renderings.read_card(value)) if checks.card(value) else None


def announced_card(value: str, _before: str, after: str) -> Found | None:
    """After ``card number`` a wrong check digit is a slip of the pen, not another kind of number."""
    return None if after and joins(after[0]) else Found(*renderings.read_card(value))


def ssn(value: str, before: str, after: str) -> Found | None:
    if not stands_alone(before, after) or not checks.ssn(renderings.digits_of(value)):
        return None
    return Found(*renderings.read_ssn(value))


def announced_ssn(value: str, _before: str, _after: str) -> Found | None:
    return Found(*renderings.read_ssn(value))


def ip(value: str, before: str, after: str) -> Found | None:
    if (before and (joins(before[-1]) or before[-1] in ".:")) or (after and joins(after[0])):
        return None
    version = (
        before.lower().rstrip().endswith(("version", "release", " v", "version to", "update", "build", "upgrade to"))
    )
    version |= before[-1:] == "/" and before[-2:-1].isalnum()  # Chrome/120.0.0.0
    return Found(value.lower(), "") if not version and checks.ip_address(value) else None


def vin(value: str, before: str, after: str) -> Found | None:
    if not stands_alone(before, after) or value.isdigit() or value.isalpha():
        return None
    announced = re.search(r"(?i)\b(?:vin|vehicle)\b", before) is not None
    numbered_at_the_end = value[:2].isalpha() and value[-5:].isdigit()  # European makers give no check digit
    return Found(*_identifier(value)) if announced or numbered_at_the_end or checks.vin(value) else None


def _runs_on(value: str, before: str) -> bool:
    """Letters go on from the announcing word into the value, as in ``deacfc94…``, not in ``memberId7`` or ``MRN7``."""
    return before[-1:].isalpha() and value[0].isalpha() and not (before[-1].islower() and value[0].isupper())


_HEAD = re.compile(r"([A-Za-z]+)[ /-]\d")


def _is_headed_by_a_word(value: str) -> bool:
    """``policy for 10 20``, ``claim FY 2024``: but ``policy CDX 0081 2230``."""
    head = _HEAD.match(value)
    year = value[-4:] if value[-5:-4] == " " else ""
    is_told = head is not None and not head[1].isupper() and is_word(head[1].lower())
    return head is not None and " " in value and (is_told or year[:2] in ("19", "20"))


_GLUED_HEAD = re.compile(r"(?<![A-Za-z0-9])(?:CUST|EMP|PAT|MBR|MEM|ACCT?|POL|CLM|STU)$")
"""An announcing word that is the head of the code: ``customer number CUST0041913``."""
_LEAST_GLUED = 4
_NPI_DIGITS = 10
_LEAST_SERIAL = 5


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}")
"""The head of ``2025-05-04T21:47:32Z``"""


def identifier(type_: str) -> Confirm:
    """After ``NPI`` a wrong check digit is a slip of the pen, as it is after ``card number``."""

    def confirm(value: str, before: str, after: str) -> Found | None:
        if _runs_on(value, before):
            return None
        head = _GLUED_HEAD.search(before) if value[0].isdigit() else None
        if head is not None:
            return Found(*_identifier(head[0] + value), skipped=-len(head[0])) if len(value) >= _LEAST_GLUED else None
        digits = sum(map(str.isdigit, value))
        announced = (
            before.rstrip(" \"'([<")
            .lower()
            .endswith(("number", "no", "no.", "id", "#", ":", "=", "is", "code", "s/n", "sn", "mrn", "vin"))
        )
        year = len(value) == 4 and value[:2] in ("19", "20")
        is_serial = type_ == "DEVICE" and announced and len(value) >= _LEAST_SERIAL and value.isupper()
        is_serial |= type_ == "PASSPORT" and len(value) == _PASSPORT_CHARS and value.isupper()
        if (
            digits < (1 if is_serial else 3 if announced and len(value) > 3 else 4 if announced else 5)
            or year
            or (after and joins(after[0]))
        ):
            return None
        if not value.isdigit() and (_is_date(value) or _MOMENT.match(value) or _is_headed_by_a_word(value)):
            return None
        if type_ == "NPI" and not (len(value) == _NPI_DIGITS and value[0] in "12"):
            return None
        return Found(*_identifier(value))

    return confirm


_PASSPORT_CHARS = 9
"""Of Germany and others, digits and letters mixed."""
_CONTEXT_WORD = re.compile(r"[a-z/][a-z/-]*|[$€£]")


def _kinds() -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Announcing words, and pairs of them, with the type that they announce."""
    words = dict.fromkeys(NEUTRAL.split("|"), "neutral") | dict.fromkeys("$€£", "neutral")
    words |= dict.fromkeys(("phone", "mobile", "cell", "telephone", "fax", "whatsapp"), "PHONE")
    pairs: dict[tuple[str, str], str] = {}
    for kind, alternatives in ID_WORDS.items():
        for alternative in alternatives.replace("licen[cs]e", "license|license").replace("'?", "").split("|"):
            parts = alternative.split(" ")
            if len(parts) == 1:
                words.setdefault(parts[0], kind)
            else:
                pairs[parts[-2], parts[-1]] = kind
    words["licence"] = words["license"]
    return words, pairs


_KIND_OF, _KIND_OF_PAIR = _kinds()
_ANNOUNCING_WORDS = frozenset(_KIND_OF) | {last for _, last in _KIND_OF_PAIR}


def announced_kind(before: str) -> str | None:
    """What the nearest announcing word within 40 characters says."""
    words: list[str] = _CONTEXT_WORD.findall(before[-40:].lower())
    if _ANNOUNCING_WORDS.isdisjoint(words):
        return None
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        if word in _ANNOUNCING_WORDS:
            kind = (_KIND_OF_PAIR.get((words[at - 1], word)) if at else None) or _KIND_OF.get(word)
            if kind is not None:
                return kind
    return None


def _is_date(value: str) -> bool:
    """Of letters and digits alone only eight digits may be a date."""
    if value.isalnum() and (len(value) != 8 or not value.isdigit()):
        return False
    return renderings.read_date(value) is not None


def by_context(value: str, before: str, after: str) -> Found | None:
    """A number or code with an announcing word within 40 characters before it; the nearest word decides."""
    digits = len(value) if value.isdigit() else sum(map(str.isdigit, value))
    if digits < 4 or (digits < 5 and digits == len(value)) or not stands_alone(before, after):
        return None
    if before[-1:] == ":" and before[-2:-1].isdigit():
        return None  # hours of opening, ``09:00-17:30``
    kind = announced_kind(before)
    if kind is None or kind == "neutral" or (kind == "NPI" and not checks.npi(value)):
        return None
    if kind == "PHONE":
        return Found(*renderings.read_phone(value), type=kind) if 10 <= len(value) <= 11 and value.isdigit() else None
    if _is_date(value) or _MOMENT.match(value):
        return None
    return Found(*_identifier(value), type=kind)


_MORE_GROUPS = re.compile(r" \d{3,4}(?!\d)")


def national_number(value: str, before: str, after: str) -> Found | None:
    """Not a part of a longer number: ``8003 6043 5611 4056``."""
    if " " in value and (_MORE_GROUPS.match(after) or before[-2:-1].isdigit()):
        return None
    return Found(*_identifier(value)) if stands_alone(before, after) and is_national_number(value) else None


def plate(value: str, _before: str, after: str) -> Found | None:
    """Letters and digits: ``registration 2025-01`` tells a month."""
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    goes_on = (after and joins(after[0])) or (after[:1] == " " and after[1:2].isdigit())  # ``tax reg: GB 953 0931 61``
    return Found(*_identifier(value)) if letters and digits and not goes_on else None


def last_four(value: str, _before: str, after: str) -> Found | None:
    return None if after and joins(after[0]) else Found(value, "last4")


def numbered(value: str, _before: str, after: str) -> Found | None:
    """A number that its pattern announces: a postal code, a PIN."""
    goes_on = after and (joins(after[0]) or (after[0] == "-" and after[1:2].isdigit()))
    return None if goes_on else Found(*_identifier(value))


def facility(value: str, _before: str, _after: str) -> Found | None:
    head = value.split()[0]
    return None if head in ("The", "A", "This", "Our", "Your") and len(value.split()) == 2 else Found(value.lower(), "")
