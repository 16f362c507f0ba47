"""What people type without capitals: names in running text, streets, towns; and logins, which have none anyway."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW, WIDE = Redactor(Scanner("pii")), Redactor(Scanner("hipaa"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("id 1, nicholas zubeq, bday 4/13/1981", "id 1, ⟦NAME_1:lower⟧, bday ⟦DOB_1:mdy⟧"),
        ("roof. mai anh nguyen, policy # 4109623", "roof. ⟦NAME_1:lower⟧, policy # ⟦POLICY_1:d7⟧"),
        ("the garage told giovanni it is ready", "the garage told ⟦NAME_1:first.lower⟧ it is ready"),
        ("order for shanice t. ornvik please", "order for ⟦NAME_1:lower⟧ please"),
        ("the bill of rosalba de la cruz is open", "the bill of ⟦NAME_1:lower⟧ is open"),
        ("lead: monique st. zubeq, text only", "lead: ⟦NAME_1:lower⟧, text only"),
        ("will martin luther do?", "will ⟦NAME_1:lower⟧ do?"),
        ("can mei-ling get it today", "can ⟦NAME_1:first.lower⟧ get it today"),
        ("caller: this is lourdes, about it", "caller: this is ⟦NAME_1:first.lower⟧, about it"),
        ("passenger zubeqou ornvar, gate 4", "passenger ⟦NAME_1:lower⟧, gate 4"),
        ("i saw dr wu for it", "i saw dr ⟦NAME_1:last.lower⟧ for it"),
        ("Bedrijfsarts dr. Zubhuis is akkoord", "Bedrijfsarts dr. ⟦NAME_1:last⟧ is akkoord"),
        ("ride home: neighbor zubeq at five", "ride home: neighbor ⟦NAME_1:first.lower⟧ at five"),
        ("a81f220 Zhang Xiaozub xz@mail.example Fix race", "a81f220 ⟦NAME_1⟧ ⟦EMAIL_1⟧ Fix race"),
        ("SURGEON: HENRIETTE VAN ZUBK, ROOM 4", "SURGEON: ⟦NAME_1:upper⟧, ROOM 4"),
        ("P<GBRZUBEQ<<FERGUS<ALASDAIR<<<<", "P<GBR⟦NAME_1:upper⟧<<<<"),
    ],
)
def test_a_name_is_found(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "see maria_report.py and /srv/giovanni/", "connect to mariadb on giovanni.internal",
        "grace period of ten days", "a boolean in pascal or ada", "the nino form", "wifi is slow in paris", "rose garden tour",
    ],
)  # fmt: skip
def test_a_word_a_path_or_a_town_stays(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("he moved to 1418 n. zubarack ct, call him", "1418 n. zubarack ct"),
        ("lives now at 77 hamlin st nw, washington dc 20010", "77 hamlin st nw"),
        ("lives now at 77 hamlin st nw, washington dc 20010", "washington"),
        ("lives now at 77 hamlin st nw, washington dc 20010", "20010"),
        ("1187 vine st, unit 5, cincinnati oh 45202", "unit 5"), ("vivo en calle de la zubura 7, tercero", "zubura 7"),
        ("my new place is Apartment 40, Bute Terrace, CF10 2FE", "40, Bute Terrace"),
        ("15 Oakhurst Drive, Wickford, Essex SS12 0NP", "SS12 0NP"), ("resident at Plot 1182, Gana Street, Abuja", "Gana"),
        ("I LIVE AT RR 2 BOX 118, TUPELO MS", "BOX 118"), ("SHIP TO PSC 3 BOX 4120", "BOX 4120"),
    ],
)  # fmt: skip
def test_an_address_is_found(text: str, value: str) -> None:
    assert value not in NARROW.redact_text(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "see you in 2 days near court",
        "the 3 best way",
        "10 minute dr visit",
        "RR 18, BP 120/80",
        "2 weeks ago st elevation",
    ],
)
def test_no_street(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("portal login: user mhuang_8842, locked", "portal login: user ⟦USER_1⟧, locked"),
        ("mon identifiant c'est zubdal_29 et", "mon identifiant c'est ⟦USER_1⟧ et"),
        ("zub.orn@jump-01:~$ ls", "⟦USER_1⟧@jump-01:~$ ls"),
        ("// TODO(jvanzub): drop this", "// TODO(⟦USER_1⟧): drop this"),
        ("rotate-01 revoked by osvaldo.zub", "rotate-01 revoked by ⟦USER_1⟧"),
        ('curl -s -u "reporting:Vn3!kettle" https://x.example', 'curl -s -u "⟦SECRET_1⟧" https://x.example'),
        ("security word was zubamonbark.", "security word was ⟦SECRET_1⟧."),
        ("Access code for the lobby is 4471#", "Access code for the lobby is ⟦ID_1:d4⟧#"),
    ],
)
def test_who_logs_in_is_found(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "docker run -u 1000:1000 img", "the account balance_2024 view", "user api-gateway was fine", "TODO(everyone): drop",
        "admin is root", "account type user_id", "security word is wrong",
    ],
)  # fmt: skip
def test_no_login(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("account number with you is 4400 8817 2093", "4400 8817 2093"), ("Mitgliedsnummer FZ-2208-417. Danke", "FZ-2208-417"),
        ("Polisnummer FV.2210.8834, uitkering", "FV.2210.8834"), ("policy cdx 0081 2230. excess", "cdx 0081 2230"),
        ("licence ragh9 755 224 sr8lm, she", "ragh9 755 224 sr8lm"), ("born the 2nd of March 1988, here", "2nd of March 1988"),
        ("DOB 880112 gate", "880112"), ("numéro si besoin 07.55.50.14.09", "07.55.50.14.09"), ("ssn ends 4093.", "4093"),
        ("Nationwide 07-01-16 / 40218837.", "40218837"), ("fin WVWZZZ1KZAW384412", "WVWZZZ1KZAW384412"),
        ("account IT60 X 05428 11101 000000123456 ok", "000000123456"), ("number L898902C36UTO7408122F1204159ZE184226B", "L898902C3"),
    ],
)  # fmt: skip
def test_a_number_is_found(text: str, value: str) -> None:
    assert value not in NARROW.redact_text(text)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("her son drove from terre haute.", "terre haute"), ("moved to gresham, or so", "gresham"), ("in bucks county, pa", "bucks"),
        ("boise idaho 83704 and", "83704"), ("Leiper's Fork, Tenn. 37064.", "37064"), ("Indooroopilly QLD 4068.", "4068"),
        ("Mississauga, L5B 3Y4, fax", "L5B 3Y4"), ("the pharmacy on Wexford Ave", "Wexford Ave"), ("ON KIRKWOOD HWY", "KIRKWOOD"),
        ("corner of Magazine & Napoleon", "Napoleon"), ("parents at Oakfield Barn, there", "Oakfield Barn"),
        ("hcn 4417 882 091, mri", "4417 882 091"), ("ID: YRP 8812 77401  GRP", "77401"), ("sample KIT-A4D9917, donor", "A4D9917"),
        ("request_id=9b1f2e4c-77aa-4c1e-9c3d-0e5a7712bf90", "9b1f2e4c"), ("Ext. 4471.", "4471"), ("FLY AUGUST 2.", "AUGUST 2"),
        ("OP 12. August 2024, dann", "12. August"), ("MY MOTHER ZUBELITA IS 90 AND", "90"), ("req faxed mar 8", "mar 8"),
        ("in Juniper Terrace Memory Care today", "Juniper"), ("Lic. DDS 41190.", "41190"),
        ("Umber, 91, FAST 7c", "91"), ("she is 97 already, sugar", "97"), ("HER SISTER, 93, RIDES", "93"), ("sister, 93, rides along", "93"),
        ("dob 10/10/1990, from yakima, found", "yakima"), ("oxygen order: zubembe nakazub, medicare 8xn2", "zubembe"),
        ("seen at Uhuru Renal Unit today", "Renal"), ("Eircode H91 E2K4.", "E2K4"), ("to westbrook regional hospital", "westbrook"),
        ("W2714 88301, PPO", "88301"), ("box 3 12 11 1946, box", "12 11 1946"),
    ],
)  # fmt: skip
def test_the_wide_profile_takes(text: str, value: str) -> None:
    assert value not in WIDE.redact_text(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "the reading of the mobile unit in the county", "vitals 120 80 72 98 today", "WBC 11 200 300 and 400", "in the long run",
        "doses 100 200 300 400 mg", "this county has one", "HCPCS J9271 was billed", "from time to time",
    ],
)  # fmt: skip
def test_the_wide_profile_leaves(text: str) -> None:
    assert WIDE.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            "ring me on it.\nBest wishes, Zubal\n\nP.S. The attic",
            "ring me on it.\nBest wishes, ⟦NAME_1:first⟧\n\nP.S. The attic",
        ),
        ("<p>Hello <b>Zubiwe</b>,</p>", "<p>Hello <b>⟦NAME_1:first⟧</b>,</p>"),
        ("update payroll for dilzuba yusuzova, asap", "update payroll for ⟦NAME_1:lower⟧, asap"),
        ("opened by Jamal Whitaker (jwhitak3) at 8", "opened by ⟦NAME_1⟧ (⟦USER_1⟧) at 8"),
        ("GP: Dr A. J. Zubry.", "GP: Dr ⟦NAME_1⟧."),
        ("2B  Garcia, Zubkat   rent 1", "2B  ⟦NAME_1:last⟧, ⟦NAME_1:first⟧   rent 1"),
        ('audit: user "zubuda" deleted it', 'audit: user "⟦USER_1⟧" deleted it'),
        ("Known Traveler .. TT118K72Q", "Known Traveler .. ⟦ID_1:pAA999A99A⟧"),
        ("name=Q&phone=%2B4793418827&x=1", "name=Q&phone=⟦PHONE_1⟧&x=1"),
        ("at 31055 County Road 12 near it", "at ⟦ADDRESS_1⟧ near it"),
        ("social number 1 84 07 69 381 112 45, had", "social number ⟦ID_1:p9_99_99_99_999_999_99⟧, had"),
        ("PGPASSWORD=t9#Quill-Basin now", "PGPASSWORD=⟦SECRET_1⟧ now"),
        ("Sohn Zubre holt das Rezept", "Sohn ⟦NAME_1:first⟧ holt das Rezept"),
        ("call her dad Rupert Zubstone on it", "call her dad ⟦NAME_1⟧ on it"),
        ("driver was zubonas, white prius", "driver was ⟦NAME_1:first.lower⟧, white prius"),
        ("Temporary password set: Harvest-Moon!4471 now", "Temporary password set: ⟦SECRET_1⟧ now"),
        ("véhicule GH-482-KX rendu", "véhicule ⟦VEHICLE_1:pAA-999-AA⟧ rendu"),
        ("account unlocked by=svc.zubya", "account unlocked by=⟦USER_1⟧"),
        ("CUIL 27-31115275-6.", "CUIL ⟦ID_1:d2-8-1⟧."),
        ("TAG BND 6620. HER", "TAG ⟦VEHICLE_1:pAAA_9999⟧. HER"),
        (
            "N3*940 FOUNDRY ST~N4*DUBUQUE*IA*52001~DMG*D8*19630711*F",
            "N3*⟦ADDRESS_1⟧~N4*⟦PLACE_1⟧*IA*⟦ZIP_1:d5⟧~DMG*D8*⟦DOB_1:compact⟧*F",
        ),
    ],
)
def test_what_stands_beside_tells(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted
