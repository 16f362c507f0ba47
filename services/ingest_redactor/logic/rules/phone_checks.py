"""What confirms that digits are a phone number: how many there are, what stands around them, and that they are no date."""

from services.ingest_redactor.logic.rules import checks
from services.ingest_redactor.logic.rules.confirm import Found, stands_alone
from shared.prompting import renderings


def _is_of_wares(before: str) -> bool:
    """The number is that of a product."""
    return before.rstrip(" :#=\"'").upper().endswith(("NDC", "ISBN", "SKU", "NDC IS"))


def international(value: str, before: str, after: str) -> Found | None:
    number = renderings.without_extension(value)
    if number.startswith("00"):
        if number[2] == "0" or before.rstrip(" ")[-1:].isdigit() or _is_of_wares(before):
            return None  # no country's code, or groups of a longer number
        number = "+" + number[2:]
    if not stands_alone(before, after) or not checks.phone(renderings.digits_of(number), number.startswith("+")):
        return None
    return Found(*renderings.read_phone(value))


def grouped(value: str, before: str, after: str) -> Found | None:
    """National numbers elsewhere: a leading zero and groups."""
    digits = renderings.digits_of(value)
    if before.rstrip(" ")[-1:].isdigit() or after.lstrip(" ")[:1].isdigit():
        return None  # groups of a longer number
    if _is_of_wares(before):
        return None
    if not stands_alone(before, after) or not 9 <= len(digits) <= 12 or renderings.read_date(value):
        return None
    return Found(*renderings.read_phone(value))


def beside_mail(value: str, before: str, after: str) -> Found | None:
    """A row of contacts: digits alone tell no phone, beside a mail address they do."""
    if not stands_alone(before, after) or ("@" not in before and "@" not in after):
        return None
    return Found(*renderings.read_phone(value))


def in_a_query(value: str, _before: str, _after: str) -> Found | None:
    return Found(*renderings.read_phone(value))


def spaced(value: str, before: str, after: str) -> Found | None:
    digits = renderings.digits_of(value)
    if not 8 <= len(digits) <= 12 or not stands_alone(before[-1:], after[:1]) or renderings.read_date(value):
        return None
    return None if checks.luhn(digits) and len(digits) == 12 else Found(*renderings.read_phone(value))


def after_words(value: str, before: str, after: str) -> Found | None:
    digits = renderings.digits_of(renderings.without_extension(value))
    if not 7 <= len(digits) <= 15 or not stands_alone(before[-1:], after[:1]):
        return None
    return None if renderings.read_date(value) else Found(*renderings.read_phone(value))
