"""Numbers, births and logins as registers, channels and commands of several countries write them."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mijn relatienr is R911168-7, dank", "mijn relatienr is ⟦MEMBER_1:pA999999-9⟧, dank"),
        ("Contractnr: HC-93873", "Contractnr: ⟦POLICY_1:pAA-99999⟧"),
        ("UTR 8557675890 is hers", "UTR ⟦TAX_ID_1:d10⟧ is hers"),
        ("n° fiscal 3217012217972, Lyon", "n° fiscal ⟦TAX_ID_1:d13⟧, Lyon"),
        ("status of IOE9353493486 please", "status of ⟦RECORD_1:pAAA9999999999⟧ please"),
        ('{"claimReference": "2025/644285"}', '{"claimReference": "⟦POLICY_1:x11⟧"}'),
        ('{"expediente": "EXP-507736"}', '{"expediente": "⟦RECORD_1:pAAA-999999⟧"}'),
        ('{"mpan": "12 0467 1508 381"}', '{"mpan": "⟦ACCOUNT_1:p99_9999_9999_999⟧"}'),
        ('{"reference": "Patient/pt-y2cut9"}', '{"reference": "Patient/⟦MEMBER_1⟧"}'),
        (
            '{"accountNumber": "694801243", "postcode": "BS1 3UP"}',
            '{"accountNumber": "⟦ACCOUNT_1:d9⟧", "postcode": "⟦ZIP_1:pAA9_9AA⟧"}',
        ),
        (
            '{"accountNumber": "694801243", "city": "Bristol"}',
            '{"accountNumber": "⟦ACCOUNT_1:d9⟧", "city": "Bristol"}',
        ),
        ("the billing zip 76128", "the billing zip ⟦ZIP_1:d5⟧"),
        ("syn, ur. 24.07.2016, bilans", "syn, ur. ⟦DOB_1:dot⟧, bilans"),
        (
            "Votre date de naissance ?\nPatient : Le 17 novembre 1992.",
            "Votre date de naissance ?\nPatient : Le ⟦DOB_1:text⟧.",
        ),
        ("$ docker login -u caitlin.fields registry", "$ docker login -u ⟦USER_1⟧ registry"),
        ("angbren72  9:02 AM\nit is done", "⟦USER_1⟧  9:02 AM\nit is done"),
        ("james underscore barnes at aol dot com", "⟦EMAIL_1⟧"),
        ("Medlemsnr M7467393, takk", "Medlemsnr ⟦MEMBER_1:pA9999999⟧, takk"),
        ("TC 73701639398, adres", "TC ⟦ID_1:d11⟧, adres"),
        ("nik 3514707744360731. kok", "nik ⟦ID_1:d16⟧. kok"),
        ("smlouva 7839873500 je zde", "smlouva ⟦POLICY_1:d10⟧ je zde"),
        ("дата рождения 5 октября 2003, должность", "дата рождения ⟦DOB_1:part⟧, должность"),
        ("szül.: 1948. 04. 10.", "szül.: ⟦DOB_1:part⟧."),
        (
            '{"idDocType": "TAX_ID", "number": "4636 7279 5193"}',
            '{"idDocType": "TAX_ID", "number": "⟦TAX_ID_1:p9999_9999_9999⟧"}',
        ),
        ('{"pasport": "65 16 236639"}', '{"pasport": "⟦PASSPORT_1:p99_99_999999⟧"}'),
        ('{"患者姓名": "许帅"}', '{"患者姓名": "⟦NAME_1⟧"}'),
        ("받는 사람 유동현, 연락처 미정", "받는 사람 ⟦NAME_1⟧, 연락처 미정"),
        ("أنا بوران بنو معقل، طلبي", "أنا ⟦NAME_1⟧، طلبي"),
        ("мой адрес 190068, Казань, пр-т Мира, д. 33", "мой адрес ⟦ADDRESS_1⟧"),
        (
            "ADR;TYPE=HOME:;;165 Nelson St;Nottingham;;NG7 2JZ;",
            "ADR;TYPE=HOME:;;⟦ADDRESS_1⟧;⟦PLACE_1⟧;;⟦ZIP_1:pAA9_9AA⟧;",
        ),
        ("[2025-12-20T21:08:28Z] janice__robinson: hi", "[2025-12-20T21:08:28Z] ⟦USER_1⟧: hi"),
        ("POSTGRES_USER: siddiquia", "POSTGRES_USER: ⟦USER_1⟧"),
        ("my api key d73e9720a35d40ca9e77469f67829f29eb709298 fails", "my api key ⟦SECRET_1⟧ fails"),
        ("sessTok: '80f771aacc4956ca89ea9a2344347862'", "sessTok: '⟦SECRET_1⟧'"),
        (
            "una fuga en Calle de Alcalá, 26 4º izda., 48088 Bilbao. La llave",
            "una fuga en ⟦ADDRESS_1⟧, ⟦ZIP_1:d5⟧ ⟦PLACE_1⟧. La llave",
        ),
    ],
)
def test_it_is_found(text: str, redacted: str) -> None:
    assert NARROW.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "stores near zip 94103", "what is the weather in zip code 10001", "Patient/Family education", "lunch  9:02 AM",
        '{"ean13": "4074201100147"}', '{"skus": ["27-8127-956", "17-4754-396"]}', '{"tarif": "Grundversorgung"}',
        "POSTGRES_USER: postgres", "[12:01:44.120] worker.pool: started", "the api key rotation schedule is weekly",
        '{"city": "Berlin", "zip": "10115"}', '{"document_type": "invoice", "number": "4636727951"}', "signature: attached", '{"insurer": "Petplan", "employer": "Quartz Logic"}',
    ],
)  # fmt: skip
def test_it_stays(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


def test_a_known_name_under_a_key_of_things_is_still_a_persons() -> None:
    assert NARROW.redact_text('{"vendor": "Maria Garcia"}')[0] == '{"vendor": "⟦NAME_1⟧"}'
