"""Markup, logs, lists, letters and conversations say what stands in them."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("<p><given>Zub</given><family>Quill</family></p>", "<p><given>⟦NAME_1:first⟧</given><family>⟦NAME_1:last⟧</family></p>"),
        ('<given value="Zub"/><mrn value="4471-22"/>', '<given value="⟦NAME_1:first⟧"/><mrn value="⟦RECORD_1:d4-2⟧"/>'),
        ('<row fname="Zub" lname="Quill" street="Vexa 2a"/>', '<row fname="⟦NAME_1:first⟧" lname="⟦NAME_1:last⟧" street="⟦ADDRESS_1⟧"/>'),
        ('level=info customer="Zub Quill" try=2', 'level=info customer="⟦NAME_1⟧" try=2'),
        ("auth user=zub.quill ok", "auth user=⟦USER_1⟧ ok"),
        ("- given: Zub\n  family: Quill\n", "- given: ⟦NAME_1:first⟧\n  family: ⟦NAME_1:last⟧\n"),
        ("first_name: Zub\nseat: 4\nlast_name: Quill\nfirst_name: Vex\n", "first_name: ⟦NAME_1:first⟧\nseat: 4\nlast_name: ⟦NAME_1:last⟧\nfirst_name: ⟦NAME_2:first⟧\n"),
        ('<a fname="Zub"/><a lname="Quill"/>', '<a fname="⟦NAME_1:first⟧"/><a lname="⟦NAME_2:last⟧"/>'),
        ("PATIENT: Quill-Vex, Zub\nWard 4", "PATIENT: ⟦NAME_1:last⟧, ⟦NAME_1:first⟧\nWard 4"),
        ("Customer name: Quill, Zub (new)\n", "Customer name: ⟦NAME_1:last⟧, ⟦NAME_1:first⟧ (new)\n"),
        ("Name: Zub Quill   Medical Record #: MR-77-410", "Name: ⟦NAME_1⟧   Medical Record #: ⟦RECORD_1:pAA-99-999⟧"),
        ("assigned_to:   zub.quill   seen: 10:30", "assigned_to:   ⟦USER_1⟧   seen: 10:30"),
        ("Street:   Vexa 2a   Time: 10:30", "Street:   ⟦ADDRESS_1⟧   Time: 10:30"),
        ("Patient: QUILL, ZUB  Sex: M\tDOB: 5/6/1950", "Patient: ⟦NAME_1:last.upper⟧, ⟦NAME_1:first.upper⟧  Sex: M\tDOB: ⟦DOB_1:mdy⟧"),
        ("row = {'member_no': 'M-004-882', 'first_name': 'Zub', 'last_name': \"Quill\"}", "row = {'member_no': '⟦MEMBER_1:pA-999-999⟧', 'first_name': '⟦NAME_1:first⟧', 'last_name': \"⟦NAME_1:last⟧\"}"),
        ('sent {"account": 44812771, "step": 4481277} twice', 'sent {"account": ⟦ACCOUNT_1⟧, "step": 4481277} twice'),
        ("username: zub.quill\nrole: admin", "username: ⟦USER_1⟧\nrole: admin"),
        ("assigned_to: zub.quill\nstate: open", "assigned_to: ⟦USER_1⟧\nstate: open"),
        ("accounts:\n  - 44712\n  - 44713\nother: 5", "accounts:\n  - ⟦ACCOUNT_1:d5⟧\n  - ⟦ACCOUNT_2:d5⟧\nother: 5"),
        ("## numbers to call\n\n- 689 456 458\n", "## numbers to call\n\n- ⟦PHONE_1⟧\n"),
        ("From: Zub Quill <zq@example.org>", "From: ⟦NAME_1⟧ <⟦EMAIL_1⟧>"),
        ('To: "Quill, Zub" <zq@example.org>', 'To: "⟦NAME_1:last⟧, ⟦NAME_1:first⟧" <⟦EMAIL_1⟧>'),
        ("Quill, Zub | 12.02.1977 | ok", "⟦NAME_1:last⟧, ⟦NAME_1:first⟧ | ⟦DOB_1:dot⟧ | ok"),
        ("Lieferadresse:\nZub Quill\nMolenweg 5", "Lieferadresse:\n⟦NAME_1⟧\n⟦ADDRESS_1⟧"),
        ("name,policy\nZub Quill,P-37673-654", "name,policy\n⟦NAME_1⟧,⟦POLICY_1:pA-99999-999⟧"),
        ("the account [4051 5105 11] and policy (PC/562325)", "the account [⟦ACCOUNT_1:p9999_9999_99⟧] and policy (⟦POLICY_1:x9⟧)"),
        ("phone on file, phone <41 252 74 95>", "phone on file, phone <⟦PHONE_1⟧>"),
        ("Dear Ms. Quill,\n\nit came.", "Dear Ms. ⟦NAME_1:last⟧,\n\nit came."),
        ("It came.\n\nBest regards,\nZub Quill\nBuyer", "It came.\n\nBest regards,\n⟦NAME_1⟧\nBuyer"),
        ("Thanks,\nZub Quill\n45 Vexgate, London", "Thanks,\n⟦NAME_1⟧\n⟦ADDRESS_1⟧, ⟦PLACE_1⟧"),
        ("A: Your full name?\nB: Zub Quill\nA: ok", "A: Your full name?\nB: ⟦NAME_1⟧\nA: ok"),
        ("[09:15] Agent Zubo: the refund is due", "[09:15] Agent ⟦NAME_1:first⟧: the refund is due"),
        ("jane.miller: where?\nzub.quill: here it is", "⟦USER_1⟧: where?\n⟦USER_2⟧: here it is"),
    ],
)  # fmt: skip
def test_values_are_known_by_their_place(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted
    assert REDACTOR.redact_text(redacted)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "state: open  user: none  code: x", "{'account': 'savings', 'title': 'the blue widget'}", "username: admin\n",
        "login=ok status=200 account=x", "f(title='Blue Widget', user=user_id)",
        "Hello World,\nthis is a test", "Hi everyone,\nall is done", "Thanks\nPython - a language",
        "Support Team <https://example.org>", "app.log: rotated\nconfig.yaml: read again", "steps:\n  - 44712\n",
        "Which one is it?\nA: The first",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text
