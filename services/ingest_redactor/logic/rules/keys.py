"""Sensitive keys of JSON: the value under them is an identifier whatever it looks like.

Names split over two fields and numbers without a check digit are invisible to any reading of running text.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import re2

from services.ingest_redactor.logic.names.east_asian import is_east_asian
from services.ingest_redactor.logic.names.names_read import looks_like_a_person, read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, NOBODY
from services.ingest_redactor.logic.names.tagger import places
from services.ingest_redactor.logic.rules.confirm import (
    is_handle,
    is_login,
    login_of_a_name,
    long_secret,
    mixed_secret,
    user_name,
)
from services.ingest_redactor.logic.rules.key_table import KEYS, KEYS_IN_SCRIPTS, NUMBERED, PERSON
from services.ingest_redactor.logic.rules.street_checks import address
from shared.prompting import renderings

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def _matcher() -> Any:
    """All patterns at once: most keys are none of them."""
    options = re2.Options()
    options.log_errors = False
    patterns = re2.Set.FullMatchSet(options)
    for _, pattern in KEYS:
        patterns.Add(pattern)
    patterns.Compile()
    return patterns


_MATCHER = _matcher()
_PERSON_KEY = re.compile(rf"(?:.*_)?{PERSON}s?(?:_info|_details|_profile|_data)?")
_ASKED = re.compile(r"^(?:what_(?:is|s)_)?(?:please_)?(?:enter_|provide_)?(?:your|the|my|his|her)_")
"""A question or a demand as a key: ``What is your name?``"""
_INDIAN_PAN = re.compile(r"[A-Z]{5}\d{4}[A-Z]")
_MOST_COMMON_AGE, _OLDEST = 89, 125
"""Ages over 89 are identifiers (45 CFR 164.514(b)(2)(i)(C))."""
_HANDLE = re.compile(r"[a-z]{2,20}[._][a-z]{2,20}")
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{3,30}")
_NUMBERED_HANDLE = re.compile(r"[a-z]{3,20}\d{2,4}")
_FEW_DIGITS = 3
_SSN_DIGITS = 9
_NOWHERE = frozenset(("n/a", "none", "null", "unknown", "other", "remote", "online"))
"""Under the key of a town."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.,]*(?:Z|[+-]\d{2}:?\d{2})?")
"""When something happened: ``last_login`` names nobody."""
_TOKEN_CHARS, _ACCOUNT_DIGITS = 24, 15
_DIALLED = re.compile(
    r"(?:\+|00?[1-9]|0 ?\(|\(|1[3-9]\d(?=\d{8}$)|[2-9]\d{2}(?=[ .-]|[2-9]\d{6}$)|[6-9](?=\d{9}$))[\d ().-]{7,18}"
)
"""As a number is dialled: with a sign, a zero or brackets at its head, or a mobile's eleven digits."""
_PLACE_OF_HOUSE = re.compile(
    r"(?:(?:Flat|House|Plot)?(?: ?No\.? ?)?|#)(?:[A-Z]{1,2}-)?\d{1,5}[A-Za-z]?(?:[/-]\d{1,4})?,? [^\W\d_a-z]"
    r"|[^\W\d_a-z][^\d\n]{3,40} #?\d{1,5}\b"
)
"""A number before or behind capitalised words."""
_MOST_DIALLED, _MOST_CHARS = 14, 64
_LOCATOR = re.compile(r"(?=.*[A-Z])[A-Z0-9]{5,8}")
_PLATE = re.compile(r"(?=.*[A-Z])(?=.*\d)[A-Z0-9][A-Z0-9 -]{3,10}")
_PERSONS_NUMBER = re.compile(r"[A-Za-z]{0,8}[-_/#]?\d[\w/-]{2,30}|(?:[A-Z]{1,4} )?\d{2,6}(?: \d{2,6}){1,4}")
_PROSE = re.compile(r"[a-z]{3,} [a-z]{2,}")
"""Words: no number, though there are digits among them."""
_WORD_AND_NUMBER = re.compile(r"(?:[A-Za-z][a-z]{3,}|[a-z]+) ")
"""``Amoxicillin 500mg``"""
_OPAQUE = re.compile(r"[a-z]{2,6}_(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{8,32}|[a-z]{2,6}_[a-z]{12,32}")
"""``cus_NffrFeUfNVHib``"""
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]{2,14}")
_OPEN = frozenset(("NAME?", "NAME?handle", "USER@", "DOB?", "PHONE?", "ADDRESS?", "PLACE?"))
"""Kinds that the key above may settle."""
_OF_PERSONS = (
    {
        "first": "NAME.first",
        "last": "NAME.last",
        "gn": "NAME.first",
        "fn": "NAME.first",
        "ln": "NAME.last",
        "bd": "DOB",
        "license": "LICENCE",
        "licence": "LICENCE",
        "handle": "USER",
    }
    | dict.fromkeys(
        ("name", "names", "display_name", "preferred_name", "legal_name", "nickname", "alias", "aka"), "NAME"
    )
    | dict.fromkeys(("ticket_no", "ticket_number", "e_ticket", "eticket", "ticket"), "MEMBER")
)
"""Bare keys that are a person's in an object of a person."""
_NUMBERED_KEY = re.compile(
    rf"(?:.*_)?(?:{NUMBERED}s?(?:_info|_details|_profile|_data)?|loyalty|membership|frequent_flyer|ffp?|\w*club)"
)
_NUMBER = frozenset("no num number numero nummer nr".split())  # noqa: SIM905
_PAPERS = ("document", "doc", "id_document", "identity_document", "id_doc")
_DOCUMENTS = ("docs", "passport", "travel_doc", "travel_docs", "travel_document", "travel_documents")
_LICENCES = ("license", "licence", "driver_license", "drivers_license", "driving_licence")
_ACCOUNTS = ("account", "bank_account", "conta", "cuenta", "konto", "rekening", "compte", "conto")
_NUMBERED_THINGS = (
    dict.fromkeys(_DOCUMENTS, ("PASSPORT", _NUMBER | {"id"}))
    | dict.fromkeys(_PAPERS, ("ID", _NUMBER))
    | dict.fromkeys(_LICENCES, ("LICENCE", _NUMBER | {"id"}))
    | dict.fromkeys(_ACCOUNTS, ("ACCOUNT", _NUMBER))  # the ``id`` of an account is a system's own
)
"""What is numbered, and the keys below it that hold the number."""
_OF_CONTACTS = dict.fromkeys(("m", "t", "p", "mob"), "PHONE") | {"e": "EMAIL"}
_WHERE = frozenset(("address", "addresses", "postal_address", "mailing_address", "home_address"))
_CONTACTS = frozenset(("ctc", "ctcs", "contact", "contacts"))
_NUMBERS_TEXT = """
id uid no num number nr ref unique_id external_id reference_id entity_id lookup_id crm_id program_number member_number
"""
_NUMBERS = frozenset(_NUMBERS_TEXT.split())
_SOCIAL = frozenset("twitter instagram github gitlab telegram tiktok linkedin discord facebook mastodon".split())  # noqa: SIM905
_SOCIALS = frozenset("socials social social_media social_profiles profiles handles accounts usernames".split())  # noqa: SIM905
_ASPECTS = frozenset(
    (
        "old", "new", "previous", "current", "value", "number", "raw", "formatted", "home", "work", "text", "v", "s", "n",
        "string_value", "line", "lines", "id_value", "national_number", "data",
    )
)  # fmt: skip
"""Keys that tell of their value no more than the key above does: ``{"phone": {"old": …, "new": …}}``."""


