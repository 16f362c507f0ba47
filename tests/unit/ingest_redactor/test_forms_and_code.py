"""Values as programs write them: in forms that are sent, calls that fill in fields, JSON within JSON, payment orders, files of
settings; and addresses and numbers of more countries."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            "x=1&first_name=S%C3%B6ren&last_name=Zub%C3%9Fer&contact_phone=%2B49+%280%2989+2193615&address_street=85+Rowan+Close",
            "x=1&first_name=⟦NAME_1:first⟧&last_name=⟦NAME_1:last⟧&contact_phone=⟦PHONE_1:intl-spaced⟧&address_street=⟦ADDRESS_1⟧",
        ),
        ('page.fill("#password", "Zubcuit$1167!");', 'page.fill("#password", "⟦SECRET_1⟧");'),
        ('page.fill("input[name=dob]", "08/19/1945");', 'page.fill("input[name=dob]", "⟦DOB_1:mdy⟧");'),
        (
            r'"arguments":"{\"full_name\": \"Bart Zubvie\", \"r\": \"{\\\"dob\\\":\\\"1992-01-27\\\"}\"}"}',
            r'"arguments":"{\"full_name\": \"⟦NAME_1⟧\", \"r\": \"{\\\"dob\\\":\\\"⟦DOB_1:iso⟧\\\"}\"}"}',
        ),
        (
            ":50K:/GB22HBUK04000454484014\nNICULINA ZUBEQ\nX\n:70:/INV/2\n",
            ":50K:/⟦IBAN_1⟧\n⟦NAME_1:upper⟧\nX\n:70:/INV/2\n",
        ),
        ("DB_USER=uvonbzub\nDB_HOST=db", "DB_USER=⟦USER_1⟧\nDB_HOST=db"),
        ("2001:db8:1:bfb::676b - mduzub [25/Jul/2025:11:22:36]", "⟦IP_1⟧ - ⟦USER_1⟧ [25/Jul/2025:11:22:36]"),
        ("export VAULT_TOKEN=\"WkIfj0jOVLxDokkPTWkQDA7F\"", "export VAULT_TOKEN=\"⟦SECRET_1⟧\""),
        ("sshpass -p 'Zubnite_1806*' ssh", "sshpass -p '⟦SECRET_1⟧' ssh"),
        ("temp password set to Zubbone$16 - change it", "temp password set to ⟦SECRET_1⟧ - change it"),
        ("Email: zubic67.hart@gmail.com", "Email: ⟦EMAIL_1⟧"),
        ("login zubic67.hart failed", "login ⟦USER_1⟧ failed"),
        ("LICENCE\n2. Boris\n3. 24.10.1997\n4d. 9", "LICENCE\n2. ⟦NAME_1:first⟧\n3. ⟦DOB_1:dot⟧\n4d. 9"),
        ("| DOB (applicant) | 1971-07-17 |", "| DOB (applicant) | ⟦DOB_1:iso⟧ |"),
        ("additional driver (spouse, 24-05-1950)", "additional driver (spouse, ⟦DOB_1:ddash⟧)"),
        ("生年月日：1950年6月12日", "生年月日：⟦DOB_1⟧"),
        ("адреса: Львів, вул. Хрещатик, буд. 6, кв. 5", "адреса: ⟦ADDRESS_1⟧"),
        ("rodné číslo 830614/9181", "rodné číslo ⟦ID_1:x11⟧"),
        ("СНИЛС 571-544-479 07", "СНИЛС ⟦ID_1:p999-999-999_99⟧"),
        ("客户：440305197208192403", "客户：⟦ID_1:d18⟧"),
        ("Deliver to Flat 19, Shanti Apartments, 63 MG Road today", "Deliver to ⟦ADDRESS_1⟧ today"),
        ("at Unit 8/262 Bourke Street", "at ⟦ADDRESS_1⟧"),
        ("Burgemeester de Vlugtlaan 259 it is", "⟦ADDRESS_1⟧ it is"),
        ("Tel +49 30 44089536\n\nItem    Unit     Total", "Tel ⟦PHONE_1:intl-spaced⟧\n\nItem    Unit     Total"),
        ('{"name": "Jane Zubeq", "city": "n/a"}', '{"name": "⟦NAME_1⟧", "city": "n/a"}'),
        ('"attributes"=>{"given"=>"Tommy", "born_on"=>"2019-07-24"}', '"attributes"=>{"given"=>"⟦NAME_1:first⟧", "born_on"=>"⟦DOB_1:iso⟧"}'),
        ("    [birthday] => 1981-06-09\n    [status] => open", "    [birthday] => ⟦DOB_1:iso⟧\n    [status] => open"),
        ('<Data Name="TargetUserName">andzub38</Data>', '<Data Name="TargetUserName">⟦USER_1⟧</Data>'),
        ('cnp = "1990822403889"\ncolour = "red"', 'cnp = "⟦ID_1:d13⟧"\ncolour = "red"'),
        ("define( 'DB_PASSWORD', 'Sunzub@stone16' );", "define( 'DB_PASSWORD', '⟦SECRET_1⟧' );"),
        ("machine x.example login zub password 7fcc4d3d33965773", "machine x.example login zub password ⟦SECRET_1⟧"),
        ('bot = Bot("6929673030:AA1rbUjd2a2fvCSynq9HCi1hM0QVY4PXWcM")', 'bot = Bot("⟦SECRET_1⟧")'),
        ("name          Jenny Zubwick\naddr          12 Elm Road", "name          ⟦NAME_1⟧\naddr          ⟦ADDRESS_1⟧"),
        ("姓名：蔡寶珠　身分證：B235586106　電話：0937-817-671", "姓名：⟦NAME_1⟧　身分證：⟦ID_1:pA999999999⟧　電話：⟦PHONE_1⟧"),
        ("Ημ. γέννησης: 28/07/1987   ΑΜΚΑ: 28078762235", "Ημ. γέννησης: ⟦DOB_1:dmy⟧   ΑΜΚΑ: ⟦ID_1:d11⟧"),
        ("nato/a il 14 maggio 1982, C.F. x", "nato/a il ⟦DOB_1:part⟧, C.F. x"),
        ("PT 21 F DOB 11152003 ADDR", "PT 21 F DOB ⟦DOB_1:part⟧ ADDR"),
        ("Телефон: 8 (963) 326-88-50", "Телефон: ⟦PHONE_1⟧"),
        ("wohnhaft Am alten Markt 173 - VNr. G918769550", "wohnhaft ⟦ADDRESS_1⟧ - VNr. ⟦MEMBER_1:pA999999999⟧"),
        ("2.GREWAL/VIKRAM MRS(CHD/ZUBEQ/LAKSHMI/12Oct09)", "2.⟦NAME_1:upper⟧ MRS(CHD/⟦NAME_2:last.upper⟧/⟦NAME_2:first.upper⟧/⟦DOB_1⟧)"),
        ("NI/SSN CB287569D. Witness", "NI/SSN ⟦ID_1:pAA999999A⟧. Witness"),
        ("polizza n. 13597901/51. Il giorno", "polizza n. ⟦POLICY_1:x11⟧. Il giorno"),
    ],
)  # fmt: skip
def test_a_value_is_found(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Stop 1  Siobhan Zubbairn  | 163", "Stop 1  ⟦NAME_1⟧  | 163"),
        ("assigned (Oisín Zubanagh)", "assigned (⟦NAME_1⟧)"),
        ("INFO reviewer (Ayşe Kaya Zubemir)", "INFO reviewer (⟦NAME_1⟧)"),
        ("Dictated by C. Hunt, transcribed", "Dictated by ⟦NAME_1⟧, transcribed"),
        ("Renter: BABATUNDE ZUBAFOR       Car: x", "Renter: ⟦NAME_1:upper⟧       Car: x"),
    ],
)
def test_a_name_is_whole(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "utm_source=mail&utm_medium=cpc&utm_campaign=spring+sale",
        'getElementById("name", "submit")',
        'assertEqual("status", "done")',
        "Vitamin B. Take two a day",
        "P.S. The attic is open",
        "he isn't the account holder.\n\n[2025-05-04T21:47:32Z] closed",
        "VAT/Tax reg: GB 953 0931 61",
        "src/billing/dunning.py:48: policy = Retry\nsrc/billing/maria.garcia:9: x",
        "RENTED: OFFICE CHAIR, TWO OF THEM",
        "Unit 8/12 of the course",
        "Terraform Provider is slow",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text
