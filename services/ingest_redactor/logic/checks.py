"""Validators: what looks like an identifier and is none is left alone."""

import ipaddress

from stdnum import iban as stdnum_iban

_CARD_STARTS = ("2", "3", "4", "5", "6", "8", "9")
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
    return 13 <= len(digits) <= 19 and digits[0] in _CARD_STARTS and len(set(digits)) > 1 and luhn(digits)


def ssn(digits: str) -> bool:
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return len(digits) == 9 and area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def npi(digits: str) -> bool:
    return len(digits) == 10 and digits[0] in "12" and luhn(digits, _PAYLOAD_80840)


def iban(text: str) -> bool:
    compact = text.replace(" ", "")
    return len(compact) >= 15 and bool(stdnum_iban.is_valid(compact, check_country=False))


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
