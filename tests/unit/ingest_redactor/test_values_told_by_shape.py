"""Numbers with a person's prefix, users in paths and chats, codes, ages and reports; what voices spell."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

PII, HIPAA = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("agent EMP-20931 took it", "agent ⟦MEMBER_1:pAAA-99999⟧ took it"),
        ("sub=usr_01HV8Z2Q ip", "sub=⟦MEMBER_1:paaa_99AA9A9A⟧ ip"),
        ("account zubeq_orn_5512", "account ⟦USER_1⟧"),
        ('File "/home/zornvik/billing/views.py"', 'File "/home/⟦USER_1⟧/billing/views.py"'),
        ("ERROR ssh: zub.orn@172.31.18.204 denied", "ERROR ssh: ⟦USER_1⟧@⟦IP_1⟧ denied"),
        ("<@U07QK2LMPZ3> looks", "<@⟦USER_1⟧> looks"),
        ("find me as @zub_on_the_orn.", "find me as @⟦USER_1⟧."),
        ("see github.com/zornvik-dev, thanks", "see github.com/⟦USER_1⟧, thanks"),
        ("Signed-off-by: zornvik-dev\n", "Signed-off-by: ⟦USER_1⟧\n"),
        ("i tried password Sunflower!2291 and", "i tried password ⟦SECRET_1⟧ and"),
        ("SMTP_PASS=hf73-kdps-Zz21", "SMTP_PASS=⟦SECRET_1⟧"),
        ("her code is 704915", "her code is ⟦ID_1:d6⟧"),
        ("the gate code: 8812 opens", "the gate code: ⟦ID_1:d4⟧ opens"),
        ("ring, code 4480#", "ring, code ⟦ID_1⟧"),
        ("id number 28471963, name", "id number ⟦ID_1⟧, name"),
        ("NI number NW 48 21 07 C;", "NI number ⟦ID_1:pAA_99_99_99_A⟧;"),
        ("FIN: WVWZZZ1KZAW412207", "FIN: ⟦VEHICLE_1:pAAAAAA9AAAA999999⟧"),
        ("plaque 2-HKL-904, GSM", "plaque ⟦VEHICLE_1:p9-AAA-999⟧, GSM"),
        ("ORCID 0000-0002-4417-8830", "ORCID ⟦ID_1:d4-4-4-4⟧"),
        ('"GET /api/v2/users/99120/profile"', '"GET /api/v2/users/⟦MEMBER_1⟧/profile"'),
        ("call (98401 77203)", "call (⟦PHONE_1⟧)"),
        ("gaadi no. MH 12 QX 7741,", "gaadi no. ⟦VEHICLE_1:pAA_99_AA_9999⟧,"),
        ("visitor: user is zubpetal_77", "visitor: user is ⟦USER_1⟧"),
        ("10.0.0.1 - z.ornvik [21/Feb/2025:09:44", "⟦IP_1⟧ - ⟦USER_1⟧ [21/Feb/2025:09:44"),
        ("dn: uid=zornvik,ou=people", "dn: uid=⟦USER_1⟧,ou=people"),
        ("-b 'session=s%3Azz81kQ0LrT2vYx.9mWn'", "-b 'session=⟦SECRET_1⟧'"),
        ("your PayLeaf code is 402918. Do", "your PayLeaf code is ⟦ID_1:d6⟧. Do"),
        ("userPassword: {SSHA}9m2Zk1QvT0cXb7Lw", "userPassword: ⟦SECRET_1⟧"),
        ("Mon contrat est le HAB 6630 1124.", "Mon contrat est le ⟦ACCOUNT_1:pAAA_9999_9999⟧."),
        ("HICN/MBI 1EG4-TE5-MK73;", "HICN/MBI ⟦MEMBER_1:p9AA9-AA9-AA99⟧;"),
        ("row / F / 1972-06-09 / IND", "row / F / ⟦DOB_1:iso⟧ / IND"),
        ("card 4111 1111 1111 1111, 908.", "card ⟦CARD_1:spaced⟧, ⟦ID_1:d3⟧."),
        ("FULL NAMES KIPZUB ORNVIKA\nDATE", "FULL NAMES ⟦NAME_1:upper⟧\nDATE"),
        ("Date of Birth (mm/dd/yyyy)  06/27/1986     Sex", "Date of Birth (mm/dd/yyyy)  ⟦DOB_1:mdy⟧     Sex"),
        ("HOH 04/19/2017  337-22-1889  CHILD", "HOH ⟦DOB_1:mdy⟧  ⟦SSN_1⟧  CHILD"),
        ("Ask jennifers65 to check LDAP", "Ask ⟦USER_1⟧ to check LDAP"),
        ("2  +16085582832  1959-06-01  Plus", "2  ⟦PHONE_1:e164⟧  ⟦DOB_1:iso⟧  Plus"),
        (
            "link: api/now/table/sys_user/d1d51b2db71338883c09670c1c43e1bf\n",
            "link: api/now/table/sys_user/⟦MEMBER_1⟧\n",
        ),
        ("SSN 292-65-1807  CIN 95004948J", "SSN ⟦SSN_1⟧  CIN ⟦MEMBER_1:p99999999A⟧"),
        ("mentioning @kenneth-l. Then", "mentioning @⟦USER_1⟧. Then"),
        ("订11月10日的大床房一晚，余岩，手机18670049054", "订11月10日的大床房一晚，⟦NAME_1⟧，手机⟦PHONE_1:eleven⟧"),
        ("変更したいです。石川 健太、電話は080-7261-2438です。", "変更したいです。⟦NAME_1⟧、電話は⟦PHONE_1⟧です。"),
        ("请问前台，电话是多少", "请问前台，电话是多少"),
        ("[18:50] System: zub_orn97 joined from iOS", "[18:50] System: ⟦USER_1⟧ joined from iOS"),
        ("cant login book_taco2 since noon", "cant login ⟦USER_1⟧ since noon"),
        ("POST /v2/pair token=d5610d0b3484ee473a3230400588fe70 -> 401", "POST /v2/pair token=⟦SECRET_1⟧ -> 401"),
        ("send it. My ID was U08985365.", "send it. My ID was ⟦ID_1:pA99999999⟧."),
        ("policy # HO3 4636368, thanks", "policy # ⟦POLICY_1:pAA9_9999999⟧, thanks"),
        ("customer number is 90140 93593-1.", "customer number is ⟦MEMBER_1:p99999_99999-9⟧."),
        ("<tr><th>Member</th><td>RW 3419 9927</td></tr>", "<tr><th>Member</th><td>⟦MEMBER_1:pAA_9999_9999⟧</td></tr>"),
    ],
)
def test_is_found(text: str, redacted: str) -> None:
    assert PII.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "client-2024 report", "user_preferences and user_settings", "/home/shared/x", "@property\ndef f(self): ...",
        "@app.route('/x')", "@types/node 18", "report_final_2024", "error code is 5000",
        "order id number 28471963", "your product id number is 28471963", "cancel my #4482019", "our 500 guests",
        "password is required", "SARS-CoV-2 and COVID-19", "the wifi is slow today", "github.com/kubernetes/kubernetes",
        "one two three go", "I M E I", "version 1-2-3", "june first",
    ],
)  # fmt: skip
def test_stays(text: str) -> None:
    assert PII.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("My grandmother is 97 and frail", "My grandmother is ⟦AGE_1⟧ and frail"),
        ("Seen at home (94 yrs)", "Seen at home (⟦AGE_1⟧ yrs)"),
        ("AGE: 93Y", "AGE: ⟦AGE_1⟧Y"),
        ("96M, dementia", "⟦AGE_1⟧M, dementia"),
        ("resident, ninety-six, PPS 30%", "resident, ⟦AGE_1⟧, PPS 30%"),
        ("can i come before the 28th?", "can i come before the ⟦DATE_1⟧?"),
        ("see pdmp.zub.example/rx/query?pid=5501873 now", "see ⟦URL_1⟧ now"),
        ("EEG report, ref. EEG/2025/0317.", "EEG report, ref. ⟦RECORD_1:x13⟧."),
        ("specimen no. S24-11872 received", "specimen no. ⟦RECORD_1:pA99-99999⟧ received"),
    ],
)
def test_hipaa_hides_more(text: str, redacted: str) -> None:
    assert HIPAA.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text", ["SpO2 she is 97 % on air", "he was 96 kg", "FY-2024", "pt 92/60 mmHg", "by the 5th percentile"]
)
def test_hipaa_leaves_measures(text: str) -> None:
    assert HIPAA.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Cell three one zero, five five five, zero one nine four.", "Cell ⟦PHONE_1:digits⟧."),
        ("number is double five three oh one nine two", "number is ⟦ID_1:d7⟧"),
        ("born July fourth nineteen fifty-one, ok", "born ⟦DOB_1:part⟧, ok"),
        ("the fourteenth of March nineteen eighty-eight.", "⟦DOB_1:part⟧."),
        ("that's Z-U-B-E-Q-A, thanks", "that's ⟦NAME_1:first.upper⟧, thanks"),
    ],
)
def test_what_voices_say(text: str, redacted: str) -> None:
    assert PII.redact_text(text)[0] == redacted


def test_a_number_in_words_is_the_one_in_digits() -> None:
    redacted, _ = PII.redact_text("Call 310-555-0194. Again: three one zero, five five five, zero one nine four.")
    assert redacted == "Call ⟦PHONE_1⟧. Again: ⟦PHONE_1:digits⟧."