def normalised(key: str) -> str:
    """``firstName``, ``First Name``, ``FIRST-NAME`` and ``First_Name__c`` as ``first_name``, ``Prénom`` as ``prenom``."""
    if not key.isascii():
        key = "".join(
            char for char in unicodedata.normalize("NFKD", key.replace("ß", "ss")) if not unicodedata.combining(char)
        )
    return _OTHER.sub("_", _CAMEL.sub("_", key.removesuffix("__c")).lower()).strip("_")


@lru_cache(maxsize=4096)
def kind_of(key: str, parent: str) -> str | None:
    """The kind of value under a key: a type, a type with a part (``NAME.first``), ``NAME?`` for a bare name. Where something
    else stands as often: ``NAME?handle`` who did or gets something, ``NAME?number`` who has a number, ``NAME?user`` both;
    ``USER@`` for a handle with its sign, ``USER?`` for one that is made as people make them up; ``THING`` for what is
    nobody's name, like a bank's; ``WARE`` for the code of a product."""
    if len(key) > 64:
        return None
    if not key.isascii() and (own := KEYS_IN_SCRIPTS.get(key.strip().lower())) is not None:
        return own
    name = _ASKED.sub("", normalised(key))
    matched = _MATCHER.Match(name.encode())
    kind = KEYS[min(matched)][0] if matched else None
    if parent and (kind is None or kind in _OPEN):
        above = normalised(parent)
        if name in ("value", "id_value") and above in ("identifier", "identifiers"):
            return "MEMBER"
        if above in _NUMBERED_THINGS and name in _NUMBERED_THINGS[above][1]:
            return _NUMBERED_THINGS[above][0]
        if name in _OF_CONTACTS and above in _CONTACTS:
            return _OF_CONTACTS[name]
        if name in ("line", "lines", "address_lines") and above in _WHERE:
            return "ADDRESS.any"
        if name in ("date", "on") and above in ("birth", "dob", "birthday"):
            return "DOB"
        if name in _SOCIAL and above in _SOCIALS:
            return "USER" if kind is None else kind
        if name in _OF_PERSONS and (_PERSON_KEY.fullmatch(above) or (name == "handle" and above in _SOCIAL)):
            return _OF_PERSONS[name]
        if name in _NUMBERS and _NUMBERED_KEY.fullmatch(above):
            return "MEMBER"
        if kind is None and name in _ASPECTS:
            return kind_of(parent, "")
    return kind


