"""Names that people type in lower case: told by the words around them, and by being no word of the language."""

import pytest

from services.ingest_redactor.logic.names.english import is_slip, is_word
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("my name is zubeqa ornvik and I wait", "my name is ⟦NAME_1:lower⟧ and I wait"),
        ("my names zubeqa ornvik, acct", "my names ⟦NAME_1:lower⟧, acct"),
        ("fname: zu-beqa lname: trần-orn ok", "fname: ⟦NAME_1:first.lower⟧ lname: ⟦NAME_2:first.lower⟧ ok"),
        ("hey its zubeqa, can i move it?", "hey its ⟦NAME_1:first.lower⟧, can i move it?"),
        ("this is zubeqa ornvik calling", "this is ⟦NAME_1:lower⟧ calling"),
        ("me llamo zubeqa ornvik", "me llamo ⟦NAME_1:lower⟧"),
        ("tell zubeqa her badge is ready", "tell ⟦NAME_1:first.lower⟧ her badge is ready"),
        ("failover done. thx zubeqa. next", "failover done. thx ⟦NAME_1:first.lower⟧. next"),
        ("regards zubeqa", "regards ⟦NAME_1:first.lower⟧"),
        ("refund asap. zubeqa ornvik, z.o@mail.example", "refund asap. ⟦NAME_1:lower⟧, ⟦EMAIL_1⟧"),
        ("ask dr ornvik about it", "ask dr ⟦NAME_1:last.lower⟧ about it"),
        ("dr. zubeqa al ornvik signed", "dr. ⟦NAME_1:lower⟧ signed"),
        ("my husband zubeq is home", "my husband ⟦NAME_1:first.lower⟧ is home"),
        ("odbierze moj maz zubeq.", "odbierze moj maz ⟦NAME_1:first.lower⟧."),
        ("My husband Zubeq might pick up", "My husband ⟦NAME_1:first⟧ might pick up"),
    ],
)
def test_a_name_is_found(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "this is urgnt, please", "i'm frustated and tired", "tell kubectl to wait", "my name is on the list",
        "name the largest river", "ask support about it", "thx so much", "my wife says it works", "it's brokn",
        "dr appointment on monday", "my mom called twice", "My friend Google told me",
    ],
)  # fmt: skip
def test_words_and_slips_stay(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text


def test_a_known_name_is_found_in_lower_case_too() -> None:
    redacted, _ = REDACTOR.redact_text("Contact: Zubeqa Ornvik, zo@mail.example. Then ornvik wrote that zubeqa left.")
    assert redacted == "Contact: ⟦NAME_1⟧, ⟦EMAIL_1⟧. Then ⟦NAME_1:last.lower⟧ wrote that ⟦NAME_1:first.lower⟧ left."


@pytest.mark.parametrize("word", ["walk", "walked", "studies", "stopping", "nicely", "grace", "thx", "kubectl"])
def test_words_of_the_language_of_talk_and_of_tools(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize(("word", "slip"), [
    ("urgnt", True), ("rediculous", True), ("tommorrow", True), ("freind", True), ("refudn", True), ("seperate", True), ("hamid", False), ("zubeqa", False), ("okvnara", False),
    ("a" * 40, False),
])  # fmt: skip
def test_slips_of_the_finger(word: str, slip: bool) -> None:
    assert not is_word(word)
    assert is_slip(word) == slip
