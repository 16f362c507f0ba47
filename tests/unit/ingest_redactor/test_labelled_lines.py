"""Lines of the shape ``label: value`` are read by the table of keys, in any language that it knows."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        ("Kundennummer: AC-206057", "Kundennummer: ⟦MEMBER_1:pAA-999999⟧"),
        ("Nascimento: 15.01.1957", "Nascimento: ⟦DOB_1:dot⟧"),
        ("**Geb. am:** 15.01.1957", "**Geb. am:** ⟦DOB_1:dot⟧"),
        ("Teléfono: 03 26 73 77 9", "Teléfono: ⟦PHONE_1⟧"),
        ("customer name: zub quill, order not delivered", "customer name: ⟦NAME_1:lower⟧, order not delivered"),
        ("Straße: Am Tor 5", "Straße: ⟦ADDRESS_1⟧"),
        ("Dirección: Vexa 2a/0", "Dirección: ⟦ADDRESS_1⟧"),
        ("User ID: 40213", "User ID: ⟦MEMBER_1:d5⟧"),
        ("PNR: K7XQ2M", "PNR: ⟦RECORD_1:pA9AA9A⟧"),
        ("Reported by: Shanice", "Reported by: ⟦NAME_1:first⟧"),
        ("Customer: 4471882", "Customer: ⟦MEMBER_1:d7⟧"),
        ("CONSIGNEE: TREMAINE BOUDREAUX", "CONSIGNEE: ⟦NAME_1:upper⟧"),
        ("Member No..... WX 7730 2281 94", "Member No..... ⟦MEMBER_1:pAA_9999_9999_99⟧"),
        ("Mobil: 0160/5550 4418", "Mobil: ⟦PHONE_1⟧"),
        ("- passport no: OBG157413 (valid)", "- passport no: ⟦PASSPORT_1:pAAA999999⟧ (valid)"),
    ],
)
def test_the_label_says_what_the_value_is(line: str, redacted: str) -> None:
    text, _ = REDACTOR.redact_text(f"Result\n{line}\nDone")
    assert text == f"Result\n{redacted}\nDone"
    assert REDACTOR.redact_text(text)[0] == text


@pytest.mark.parametrize(
    "line",
    [
        "account: savings since 2019 or so", "Line 1: add 3 eggs to it", "customer name: unknown", "Phone: see the notes",
        "Note: 4306697495", "policy: v2.1", "name: build project", "Address: to be told",
        "CONSIGNEE: SEA FREIGHT LTL", "Loading..... 4471882 items",
        "registration: 2025-01-01", "User ID: none", "Reported by: Automation",
    ],
)  # fmt: skip
def test_a_value_that_is_none_stays(line: str) -> None:
    assert REDACTOR.redact_text(f"Result\n{line}\nDone")[0] == f"Result\n{line}\nDone"
