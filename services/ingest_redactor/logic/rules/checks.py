"""Validators: what looks like an identifier and is none is left alone."""

import ipaddress

_CARD_STARTS = ("1", "2", "3", "4", "5", "6", "8", "9")
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PAYLOAD_80840 = 24
"""Luhn total of the prefix 80840 that precedes a National Provider Identifier."""


def luhn(digits: str, start: int = 0) -> bool:
    total = start
    for position, char in enumerate(reversed(digits)):
        value = ord(char) - 48
        if position % 2:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0


def card(digits: str) -> bool:
    """Luhn's digit, and a length that an issuer with this start uses."""
    if len(set(digits)) == 1 or digits[0] not in _CARD_STARTS or not luhn(digits):
        return False
    if len(digits) == 12:
        return digits[:2] in ("50", "56", "57", "58", "63", "67", "60")
    return 13 <= len(digits) <= 19


def ssn(digits: str) -> bool:
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return len(digits) == 9 and area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def npi(digits: str) -> bool:
    return len(digits) == 10 and digits[0] in "12" and luhn(digits, _PAYLOAD_80840)


def iban(text: str) -> bool:
    """The check by 97; lengths by country are not held against a number that passes it."""
    compact = text.replace(" ", "").upper()
    if not 15 <= len(compact) <= 34 or not compact.isascii():
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def vin(text: str) -> bool:
    """The check digit of North American vehicle numbers, in place nine."""
    total = sum((int(c) if c.isdigit() else _VIN_VALUES[c]) * w for c, w in zip(text, _VIN_WEIGHTS, strict=True))
    return text[8] == "0123456789X"[total % 11]


def ip_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def phone(digits: str, international: bool) -> bool:
    if international:
        return 8 <= len(digits) <= 15
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(national) == 10 and national[0] in "23456789" and national[3] in "23456789"
