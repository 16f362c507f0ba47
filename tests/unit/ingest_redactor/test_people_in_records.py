"""People in records of programs: values that an object beside or around them tells of, logins, cards of libraries, tails of
addresses; and what only resembles them.
"""

import json

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW, WIDE = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        (
            {"answers": [{"type": "date", "field": {"ref": "birthday"}, "date": "1993-11-16"}]},
            {"answers": [{"type": "date", "field": {"ref": "birthday"}, "date": "⟦DOB_1:iso⟧"}]},
        ),
        (
            {"name": "Mary Zubith", "email": "z@mail.example", "location": {"city": "Lake Zuba", "country_code": "AU"}},
            {"name": "⟦NAME_1⟧", "email": "⟦EMAIL_1⟧", "location": {"city": "⟦PLACE_1⟧", "country_code": "AU"}},
        ),
        (
            {"mon": [{"emp": "Zubazzi F.", "no": "50-9617"}]},
            {"mon": [{"emp": "⟦NAME_1⟧", "no": "⟦MEMBER_1:d2-4⟧"}]},
        ),
        ({"first_name": "Steinar", "ssn": "27104325950"}, {"first_name": "⟦NAME_1:first⟧", "ssn": "⟦ID_1:d11⟧"}),
        ({"ffp": {"number": "99193 966 123 8"}}, {"ffp": {"number": "⟦MEMBER_1:p99999_999_999_9⟧"}}),
        ({"BankAccountDetails": "20-86-29 57394487"}, {"BankAccountDetails": "⟦ACCOUNT_1:p99-99-99_99999999⟧"}),
        (
            {"engineer": "Zimberly Zubatel", "handle": "kzubatel"},
            {"engineer": "⟦NAME_1⟧", "handle": "⟦USER_1⟧"},
        ),
        ({"reimburse_to": "237068259"}, {"reimburse_to": "⟦ACCOUNT_1:d9⟧"}),
        ({"new_key": "api-ehn25ELZ5BK2rPWsTKFWm5ZV"}, {"new_key": "⟦SECRET_1⟧"}),
        ({"matter": "WRK7199384"}, {"matter": "⟦RECORD_1:pAAA9999999⟧"}),
    ],
)
def test_an_object_tells_whose_it_is(value: object, redacted: object) -> None:
    assert json.loads(NARROW.redact_text(json.dumps(value))[0]) == redacted


@pytest.mark.parametrize(
    "value",
    [
        {"field": {"ref": "how_did_you_hear"}, "text": "on the web"},
        {"name": "order", "location": {"city": "Lake Zuba"}},
        {"emp": "none", "total": 4, "count": "50-9617"},
        {"matter": "of course"},
        {"product": "AirPods", "handle": "airpods"},
    ],
)
def test_an_object_tells_of_nobody(value: object) -> None:
    assert json.loads(NARROW.redact_text(json.dumps(value))[0]) == value


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("SMTP_USER=zfowler63@mail.example\n", "SMTP_USER=⟦EMAIL_1⟧\n"),
        ("who is gloria_vill in our tenant?", "who is ⟦USER_1⟧ in our tenant?"),
        ("zburton   pts/1   gone", "⟦USER_1⟧   pts/1   gone"),
        ("asked by Layla Zubury (laykho04)", "asked by ⟦NAME_1⟧ (⟦USER_1⟧)"),
        ("tok=sess_ANomYhkSOmZdCADdSEpGW", "tok=⟦SECRET_1⟧"),
        ("i tried pw kcTzuSn!LVL many times", "i tried pw ⟦SECRET_1⟧ many times"),
        ("card no 2 6168 12417 is due", "card no ⟦MEMBER_1:p9_9999_99999⟧ is due"),
        ("Staff no P/77017.", "Staff no ⟦MEMBER_1:x7⟧."),
        ("her file is A343-091-505", "her file is ⟦ID_1:pA999-999-999⟧"),
        ("Steuernummer 74/358/52935", "Steuernummer ⟦TAX_ID_1:x12⟧"),
        ("panel for Zandiwe J. Zubagun today", "panel for ⟦NAME_1⟧ today"),
        ("Advisor D. Zubaculangan", "Advisor ⟦NAME_1⟧"),
        ("Ive complained. zanele kamau 4075554655", "Ive complained. ⟦NAME_1:lower⟧ ⟦PHONE_1:digits⟧"),
        ("to Zubaboulevard 8, 9520BX Vuren", "to ⟦ADDRESS_1⟧, ⟦ZIP_1:p9999AA⟧ ⟦PLACE_1⟧"),
        ("at 706 W 43rd St 2904, Mobile, AL 36614", "at ⟦ADDRESS_1⟧, ⟦PLACE_1⟧, AL ⟦ZIP_1:d5⟧"),
        ("to 71 Zuba Centreway, New Ianbury, NSW 2702", "to ⟦ADDRESS_1⟧, ⟦PLACE_1⟧, NSW ⟦ZIP_1:d4⟧"),
        (
            "**Street:** 7126 boulevard Aurore\n**Town:** L' Gagnon\n**Postcode:** G7G 5P9",
            "**Street:** ⟦ADDRESS_1⟧\n**Town:** ⟦PLACE_1⟧\n**Postcode:** ⟦ZIP_1:pA9A_9A9⟧",
        ),
        ("Posted by zagoon_otter72.", "Posted by ⟦USER_1⟧."),
        ("[11:13] fionn788: anyone seen it", "[11:13] ⟦USER_1⟧: anyone seen it"),
        ("DB_PASSWORD=Lagoon&9492\n", "DB_PASSWORD=⟦SECRET_1⟧\n"),
        ('<input id="p" type="password" value="ravenZa47?">', '<input id="p" type="password" value="⟦SECRET_1⟧">'),
        ("refresh: rt_bXhdEDVadIZtRhIVNydBUsoIXi", "refresh: ⟦SECRET_1⟧"),
        ("bed 2 Zubeolo (MR-9711785) fasting", "bed 2 ⟦NAME_1:first⟧ (⟦MEMBER_1:pAA-9999999⟧) fasting"),
        ("SSR DOCS HK1/P/AT8554840/17-Jun-1948", "SSR DOCS HK1/P/⟦PASSPORT_1:pAA9999999⟧/⟦DOB_1:dmon⟧"),
        ("leaves her the car B-RS 795 to sell", "leaves her the car ⟦VEHICLE_1:pA-AA_999⟧ to sell"),
        ("moved from Karl-Zubknecht-Str. 26, 34125 Kassel", "moved from ⟦ADDRESS_1⟧, ⟦ZIP_1:d5⟧ ⟦PLACE_1⟧"),
        ("(DOB 28.08.1977, Rue de Zubanne 58, 1717 Fribourg)", "(DOB ⟦DOB_1:dot⟧, ⟦ADDRESS_1⟧, ⟦ZIP_1:d4⟧ ⟦PLACE_1⟧)"),
        ("lives at prinsengracht 16a, 3014 ne rotterdam", "lives at ⟦ADDRESS_1⟧, ⟦ZIP_1:p9999_aa⟧ ⟦PLACE_1⟧"),
        ("1) Rowan Zubaker, Sheffield S11 2BV, 39 Cowper Road", "1) ⟦NAME_1⟧, ⟦PLACE_1⟧ ⟦ZIP_1:pA99_9AA⟧, ⟦ADDRESS_1⟧"),
        ("the complainant Solène d'Aubizy said", "the complainant ⟦NAME_1⟧ said"),
        ("seen on Kofi Zubah-Bright's Holter", "seen on ⟦NAME_1⟧'s Holter"),
        ("can u ship it? name is kagiso botha", "can u ship it? name is ⟦NAME_1:lower⟧"),
        ("medical record number 5 5 1 0 9 8 3, today", "medical record number ⟦ID_1:p9_9_9_9_9_9_9⟧, today"),
        ("Agent: And the postcode?\nCaller: 2644.\n", "Agent: And the postcode?\nCaller: ⟦ZIP_1:d4⟧.\n"),
        ("[10:02] bot: What's your name?\n[10:03] visitor: jianyu zhang", "[10:02] bot: What's your name?\n[10:03] visitor: ⟦NAME_1:lower⟧"),
    ],
)  # fmt: skip
def test_it_is_found(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Liverpool F.C. Include the scores", "who is available today?", "the card 4 of 12 was drawn", "System (web01) is up",
        "Postcode: required", "the Côte d'Azur in June", "count 1 2 3 4 5 6 7 8",
        "the handle was broken", "?a=1&token_type=b",  "city: somewhere\nstars: 4",
    ],
)  # fmt: skip
def test_it_stays(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


def test_the_end_of_a_text_is_not_beside_its_head() -> None:
    text = "Hyun-jin Zubo EMP-93832 has a new bank, approved by N. Nguyễn"
    assert NARROW.redact_text(text)[0] == "⟦NAME_1⟧ ⟦MEMBER_1:pAAA-99999⟧ has a new bank, approved by ⟦NAME_2⟧"


def test_a_name_ends_before_born() -> None:
    assert NARROW.redact_text("Susan Osborn studies engineering.")[0] == "⟦NAME_1⟧ studies engineering."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("wound vac question. pt Zubomir Hruska stage IV", "wound vac question. pt ⟦NAME_1⟧ stage IV"),
        ("Recall: Ana Zubita 1/5, Bo Zubunk 1/12.", "Recall: ⟦NAME_1⟧ ⟦DATE_1:npart⟧, ⟦NAME_2⟧ ⟦DATE_2:npart⟧."),
        ("AF alert Thanksgiving, HR 148", "AF alert ⟦DATE_1⟧, HR 148"),
        ("the same as in April of 2021", "the same as in ⟦DATE_1:part⟧"),
        ("MGM d. at 96. All is well", "MGM d. at ⟦AGE_1⟧. All is well"),
        ("scope CF-HQ190L 2804417, cecum reached", "scope ⟦DEVICE_1:pAA-AA999A_9999999⟧, cecum reached"),
        ("seen at Fernbank Podiatry, then", "seen at ⟦PLACE_1⟧, then"),
        ("link bit.ly/3kLm9q saying", "link ⟦URL_1⟧ saying"),
        (
            "RPR on 8/4/23, bicillin 8/7, 8/14",
            "RPR on ⟦DATE_1:mdy2.fri+0⟧, bicillin ⟦DATE_2:npart.mon+3⟧, ⟦DATE_3:npart.mon+10⟧",
        ),
        ("seen at your Zubawick location last week", "seen at your ⟦PLACE_1⟧ location last week"),
        ("broke an arm at Zubaside Park memorial day", "broke an arm at ⟦PLACE_1⟧ ⟦DATE_1⟧"),
        ("My mother Lucille Zubrave is 93 and lives alone", "My mother ⟦NAME_1⟧ is ⟦AGE_1⟧ and lives alone"),
        ("He's 97, alone", "He's ⟦AGE_1⟧, alone"),
        ("he said come back the 23rd.", "he said come back the ⟦DATE_1⟧."),
        ("RR 2, in tx 78654. mom", "RR 2, in tx ⟦ZIP_1:d5⟧. mom"),
        ("seen at Acadia Heart Group, then Birch Terrace SNF", "seen at ⟦PLACE_1⟧, then ⟦PLACE_2⟧"),
    ],
)
def test_clinicians_in_short(text: str, redacted: str) -> None:
    assert WIDE.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "strength 4/5 throughout",
        "CHA2DS2-VASc 4/9 now",
        "lead 2 and V5",
        "pump rate 12 mL",
        "hyponatremia 2/2 SIADH",
        "lot of pain",
        "the 28th percentile",
    ],
)
def test_measures_stay(text: str) -> None:
    assert WIDE.redact_text(text)[0] == text
