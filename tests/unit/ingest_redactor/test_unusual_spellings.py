"""Mail addresses in words, names as airlines write them, names in lower case, handles after a role."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("write me at zub.quill [at] example [dot] org, please", "write me at ⟦EMAIL_1⟧, please"),
        ("zub_quill(at)example(dot)co.uk", "⟦EMAIL_1⟧"),
        ("zub.quill at example dot com", "⟦EMAIL_1⟧"),
        ("zub dot quill at example dot com", "⟦EMAIL_1⟧"),
        ("ring 4 1 5, 5 5 5, 2 6 7 1 after six", "ring ⟦PHONE_1⟧ after six"),
        ("Greta, that's Z-U-B", "⟦NAME_1:first⟧, that's ⟦NAME_2:first.upper⟧"),
        ("Greta Quill's DOB is 26-08-1954", "⟦NAME_1⟧'s DOB is ⟦DOB_1:ddash⟧"),
        ("Passengers: Greta Quill (26-08-1954)", "Passengers: ⟦NAME_1⟧ (⟦DOB_1:ddash⟧)"),
        ("a birthday discount? mine is October 13, '74", "a birthday discount? mine is ⟦DOB_1:named2⟧"),
        ("She was born on 24 July '83.", "She was born on ⟦DOB_1:text2⟧."),
        ("the meeting on 26-08-2023", "the meeting on 26-08-2023"),
        ("Boarding: QUILL/GRETA seat 12F", "Boarding: ⟦NAME_1:upper⟧ seat 12F"),
        ("1.QUILL/ZUBBA MRS", "1.⟦NAME_1:upper⟧ MRS"),
        ("my name is vexa orn and I wait", "my name is ⟦NAME_1:lower⟧ and I wait"),
        ("hi im greta quill i need help", "hi im ⟦NAME_1:lower⟧ i need help"),
        ("call greta back", "call ⟦NAME_1:first.lower⟧ back"),
        ("hi dr rodriguez it still hurts", "hi dr ⟦NAME_1:last.lower⟧ it still hurts"),
        ("my husband paolo was home", "my husband ⟦NAME_1:first.lower⟧ was home"),
        ("Zubeon, 4yo, fever", "⟦NAME_1:first⟧, 4yo, fever"),
        ("(pushed by greta-quill)", "(pushed by ⟦USER_1⟧)"),
        ("My 2FA code is 458749, ok", "My 2FA code is ⟦ID_1:d6⟧, ok"),
        ("My token is tok-ghijk789lmn012, ok", "My token is ⟦SECRET_1⟧, ok"),
        ("liga pra mim no (11) 97420-6618", "liga pra mim no ⟦PHONE_1⟧"),
        ("assignee: @zub_quill", "assignee: @⟦USER_1⟧"),
        ("Accepted publickey for zub.quill from there", "Accepted publickey for ⟦USER_1⟧ from there"),
    ],
)
def test_is_found(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted
    assert REDACTOR.redact_text(redacted)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "look at example dot matrix printers", "value must be True", "meet (at) noon", "READ/WRITE access and INPUT/OUTPUT", "TCP/IP, AND/OR, CI/CD",
        "this is grace period for late payment", "i am looking for a room", "call support back", "may i know my balance",
        "deployed by github-actions, merged by merge-queue", "my son said so", "the dr was late", "my token is invalid",
        "assignee: @backend", "my name is not on the list", "text me back",
    ],
)  # fmt: skip
def test_what_only_looks_alike_stays(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text