def read_value(kind: str, text: str) -> tuple[str, str, str] | None:
    """Type, canonical value and form of a whole value under a sensitive key; ``None`` if it is no such value after all
    (empty, a word like ``savings`` under ``account``)."""
    if kind == "THING" and text.isdigit() and _ACCOUNT_DIGITS <= len(text) <= _MOST_CHARS:
        kind = "ACCOUNT"  # under ``bank``: longer than any code of a product
    if kind in ("THING", "WARE"):
        return None
    value = text.strip()
    digits = sum(char.isdigit() for char in value)
    if not value or value != text or "⟦" in value or len(value) > 512 or "\n" in value:
        return None
    if kind not in ("DOB", "SECRET") and _MOMENT.fullmatch(value):
        return None
    if kind.startswith("NAME"):
        return _read_name(kind, value)
    if kind == "EMAIL":
        return ("EMAIL", value.lower(), "") if "@" in value and " " not in value else None
    if kind == "PHONE":
        number = renderings.without_extension(value)
        digits = sum(char.isdigit() for char in number)
        return ("PHONE", *renderings.read_phone(value)) if 7 <= digits <= 15 and digits * 2 > len(number) - 2 else None
    if kind in ("PHONE?", "USER?") and (is_handle(value) or (_HANDLE.fullmatch(value) and user_name(value, "", ""))):
        return "USER", value.lower(), ""
    if kind == "USER?":
        return None
    if kind == "PHONE?":
        return (
            ("PHONE", *renderings.read_phone(value)) if _DIALLED.fullmatch(value) and digits <= _MOST_DIALLED else None
        )
    if kind == "PLACE?":
        words = value.lower().replace(",", " ").split()
        return ("PLACE", value.lower(), "") if all(word in places() for word in words) else None
    if kind == "ADDRESS?":
        return ("ADDRESS", address(value), "") if _PLACE_OF_HOUSE.match(value) and digits else None
    if kind == "DOB?":
        read = renderings.read_date(value)
        return ("DOB", read[0].isoformat(), read[1]) if read else None
    if kind == "CARD" and _INDIAN_PAN.fullmatch(value):
        kind = "ID"
    if kind == "AGE":
        return (kind, value, "") if digits == len(value) and _MOST_COMMON_AGE < int(value) <= _OLDEST else None
    if kind == "CARD":
        if digits < 12 or not all(char.isdigit() or char in " -" for char in value):
            return None
        return "CARD", *renderings.read_card(value)
    if kind == "LAST4":
        return ("CARD", value, "last4") if len(value) == 4 and digits == 4 else None
    if kind == "SSN":
        if digits == _SSN_DIGITS:
            return "SSN", *renderings.read_ssn(value)
        kind = "ID"  # the number of another country's citizen
    if kind == "IBAN":
        return ("IBAN", *renderings.read_iban(value)) if digits >= 8 else None
    if kind == "DOB":
        read = renderings.read_date(value)
        return ("DOB", read[0].isoformat(), read[1]) if read else ("DOB", value.lower(), "") if digits >= 1 else None
    if kind in ("ADDRESS", "ADDRESS.any", "STREET", "IP", "USER", "USER@", "PLACE", "SECRET"):
        return _read_plain(kind, value, digits)
    if kind == "PIN":
        kind = "ID"
    if kind == "TOKEN":
        is_mixed = long_secret(value, "", "") or mixed_secret(value, "", "")
        return ("SECRET", value, "") if is_mixed and " " not in value and len(value) >= _TOKEN_CHARS else None
    if kind == "UNIT":
        return (kind, *renderings.read_identifier(value)) if digits and len(value) <= 12 else None
    if kind.startswith("MEMBER"):
        is_login = kind == "MEMBER.user" and digits < _FEW_DIGITS and _LOGIN.fullmatch(value) and value not in NOBODY
        if is_login or user_name(value, "", "") is not None:
            return "USER", value.lower(), ""  # as running text reads it
        kind = "MEMBER"
    if kind == "PLATE":
        return ("VEHICLE", *renderings.read_identifier(value)) if _PLATE.fullmatch(value) else None
    if kind == "LOCATOR":
        return ("RECORD", *renderings.read_identifier(value)) if _LOCATOR.fullmatch(value) else None
    least = 1 if kind in ("VEHICLE", "ZIP") else _FEW_DIGITS
    if _PROSE.search(value) or (kind in ("RECORD", "POLICY") and _WORD_AND_NUMBER.match(value)):
        return None
    least = 0 if kind == "MEMBER" and _OPAQUE.fullmatch(value) else least
    return (kind, *renderings.read_identifier(value)) if digits >= least and len(value) <= _MOST_CHARS else None


