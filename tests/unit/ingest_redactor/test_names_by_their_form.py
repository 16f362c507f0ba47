"""Names told by initials, by the order of registers, by what stands behind them."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW, WIDE = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Advisor D. Zubculangan must release it.", "Advisor ⟦NAME_1⟧ must release it."),
        ("Seen by L.H. Weeks.", "Seen by ⟦NAME_1⟧."),
        ("with Lisa A. Pierce, who now works", "with ⟦NAME_1⟧, who now works"),
        ("I'm Salma A., reach me", "I'm ⟦NAME_1⟧., reach me"),
        ("my son Randy P. Hall, born", "my son ⟦NAME_1⟧, born"),
        ("1.ZUBALOHA ZUBONI MR  2.", "1.⟦NAME_1:upper⟧ MR  2."),
        ("9:30  Zubonga, Zubalyn  chart", "9:30  ⟦NAME_1⟧  chart"),
        ("for Zubmac McZubhinney, DOB", "for ⟦NAME_1⟧, DOB"),
        ("name: Zubisiwe du Zubessis, mobile", "name: ⟦NAME_1⟧, mobile"),
        ("refill for tom parker, please", "refill for ⟦NAME_1:lower⟧, please"),
        ("hi claire it is me", "hi ⟦NAME_1:first.lower⟧ it is me"),
        ("478 LEE/NURUL IZZAH MRS", "478 ⟦NAME_1:upper⟧ MRS"),
    ],
)
def test_a_name_is_found_whole(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "the U.S. Army",
        "vitamin D. Then rest",
        "plan B. Call them",
        "E. coli grew",
        "tell tom may is fine",
        "a J. Crew coat",
    ],
)
def test_an_initial_alone_tells_nobody(text: str) -> None:
    redacted = NARROW.redact_text(text)[0]
    assert redacted.split()[-1] == text.split()[-1]


def test_eastern_names_keep_their_short_last_names() -> None:
    assert NARROW.redact_text("Visit of Jianguo Xu and Park Soo-ah today")[0].count("⟦NAME") == 2
    assert "Park" not in NARROW.redact_text("Visit of Park Soo-ah today")[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("call her at 0803 555 0142.", "call her at"), ("phone 0 (532) 129 88 56 first", "phone first"),
        ("the driver calls 712-671-122 first", "the driver calls first"), ("dob should be 2/4/72", "dob should be"),
        ("Maria confirmed 1959-02-12 as her date of birth.", "confirmed as her date of birth."),
        ("Geburtsdaten: 13.06.1988 und 20.11.1996.", "Geburtsdaten: und"), ("user is zub.eq@mail.example", "user is"),
    ],
)  # fmt: skip
def test_numbers_and_dates_that_words_around_them_tell(text: str, left: str) -> None:
    redacted = NARROW.redact_text(text)[0]
    assert " ".join(word for word in redacted.split() if "⟦" not in word) == left, redacted


@pytest.mark.parametrize(
    "value",
    [
        "JL/76808/22", "E601-54162-YX", "(01)01736476582901(21)MF278897", "8JE0 FH2 JX56", "4821 5633 4484 6461",
        "Flathead County", "our lady of the zub rmc", "UPMC Zubtoona", "portal.zubhollow.example.com/msg/391707", "DEMIR, Zubuf",
    ],
)  # fmt: skip
def test_the_wide_profile_takes(value: str) -> None:
    assert not set(value.split()) & set(WIDE.redact_text(f"Noted: {value}, as told.")[0].replace(",", " ").split())
