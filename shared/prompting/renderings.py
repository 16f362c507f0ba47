"""How an entity is written, in both directions: the redactor reads value and form, the filler writes them.

For every kind, ``read_*`` gives the canonical value, equal for all renderings of one entity, and the form of this one;
``write_*`` is its inverse for surrogate values.
"""

import re
import string
from collections.abc import Callable
from datetime import date

_NON_DIGIT = re.compile(r"\D+")
_DIGITS = re.compile(r"\d")

DEFAULT_ID_DIGITS = 8
_MIXED_FORM = re.compile(r"x(?:[1-9]|[1-3]\d|40)")
_SHAPE_FORM = re.compile(r"p[Aa9_-]{1,24}")
_SHAPE_CHARS = (
    dict.fromkeys(string.ascii_uppercase, "A")
    | dict.fromkeys(string.ascii_lowercase, "a")
    | dict.fromkeys(string.digits, "9")
) | {" ": "_"}
_GROUPS_FORM = re.compile(r"d(?:[1-9]|[1-3]\d|40)(?:-[1-9]){0,7}")

PHONE_SHAPES = {
    "": "ddd-ddd-dddd",
    "e164": "+1dddddddddd",
    "digits": "dddddddddd",
    "local": "(ddd) ddd-dddd",
    "tight": "(ddd)ddd-dddd",
    "dotted": "ddd.ddd.dddd",
    "spaced": "ddd ddd dddd",
    "intl": "+1-ddd-ddd-dddd",
    "intl-local": "+1 (ddd) ddd-dddd",
    "intl-dash": "+1 ddd-ddd-dddd",
    "intl-spaced": "+1 ddd ddd dddd",
    "intl-dotted": "+1.ddd.ddd.dddd",
    "long": "1-ddd-ddd-dddd",
    "eleven": "1dddddddddd",
}
SHORT_PHONE = "ddd-dddd"
_EXTENSION = re.compile(r",?\s?(?:x|ext\.?|extension)\s?(\d{1,6})$", re.IGNORECASE)
_EXTENSION_FORM = re.compile(r"x[1-6]")
_PHONE_FORMS = {shape: form for form, shape in PHONE_SHAPES.items()}

CARD_SHAPES = {"": "dddddddddddddddd", "spaced": "dddd dddd dddd dddd", "dashed": "dddd-dddd-dddd-dddd"}
_CARD_FORMS = {shape: form for form, shape in CARD_SHAPES.items()}

SSN_SHAPES = {"": "ddd-dd-dddd", "spaced": "ddd dd dddd", "digits": "ddddddddd"}
_SSN_FORMS = {shape: form for form, shape in SSN_SHAPES.items()}

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_MONTH_NUMBER = {name[:3].lower(): index + 1 for index, name in enumerate(MONTHS)}
_DATE_SHAPES = (
    ("iso", re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})")),
    ("mdy", re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})")),
    ("dmy", re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})")),
    ("dash", re.compile(r"(?P<m>\d{1,2})-(?P<d>\d{1,2})-(?P<y>\d{4})")),
    ("ddash", re.compile(r"(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4})")),
    ("dot", re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})")),
    ("", re.compile(r"(?P<n>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})")),
    ("text", re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<n>[A-Za-z]{3,9})\.?,? (?P<y>\d{4})")),
    ("slashed", re.compile(r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})")),
    ("dmon", re.compile(r"(?P<d>\d{1,2})-(?P<n>[A-Za-z]{3,9})-(?P<y>\d{4})")),
    ("dmon2", re.compile(r"(?P<d>\d{1,2})-(?P<n>[A-Za-z]{3,9})-(?P<t>\d{2})")),
    ("named2", re.compile(r"(?P<n>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? ['’](?P<t>\d{2})")),
    ("text2", re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<n>[A-Za-z]{3,9})\.?,? ['’](?P<t>\d{2})")),
    ("mdy2", re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<t>\d{2})")),
    ("dmy2", re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<t>\d{2})")),
    ("dash2", re.compile(r"(?P<m>\d{2})-(?P<d>\d{2})-(?P<t>\d{2})")),
    ("compact", re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})")),
)

_LETTER = re.compile(r"[A-Za-z]")
_DATE_SIGN = re.compile(r"[/.-]")
_NAMED_MONTH = tuple(shape for shape in _DATE_SHAPES if "<n>" in shape[1].pattern)
_SHAPES_WITH = {
    "/": tuple(shape for shape in _DATE_SHAPES if "/" in shape[1].pattern),
    "-": tuple(shape for shape in _DATE_SHAPES if "-" in shape[1].pattern and "<n>" not in shape[1].pattern),
    ".": tuple(shape for shape in _DATE_SHAPES if shape[0] == "dot"),
    "": tuple(shape for shape in _DATE_SHAPES if shape[0] == "compact"),
}
"""Shapes by the first sign between their digits, in order; a text with a letter can only name its month."""
DATE_FORMS = tuple(form for form, _ in _DATE_SHAPES if form != "compact")