def _read_plain(kind: str, value: str, digits: int) -> tuple[str, str, str] | None:
    if kind == "ADDRESS.any":
        return "ADDRESS", address(value), ""
    if kind == "ADDRESS":
        is_whole = digits and " " in value
        return (kind, address(value), "") if is_whole or is_east_asian(value) else None
    if kind == "STREET":
        return ("ADDRESS", address(value), "") if len(value) >= 4 and any(map(str.isalpha, value)) else None
    if kind == "IP":
        return (kind, value.lower(), "") if value.count(".") == 3 or value.count(":") > 1 else None
    if kind == "SECRET":
        return (kind, value, "") if len(value) >= 3 else None
    if kind in ("USER", "USER@"):
        is_told = kind == "USER" or value[0] == "@" or is_handle(value)
        return ("USER", value.lower(), "") if is_told and len(value) >= 3 and " " not in value else None
    return (
        (kind, value.lower(), "")
        if (len(value) >= 3 or is_east_asian(value)) and value.lower() not in _NOWHERE
        else None
    )


def _read_name(kind: str, value: str) -> tuple[str, str, str] | None:
    if kind in ("NAME?number", "NAME?user") and _PERSONS_NUMBER.fullmatch(value) and sum(map(str.isdigit, value)) >= 4:
        return "MEMBER", *renderings.read_identifier(value)
    if kind == "NAME?user" and _LOGIN.fullmatch(value) and value not in NOBODY:
        return "USER", value.lower(), ""
    if (kind == "NAME?handle" and (is_handle(value) or _NUMBERED_HANDLE.fullmatch(value))) or (
        kind == "NAME?" and login_of_a_name(value, "", "")
    ):
        return "USER", value.lower(), ""
    if not any(char.isalpha() for char in value) or len(value) > 80 or any(char.isdigit() for char in value):
        return None
    if kind.startswith("NAME?") and not looks_like_a_person(value):
        of_a_name = _HANDLE.fullmatch(value) and (user_name(value, "", "") or (kind == "NAME?handle" and "." in value))
        if of_a_name or (kind == "NAME?handle" and is_login(value)):
            return "USER", value.lower(), ""
        if kind != "NAME?handle" or not _CAPITALISED.fullmatch(value) or value.lower() in NOBODY | NEVER | NO_NAME:
            return None
    canonical, form = read_name(value)
    part = kind.partition(".")[2]
    if part:
        canonical = " ".join(value.lower().split())
        form = ".".join(token for token in (part, renderings.read_case(value)) if token)
    return "NAME", canonical, form
