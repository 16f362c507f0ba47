"""Numbers that states give out are told by shape and check digits; the same number with one digit changed is left alone."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.rules.national import is_national_number
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        ("2 95 10 99 126 111 93", "2 95 10 99 126 111 94"),
        ("54362315K", "54362315A"),
        ("X-2482300W", "X-2482300A"),
        ("880320-0016", "880320-0017"),
        ("131052-308T", "131052-308U"),
        ("756.9217.0769.85", "756.9217.0769.84"),
        ("390.533.447-05", "390.533.447-06"),
        ("12.531.909-2", "12.531.909-3"),
        ("BOXW310820HNERXN09", "BOXW310820HNERXN08"),
        ("2341 2341 2346", "2341 2341 2347"),
    ],
)
def test_a_number_counts_only_with_its_check_digits(number: str, wrong: str) -> None:
    assert is_national_number(number)
    assert not is_national_number(wrong)
    assert REDACTOR.redact_text(f"he gave {number} and left")[1] == {"ID": 1}


@pytest.mark.parametrize("text", ["lot 880399-0016 is here", "part 54362315-KX4", "see 12.531.909-22"])
def test_what_only_has_the_shape_stays(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text


def test_a_phone_is_a_phone_whose_last_digits_pass_a_check() -> None:
    assert REDACTOR.redact_text("ring +1 943 476 5919 at noon")[1] == {"PHONE": 1}