_PART_SHAPES = (
    ("part", re.compile(r"(?P<n>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?")),
    ("dpart", re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<n>[A-Za-z]{3,9})\.?")),
    ("mypart", re.compile(r"(?P<n>[A-Za-z]{3,9})\.?,? (?P<y>\d{4})")),
    ("npart", re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})")),
    ("nypart", re.compile(r"(?P<m>\d{1,2})/(?P<y>\d{4})")),
)
"""Day and month, or month and year."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FROM_ANCHOR = re.compile(rf"({'|'.join(WEEKDAYS)})([+-]\d{{1,7}})")


def digits_of(text: str) -> str:
    """Only the digits."""
    return _NON_DIGIT.sub("", text)


def _fill(shape: str, digits: str) -> str:
    supply = iter(digits)
    return "".join(next(supply) if char == "d" else char for char in shape)


def without_extension(phone: str) -> str:
    """``415-555-2671`` of ``415-555-2671 x304``."""
    match = _EXTENSION.search(phone)
    return phone[: match.start()] if match else phone


def read_phone(text: str) -> tuple[str, str]:
    """National number where it is North American, else all digits. An extension is part of the form: ``x3``."""
    extension = _EXTENSION.search(text)
    if extension is not None:
        national, form = read_phone(text[: extension.start()])
        return national, ".".join(part for part in (form, f"x{len(extension.group(1))}") if part)
    digits = digits_of(text)
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    shape = _DIGITS.sub("d", text)
    if len(digits) == 11 and len(national) == 10:
        shape = shape.replace("d", "1", 1)
    if len(national) == 10:
        return national, _PHONE_FORMS.get(shape, "")
    if len(digits) == 7:
        return digits, "short"
    return digits, "e164" if text == f"+{digits}" else "intl-spaced" if text.startswith("+") else ""


def write_phone(national: str, form: str) -> str:
    """``national`` has ten digits."""
    head, _, tail = form.rpartition(".")
    if _EXTENSION_FORM.fullmatch(tail):
        return f"{write_phone(national, head)} x{national[1 : 1 + int(tail[1:])]}"
    if form == "last4":
        return national[-4:]
    if form == "short":
        return _fill(SHORT_PHONE, national[-7:])
    return _fill(PHONE_SHAPES.get(form, PHONE_SHAPES[""]), national)


def read_card(text: str) -> tuple[str, str]:
    return digits_of(text), _CARD_FORMS.get(_DIGITS.sub("d", text), "spaced" if " " in text else "")


def write_card(digits: str, form: str) -> str:
    return digits[-4:] if form == "last4" else _fill(CARD_SHAPES.get(form, CARD_SHAPES[""]), digits)


def read_ssn(text: str) -> tuple[str, str]:
    return digits_of(text), _SSN_FORMS.get(_DIGITS.sub("d", text), "")


def write_ssn(digits: str, form: str) -> str:
    return digits[-4:] if form == "last4" else _fill(SSN_SHAPES.get(form, SSN_SHAPES[""]), digits)


def read_iban(text: str) -> tuple[str, str]:
    return text.replace(" ", "").upper(), "spaced" if " " in text else ""


def write_iban(iban: str, form: str) -> str:
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)) if form == "spaced" else iban


def read_identifier(text: str) -> tuple[str, str]:
    """Groups of digits joined by dashes as ``d3-4``, letters and digits as their shape, ``pAA-999`` (``_`` is a space), and
    what is longer as its count of letters and digits, ``x30``."""
    groups = text.split("-")
    plain = re.sub(r"[\s.-]", "", text).upper()
    if all(group.isascii() and group.isdigit() for group in groups):
        if len(groups) == 1 and len(text) == DEFAULT_ID_DIGITS:
            return plain, ""
        form = "d" + "-".join(str(len(group)) for group in groups)
        if _GROUPS_FORM.fullmatch(form):
            return plain, form
    shape = "p" + "".join(_SHAPE_CHARS.get(char, char) for char in text)
    return plain, shape if _SHAPE_FORM.fullmatch(shape) else f"x{min(len(plain), 40)}"


def _write_shape(digits: str, letters: str, shape: str) -> str:
    wanted = shape.count("9")
    supply, letter_supply = iter(digits[-wanted:] if wanted else ""), iter(letters)
    made = []
    for char in shape:
        if char == "9":
            made.append(next(supply))
        elif char in "Aa":
            letter = next(letter_supply)
            made.append(letter if char == "A" else letter.lower())
        else:
            made.append(" " if char == "_" else char)
    return "".join(made)


def write_identifier(digits: str, letters: str, form: str) -> str:
    """Takes from the end of a long supply of digits, so that the last four agree in every form."""
    if form == "last4":
        return digits[-4:]
    if _SHAPE_FORM.fullmatch(form):
        return _write_shape(digits, letters, form[1:])
    if _MIXED_FORM.fullmatch(form):
        wanted = int(form[1:])
        return digits[-wanted:] if wanted <= 4 else letters[: wanted - 4] + digits[-4:]
    sizes = [int(size) for size in form[1:].split("-")] if _GROUPS_FORM.fullmatch(form) else [DEFAULT_ID_DIGITS]
    supply = digits[-sum(sizes) :]
    groups = []
    for size in sizes:
        groups.append(supply[:size])
        supply = supply[size:]
    return "-".join(groups)


def _year(part: dict[str, str]) -> int:
    """Two digits up to 29 are of this century."""
    if part.get("y"):
        return int(part["y"])
    short = int(part["t"])
    return short + (2000 if short < 30 else 1900)


def read_date(text: str) -> tuple[date, str] | None:
    """The date and the way it is written, or ``None`` if it is no date of the calendar."""
    sign = _LETTER.search(text) or _DATE_SIGN.search(text)
    for form, shape in _SHAPES_WITH.get(sign.group() if sign else "", _NAMED_MONTH):
        match = shape.fullmatch(text)
        if match is None:
            continue
        part = match.groupdict()
        month = _MONTH_NUMBER.get(part["n"][:3].lower(), 0) if part.get("n") else int(part["m"])
        try:
            return date(_year(part), month, int(part["d"])), form
        except ValueError:
            continue
    return None


def read_part_of_date(text: str, near: date | None = None) -> tuple[date | None, str]:
    """The way a date without its year or day is written, and the date of that kind closest to ``near``, if given."""
    for form, shape in _PART_SHAPES:
        match = shape.fullmatch(text)
        if match is None:
            continue
        part = match.groupdict()
        month = _MONTH_NUMBER.get(part["n"][:3].lower(), 0) if part.get("n") else int(part["m"])
        return _closest(part, month, near), form
    return None, "part"


def _closest(part: dict[str, str], month: int, near: date | None) -> date | None:
    if near is None:
        return None
    years = [int(part["y"])] if part.get("y") else [near.year - 1, near.year, near.year + 1]
    found = []
    for year in years:
        try:
            found.append(date(year, month, int(part.get("d") or 15)))
        except ValueError:
            continue
    return min(found, key=lambda day: abs(day - near), default=None)


def write_from_anchor(day: date, anchor: date) -> str:
    """Weekday and distance in days, ``thu+3``."""
    return f"{WEEKDAYS[day.weekday()]}{(day - anchor).days:+d}"


def read_from_anchor(token: str) -> tuple[int, int] | None:
    """Weekday (Monday is 0) and distance in days; ``None`` for a token of another kind."""
    match = _FROM_ANCHOR.fullmatch(token)
    return (WEEKDAYS.index(match.group(1)), int(match.group(2))) if match else None


_DATE_WRITERS: dict[str, Callable[[date], str]] = {
    "": lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    "mdy": lambda day: f"{day.month:02d}/{day.day:02d}/{day.year}",
    "dmy": lambda day: f"{day.day:02d}/{day.month:02d}/{day.year}",
    "dash": lambda day: f"{day.month:02d}-{day.day:02d}-{day.year}",
    "ddash": lambda day: f"{day.day:02d}-{day.month:02d}-{day.year}",
    "dot": lambda day: f"{day.day:02d}.{day.month:02d}.{day.year}",
    "text": lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    "slashed": lambda day: f"{day.year}/{day.month:02d}/{day.day:02d}",
    "dmon": lambda day: f"{day.day:02d}-{MONTHS[day.month - 1][:3]}-{day.year}",
    "dmon2": lambda day: f"{day.day:02d}-{MONTHS[day.month - 1][:3]}-{day.year % 100:02d}",
    "named2": lambda day: f"{MONTHS[day.month - 1]} {day.day}, '{day.year % 100:02d}",
    "text2": lambda day: f"{day.day} {MONTHS[day.month - 1]} '{day.year % 100:02d}",
    "mdy2": lambda day: f"{day.month:02d}/{day.day:02d}/{day.year % 100:02d}",
    "dmy2": lambda day: f"{day.day:02d}/{day.month:02d}/{day.year % 100:02d}",
    "dash2": lambda day: f"{day.month:02d}-{day.day:02d}-{day.year % 100:02d}",
    "part": lambda day: f"{MONTHS[day.month - 1]} {day.day}",
    "dpart": lambda day: f"{day.day} {MONTHS[day.month - 1]}",
    "mypart": lambda day: f"{MONTHS[day.month - 1]} {day.year}",
    "npart": lambda day: f"{day.month}/{day.day}",
    "nypart": lambda day: f"{day.month:02d}/{day.year}",
    "compact": lambda day: f"{day.year}{day.month:02d}{day.day:02d}",
}


def write_date(value: date, form: str) -> str:
    """ISO 8601 for a form that is not known."""
    writer = _DATE_WRITERS.get(form)
    return writer(value) if writer else value.isoformat()


def read_case(text: str) -> str:
    """``lower``, ``upper`` or nothing for the usual capitals."""
    if text.islower():
        return "lower"
    return "upper" if text.isupper() and len(text) > 1 else ""


def write_case(text: str, form: str) -> str:
    return text.lower() if form == "lower" else text.upper() if form == "upper" else text


def luhn_digit(payload: str) -> str:
    """The check digit that makes ``payload`` and it pass Luhn's test."""
    total = 0
    for position, char in enumerate(reversed(payload)):
        value = int(char) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
