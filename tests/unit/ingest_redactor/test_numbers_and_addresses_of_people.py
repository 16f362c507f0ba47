"""Numbers and addresses of people under whatever name and in whatever shape, and what only resembles them."""

import json

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer, ChatMessage, Request

NARROW, WIDE = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("E-mail and postcode? ann@mail.example & 27725", "E-mail and postcode? ⟦EMAIL_1⟧ & ⟦ZIP_1:d5⟧"),
        ("at 822 County Road 218 Apt 2M, please", "at ⟦ADDRESS_1⟧ ⟦UNIT_1:Apt.p9A⟧, please"),
        ("drop it at 421 Toa Zubeh Lorong 4, #06-1180, S(776421)", "drop it at ⟦ADDRESS_1⟧"),
        ("to Flat C-1079, Zubige Enclave, Zubali Nagar, Jaipur - 302068", "to ⟦ADDRESS_1⟧"),
        ("next door at Plot No. 44, Zubanti Apartments, moved", "next door at ⟦ADDRESS_1⟧, moved"),
        ("The Old Forge, Church Street, Ludlow SY8 1AP is it", "⟦ADDRESS_1⟧ is it"),
        ("&destination=173+Zubfort+St,+Mount+Zubley&z=1", "&destination=⟦ADDRESS_1⟧&z=1"),
        ("I live at thirty five sixty seven ocotillo trail", "I live at ⟦ADDRESS_1⟧"),
        ("the post code is s a one six e x", "the post code is ⟦ZIP_1⟧"),
        ("My UHID is AH.9538936.", "My UHID is ⟦RECORD_1:x9⟧."),
        ("his prison number is A1362UB", "his prison number is ⟦MEMBER_1:pA9999AA⟧"),
        ("the ID on the card says 2 7248 00403 0425", "the ID on the card says ⟦ID_1:p9_9999_99999_9999⟧"),
        (
            "the Key (employee_no)=(449825) already exists.",
            "the Key (employee_no)=(⟦MEMBER_1:d6⟧) already exists.",
        ),
        ("I am Min-jun Zubuda (U63254810)", "I am ⟦NAME_1⟧ (⟦MEMBER_1:pA99999999⟧)"),
        ("case no. 2:24-cv-02950 is hers", "case no. ⟦RECORD_1:x11⟧ is hers"),
        ("autopay from checking 291349493", "autopay from checking ⟦ACCOUNT_1:d9⟧"),
        ("her date of birth for the form is March 19th, 1983", "her date of birth for the form is ⟦DOB_1⟧"),
        ("my birthday is january twenty-fifth two thousand one", "my birthday is ⟦DOB_1:part⟧"),
        ("Ana Zubilva (28 de maio de 1969) vem", "⟦NAME_1⟧ (⟦DOB_1:part⟧) vem"),
        ("login creds -> blueHeron#1909x", "login creds -> ⟦SECRET_1⟧"),
        ("ann@mail.example / Winter$1967x", "⟦EMAIL_1⟧ / ⟦SECRET_1⟧"),
        ("bastion sudo: ywu29 : TTY=pts/0 ; USER=root", "bastion sudo: ⟦USER_1⟧ : TTY=pts/0 ; USER=root"),
        ("db:\n  user: tkowalczyk\n  password: x", "db:\n  user: ⟦USER_1⟧\n  password: x"),
        ("[09:02] hazel: who has it", "[09:02] ⟦NAME_1:first.lower⟧: who has it"),
        ("Ex-husband Chih-Wei Zhao stopped", "Ex-husband ⟦NAME_1⟧ stopped"),
        ("my name is mark how can i help", "my name is ⟦NAME_1:first.lower⟧ how can i help"),
        (
            "ADR;TYPE=HOME:;;20 Elmfield Close;Reading;;RG1 4ZZ;UK",
            "ADR;TYPE=HOME:;;⟦ADDRESS_1⟧;⟦PLACE_1⟧;;⟦ZIP_1:pAA9_9AA⟧;UK",
        ),
    ],
)
def test_it_is_found(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Max tool calls: 8. Max 120 words.", "open 09:00-17:30 for every member", "NDC 00138-1074-11, 30 tablets",
        "ADR-0012: use one log; it is simpler; see below; done", "jane's team / Winter2024", "a one way street",
        "there are 7467 candidates", "Case 00123456 is open", "invoice FA-2025-1075 is paid", '["route", "text"]',
        "it takes two hours of the long way", ],
)  # fmt: skip
def test_it_stays(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("told me on Halloween, then", "told me on ⟦DATE_1⟧, then"),
        ("moved there in April, and", "moved there in ⟦DATE_1⟧, and"),
        ("ANC drawn 11/12, continue", "ANC drawn ⟦DATE_1:npart⟧, continue"),
        ("within 20 miles of 93727.", "within 20 miles of ⟦ZIP_1:d5⟧."),
    ],
)
def test_days_and_places_as_clinicians_tell_them(text: str, redacted: str) -> None:
    assert WIDE.redact_text(text)[0] == redacted


def _told(tool: str, answer: str) -> str:
    request = Request(messages=(ChatMessage(role="tool", content=tool),))
    redacted = NARROW.redact(request, Answer(content=answer)).answer
    assert redacted is not None
    return redacted.content or ""


def test_a_known_code_goes_whole_though_a_part_of_it_reads_as_a_number() -> None:
    assert _told('{"patient_no": "95545.05"}', "Patient 95545.05 was called.") == "Patient ⟦MEMBER_1:x7⟧ was called."


def test_a_known_code_does_not_cut_a_longer_one() -> None:
    told = _told('{"member_no": "12-345", "policy_no": "12-345-678"}', "policy 12-345-678 it is")
    assert "345" not in told
    assert "678" not in told


def test_four_digits_that_are_known_count_after_a_word_that_says_so() -> None:
    assert _told('{"candidateNo": "7467"}', "candidate 7467, room 7467 B") == "candidate ⟦MEMBER_1:d4⟧, room 7467 B"


def test_parts_of_an_address_are_told_by_their_keys() -> None:
    components = [{"long_name": "Zubill Pond Ln", "short_name": "Zubill Pond Ln", "types": ["route"]}]
    value = {
        "name": "Ann Zubeq",
        "email": "ann@mail.example",
        "line1": "12 Oak Street",
        "line2": "Zuboring Canal",
        "post_town": "LEEDS",
        "parts": components,
    }
    shown = json.loads(NARROW.redact_text(json.dumps(value))[0])
    assert shown["line2"].startswith("⟦ADDRESS_")
    assert shown["post_town"].startswith("⟦PLACE_")
    assert shown["parts"][0]["long_name"].startswith("⟦ADDRESS_")
