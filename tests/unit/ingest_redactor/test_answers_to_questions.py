"""What a text asks for says what the next one is; what stands right after a name belongs to the person."""

import json

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer, ChatMessage, Request

REDACTOR = Redactor(Scanner("pii"))


def reply(question: str, answer: str) -> str | None:
    messages = (ChatMessage(role="assistant", content=question), ChatMessage(role="user", content=answer))
    return REDACTOR.redact(Request(messages=messages), None).request.messages[1].content


@pytest.mark.parametrize(
    ("question", "answer", "redacted"),
    [
        ("Thanks. And your date of birth?", "July 3, 1950", "⟦DOB_1⟧"),
        ("Please provide your phone number.", "It's 884 8099.", "It's ⟦PHONE_1:short⟧."),
        ("May I have your last name?", "Vexworth", "⟦NAME_1:first⟧"),
        ("What is the account number?", "Sure, 44170921", "Sure, ⟦ACCOUNT_1⟧"),
        ("And your full name?", "grace oyekan", "⟦NAME_1:lower⟧"),
        ("Your date of birth and phone?", "sure 3/17/69, cell's 415-555-2671", "sure ⟦DOB_1:mdy2⟧, cell's ⟦PHONE_1⟧"),
        ("What is your date of birth and postcode?", "9 February 1969, BN7 2AD", "⟦DOB_1⟧"),
        (
            "Your birthday, please?",
            "Of course. Before that, is this call recorded, and for how long? Well, it was October 13, '74, so please go on",
            "Of course. Before that, is this call recorded, and for how long? Well, it was ⟦DOB_1:named2⟧, so please go on",
        ),
    ],
)
def test_an_answer_is_what_was_asked_for(question: str, answer: str, redacted: str) -> None:
    found = reply(question, answer)
    assert found == redacted
    assert reply(question, redacted) == redacted


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("May I have your full name?", "not now, thanks"),
        ("Your account number?", "I lost it"),
        ("Which color do you like?", "44170921"),
        ("Your phone number is saved", "884 8099"),
    ],
)
def test_what_answers_nothing_stays(question: str, answer: str) -> None:
    assert reply(question, answer) == answer


def test_who_speaks_may_stand_between_question_and_answer() -> None:
    talk = [{"speaker": "agent", "text": "Your date of birth?"}, {"speaker": "customer", "text": "July 3, 1950"}]
    answer = REDACTOR.redact(Request(), Answer(content=json.dumps(talk, ensure_ascii=False))).answer
    assert answer is not None and "1950" not in (answer.content or "")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Maria Garcia - 502 871 311", "⟦NAME_1⟧ - ⟦PHONE_1⟧"),
        ("Maria Garcia, Calzada Vexa 27, Toledo", "⟦NAME_1⟧, ⟦ADDRESS_1⟧, ⟦PLACE_1⟧"),
        ("Maria Garcia, 10, Vexa Chowky, Toledo", "⟦NAME_1⟧, ⟦ADDRESS_1⟧, ⟦PLACE_1⟧"),
        ("Failing row (42, maria@example.com, 1940-05-17, null)", "Failing row (42, ⟦EMAIL_1⟧, ⟦DOB_1:iso⟧, null)"),
        ("Maria Garcia, March 12, 2026, is booked", "⟦NAME_1⟧, March 12, 2026, is booked"),
        ("Maria Garcia, 2026-03-02 14:00, is booked", "⟦NAME_1⟧, 2026-03-02 14:00, is booked"),
        ("Maria Garcia - 02.03.26 10 am", "⟦NAME_1⟧ - 02.03.26 10 am"),
        ("Maria Garcia: 12 boxes, Blue", "⟦NAME_1⟧: 12 boxes, Blue"),
    ],
)
def test_what_stands_right_after_a_name(text: str, left: str) -> None:
    assert REDACTOR.redact_text(text)[0] == left
    assert REDACTOR.redact_text(left)[0] == left
