"""Messages of hospitals, insurers and airlines: fields without names."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


def test_hl7_segments() -> None:
    text = (
        "MSH|^~\\&|LAB|ZH\n"
        "PID|1||7733018^^^ZSH^MR||ORNVIK^ZUBEQA^G||19630811|F|||12 Oak St^^Glendale^CA^91204||^PRN^PH^^1^818^5550152\n"
        "NK1|1|ORNVIK^BABZUB|SPO||2185550152\nPV1||I|ICU||||1902^VEXORN^QUILLA\nOBX|1|NM|2823-3||4.1"
    )
    redacted, counts = REDACTOR.redact_text(text)
    for value in ("7733018", "ORNVIK", "ZUBEQA", "19630811", "BABZUB", "2185550152", "VEXORN", "QUILLA"):
        assert value not in redacted
    assert "OBX|1|NM|2823-3||4.1" in redacted
    assert redacted.count("⟦NAME_1:last.upper⟧") == 1
    assert counts["NAME"] == 3


def test_who_ordered_a_test() -> None:
    text = "ORC|RE|L687905|||||||||1902^VEXORN^QUILLA\nOBR|1|L687905||2345-7^GLUCOSE^LN||||||||||||1177^ORNVÍK^ZUBEQÁ^^^^MD\n"
    redacted, counts = REDACTOR.redact_text(text)
    assert counts["NAME"] == 2
    assert not any(value in redacted for value in ("VEXORN", "QUILLA", "ORNVÍK", "ZUBEQÁ"))
    assert "2345-7^GLUCOSE^LN" in redacted


def test_a_patient_s_number_in_a_payment() -> None:
    assert REDACTOR.redact_text("CLP*PT754979*4*274.74*0**12~NM1*QC*1*ORNVIK*ZUBEQA~")[0].startswith("CLP*⟦RECORD_1")


def test_x12_segments() -> None:
    text = (
        "NM1*IL*1*ORNVIK*ZUBEQA*R***MI*W8810425507~\nN3*2280 ALTURA PL~\nDMG*D8*19630519*M~\n"
        "PER*IC*ZUBEQA ORNVIK*TE*8055550131~\nNM1*PR*2*ACME HEALTH*****PI*87726~\nSVC*HC:99213*120~"
    )
    redacted, _ = REDACTOR.redact_text(text)
    for value in ("ORNVIK", "ZUBEQA", "W8810425507", "2280", "19630519", "8055550131"):
        assert value not in redacted
    assert "NM1*PR*2*ACME HEALTH*****PI*87726~\nSVC*HC:99213*120~" in redacted


@pytest.mark.parametrize(
    "text",
    [
        "SSR DOCS TP HK1 P/PRT/CB774120/PRT/12JUN71/M/28FEB29/ORNVIK/ZUBEQA",
        "SSR DOCS TP HK1 P/PRT/CB774120/PRT/12JUN71/M/28FEB29\n  6 SSR SEAT",
    ],
)
def test_an_airlines_request(text: str) -> None:
    redacted, _ = REDACTOR.redact_text(text)
    for value in ("CB774120", "12JUN71", "ORNVIK", "ZUBEQA"):
        assert value not in redacted
    assert "DOCS TP HK1 P/PRT/" in redacted


def test_contacts_of_a_booking() -> None:
    assert REDACTOR.redact_text("CTCM 4740555182\nFQTV SK HK1/SK883021764")[0] == (
        "CTCM ⟦PHONE_1:digits⟧\nFQTV SK HK1/⟦MEMBER_1:pAA999999999⟧"
    )


@pytest.mark.parametrize("text", ["a | b ^ c", "x * NM1* y", "DOCS are here", "PID|", "cost 3*4*5~"])
def test_other_text_stays(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text
