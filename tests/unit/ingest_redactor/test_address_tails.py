"""What belongs to an address beside its street, in the order of many countries; nothing of it stays."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("271 Ngo Zubyen Street, Hoan Zub District, Zubnoi 100000", ""),
        ("1001 Zubjing West Road, Zub'an District, Zubhai 200041, China", "China"),
        ("Room 806, Building 12, 472 Zubhe North Road, Zubhe District, Zubzhou 510620", ""),
        ("Plot 188 Zubdeola Street, Zub Island, Zubagos 101241", ""),
        ("229 Zubheran-ro, Zubnam-gu, Zubeoul 06133", ""),
        ("Yeni Mahalle Zubhuriyet Bulvarı No:13 D:18, 16010 Zubgazi/Zubursa", ""),
        ("os. Zubneczne 94, 31-147 Zubków", ""),
        ("95 bis avenue Jean Zubrès, 67000 Zubourg", ""),
        ("Avenida Zublista, 44, Zubema, Rio de Zubeiro - RJ, 22410-015", "RJ"),
        ("Via San Zubo 16, 40121 Zubogna (BO)", "BO"),
        ("Calle 60 1123, Col. Zubicana, 44160 Zubajara, Jal.", "Jal"),
        ("18/124 Zub Street, Zubantle WA 6160", "WA"),
        ("47 Zub Road, Zubington NSW 2029", "NSW"),
        ("63 Zubmoneen Road, Zubhide, Co. Zublin, K36 E5F9", ""),
        ("1058 Zubapest, Zubci út 54", ""),
        ("5-7-5-263 Zubeda, Zubita-ku, Zubaka 530-0006", ""),
        ("Carrera 7 # 260-25, Zubali", ""),
        ("1A-8, Jalan Zub 2/24, 50108 Zubala Zubpur", ""),
        ("Calle Zub 27, 28004 Zubrid", ""),
        ("7039 ZUBSPUR WAY\n          ZUBLAND, OR 97231", "OR"),
        ("88 Zub Ln Zubart TAS 7059", "TAS"),
        ("394 Zubmore Trl, Unit 3D Zubland, Oregon 97318", "Oregon"),
        ("9279 county road 218 ste 179, zubville il 60508", "il"),
    ],
)
def test_of_an_address_only_state_and_country_stay(address: str, left: str) -> None:
    redacted, _ = NARROW.redact_text(f"He lives at {address}")
    without = redacted.removeprefix("He lives at")
    words = [word.strip("().,#") for word in without.split() if "⟦" not in word and word.strip("().,#-")]
    assert words == ([left] if left else []), redacted


@pytest.mark.parametrize(
    "text",
    [
        "12 Zub Street, order 123456 is late", "In 2024, Zub Street was closed", "open 9 to 5, Zub Road is long",
        "We met at the Zub Centre, room 4, at 3 pm", "Flight to Zubona, 2029 seats",
    ],
)  # fmt: skip
def test_what_follows_a_street_is_not_always_of_it(text: str) -> None:
    redacted, _ = NARROW.redact_text(text)
    assert "⟦ZIP" not in redacted and "⟦PLACE" not in redacted
    assert text.rpartition(" ")[2] in redacted


def test_a_street_begins_with_its_last_number() -> None:
    assert NARROW.redact_text("Medicare 6/1, of 128 Zub Drive, Zubarat VIC 3350")[0].startswith(
        "Medicare 6/1, of ⟦ADDRESS_1⟧,"
    )
