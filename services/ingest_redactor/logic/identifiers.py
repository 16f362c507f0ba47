"""The eighteen identifiers of HIPAA's safe harbour (45 CFR 164.514(b)(2)): how each is found, and in which profile it goes.

``hipaa`` hides all that text can carry. ``pii``, the default, leaves bare towns, dates, ages, postal codes, facilities and
plain web addresses, which tie to nobody by themselves; beside a street, a birth or a person's fields they go there too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identifier:
    """``types`` are the placeholders' types; none: text cannot carry it, and content that is not text is refused."""

    number: str
    what: str
    types: tuple[str, ...]
    in_pii: tuple[str, ...]
    """Of the types, those that the narrow profile hides wherever they stand."""
    found_by: str


HIPAA_IDENTIFIERS: tuple[Identifier, ...] = (
    Identifier(
        "A",
        "names",
        ("NAME", "USER"),
        ("NAME", "USER"),
        "tagger, titles, kin, in lower case by the words around them and an English word list, logins and handles, keys",
    ),
    Identifier(
        "B",
        "places smaller than a state",
        ("ADDRESS", "UNIT", "PLACE", "ZIP"),
        ("ADDRESS", "UNIT"),
        "street patterns with number and kind, the town and code after them, tagger for towns, facility words, keys",
    ),
    Identifier(
        "C",
        "dates except the year, ages over 89",
        ("DOB", "DATE", "AGE"),
        ("DOB",),
        "calendar-checked patterns, day and month alone, announced birth dates, also in words, ages with their unit, keys",
    ),
    Identifier(
        "D", "telephone numbers", ("PHONE",), ("PHONE",), "national and international shapes, announcing words, keys"
    ),
    Identifier("E", "fax numbers", ("PHONE",), ("PHONE",), "as telephone numbers"),
    Identifier("F", "mail addresses", ("EMAIL",), ("EMAIL",), "pattern, also URL-encoded; keys"),
    Identifier("G", "social security numbers", ("SSN",), ("SSN",), "areas and groups, announcing words, keys"),
    Identifier("H", "medical record numbers", ("RECORD",), ("RECORD",), "announcing words within 40 characters, keys"),
    Identifier(
        "I", "health plan beneficiary numbers", ("MEMBER", "POLICY"), ("MEMBER", "POLICY"), "announcing words, keys"
    ),
    Identifier(
        "J",
        "account numbers",
        ("ACCOUNT", "CARD", "IBAN"),
        ("ACCOUNT", "CARD", "IBAN"),
        "announcing words, Luhn, check by 97, keys",
    ),
    Identifier(
        "K",
        "certificate and licence numbers",
        ("LICENCE", "NPI", "PASSPORT"),
        ("LICENCE", "NPI", "PASSPORT"),
        "announcing words, Luhn of NPI, keys",
    ),
    Identifier(
        "L", "vehicle identifiers, plates", ("VEHICLE",), ("VEHICLE",), "check digit of a VIN, announcing words, keys"
    ),
    Identifier(
        "M", "device identifiers", ("DEVICE",), ("DEVICE",), "announcing words (serial, IMEI, UDI), MAC addresses, keys"
    ),
    Identifier(
        "N", "web addresses", ("URL", "SECRET"), ("SECRET",), "scheme or www; credentials inside in both profiles"
    ),
    Identifier("O", "IP addresses", ("IP",), ("IP",), "pattern checked as an address; loopback and versions stay"),
    Identifier("P", "biometric identifiers", (), (), "content that is not text is refused"),
    Identifier("Q", "full-face photographs", (), (), "content that is not text is refused"),
    Identifier(
        "R",
        "any other unique number",
        ("ID", "TAX_ID"),
        ("ID", "TAX_ID"),
        "announcing words (national, tax and voter ids, PINs, codes of doors), check digits, keys",
    ),
)
