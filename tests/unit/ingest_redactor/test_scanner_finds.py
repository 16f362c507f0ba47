"""What the rules find in running text, and what they leave alone."""

import pytest

from services.ingest_redactor.logic.mentions import MAX_MENTIONS
from services.ingest_redactor.logic.rules.labels import labelled_name
from services.ingest_redactor.logic.scanner import Scanner
from shared.errors import PoisonError

PII = Scanner("pii")
HIPAA = Scanner("hipaa")


def found(text: str, scanner: Scanner = PII) -> list[tuple[str, str]]:
    return [(mention.type, text[mention.start : mention.end]) for mention in scanner.scan(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to maria.garcia@example.com.", [("EMAIL", "maria.garcia@example.com")]),
        ("q=maria%40example.com", [("EMAIL", "maria%40example.com")]),
        ("ma\u200bria@example.com", [("EMAIL", "ma\u200bria@example.com")]),
        ("card 4111 1111 1111 1111", [("CARD", "4111 1111 1111 1111")]),
        ("order 12345 4111-1111-1111-1111", [("CARD", "4111-1111-1111-1111")]),
        ("the card ending in 4242", [("CARD", "4242")]),
        ("amex 3782 822463 10005", [("CARD", "3782 822463 10005")]),
        ("my ssn is 123-45-6789", [("SSN", "123-45-6789")]),
        ("social security number: 123456789", [("SSN", "123456789")]),
        ("IBAN DE89 3704 0044 0532 0130 00", [("IBAN", "DE89 3704 0044 0532 0130 00")]),
        ("call (415) 555-2671", [("PHONE", "(415) 555-2671")]),
        ("call me at 4155552671", [("PHONE", "4155552671")]),
        ("+44 20 7946 0958", [("PHONE", "+44 20 7946 0958")]),
        ("ring 415\u2011555\u20112671", [("PHONE", "415\u2011555\u20112671")]),
        ("my account number is 12345678", [("ACCOUNT", "12345678")]),
        ("account number １２３４５６７８", [("ACCOUNT", "１２３４５６７８")]),
        ("my account, opened last year, is 12345678", [("ACCOUNT", "12345678")]),
        ("member id ABC-123456", [("MEMBER", "ABC-123456")]),
        ("MRN 00123456", [("RECORD", "00123456")]),
        ("MRN00123456", [("RECORD", "00123456")]),
        ("member_id 7788990", [("MEMBER", "7788990")]),
        ("memberIdA7788990", [("MEMBER", "IdA7788990")]),
        ("account#7788990", [("ACCOUNT", "7788990")]),
        ("policy no. 7788-990011", [("POLICY", "7788-990011")]),
        ("passport X1234567", [("PASSPORT", "X1234567")]),
        ("born on March 12, 1985", [("DOB", "March 12, 1985")]),
        ("DOB: 03/12/1985", [("DOB", "03/12/1985")]),
        ("server 203.0.113.9 is down", [("IP", "203.0.113.9")]),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", [("IP", "2001:db8:85a3:8d3:1319:8a2e:370:7348")]),
        ("ship to 12 Oak Street, Apt 4B please", [("ADDRESS", "12 Oak Street, Apt 4B")]),
        ("key sk-abcdefghijklmnop1234", [("SECRET", "sk-abcdefghijklmnop1234")]),
        ("https://bob:hunter22@host/x", [("SECRET", "bob:hunter22")]),
        ("password: Secret!9", [("SECRET", "Secret!9")]),
        ("Authorization: Bearer abcdef0123456789abcdef", [("SECRET", "abcdef0123456789abcdef")]),
        ("My name is Xiadani Qolbert.", [("NAME", "Xiadani Qolbert")]),
        ("for Mr. Okonkwo", [("NAME", "Okonkwo")]),
        ("book it for Maria van der Berg", [("NAME", "Maria van der Berg")]),
        ("john smith wants a refund", [("NAME", "john smith")]),
        ("Maria's order", [("NAME", "Maria")]),
        ("Regards, Grace Hopper", [("NAME", "Grace Hopper")]),
        ("account number 8830 2210 4471", [("ACCOUNT", "8830 2210 4471")]),
        ("my nino QQ 12 34 56 C", [("ID", "QQ 12 34 56 C")]),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", [("SECRET", "wJalrXUtnFEMI/K7MDENG")]),
        ("DB_PASSWORD: hunter2pass", [("SECRET", "hunter2pass")]),
        ("on 0044 7700 900 456 today", [("PHONE", "0044 7700 900 456")]),
        ("his birthday is 3 March", [("DOB", "3 March")]),
        ("address: Keizersgracht 221", [("ADDRESS", "Keizersgracht 221")]),
        ("<street>Keizersgracht 221</street>", [("ADDRESS", "Keizersgracht 221")]),
        ("cancel it for Thandiwe Nkosi", [("NAME", "Thandiwe Nkosi")]),
        ("I was born in March 1984", [("DOB", "March 1984")]),
        (
            "wallet bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh",
            [("ACCOUNT", "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh")],
        ),
        ("user_id=88213", [("MEMBER", "88213")]),
        ("she lives at 14 Whitcombe Rise", [("ADDRESS", "14 Whitcombe Rise")]),
        ("@maria_petrov can you look", [("USER", "maria_petrov")]),
        ("WHERE full_name = 'Xiadani Qolbert'", [("NAME", "Xiadani Qolbert")]),
        ("payee=Somchai Suwan&amount=2", [("NAME", "Somchai Suwan")]),
        ("<firstName>Márk</firstName>", [("NAME", "Márk")]),
        ("call Maria Thi Garcia today", [("NAME", "Maria Thi Garcia")]),
        ("call Maria O'Leary today", [("NAME", "Maria O'Leary")]),
        ("account number 7220 8897 81", [("ACCOUNT", "7220 8897 81")]),
        ("my CPF 990.519.154-98", [("ID", "990.519.154-98")]),
        ("WHERE date_of_birth = '1964-08-06'", [("DOB", "1964-08-06")]),
        ("geboren am 12. März 1985", [("DOB", "12. März 1985")]),
        ("date of birth?\ncaller: 12/03/1980", [("DOB", "12/03/1980")]),
        ("ring 560/697-1054", [("PHONE", "560/697-1054")]),
        ("ring 665-838-0748x156", [("PHONE", "665-838-0748x156")]),
        ("SSN 521-18-0138, 456 Bradley Drive", [("SSN", "521-18-0138"), ("ADDRESS", "456 Bradley Drive")]),
        ("she can be reached at 1-096-211-4700x0994", [("PHONE", "1-096-211-4700x0994")]),
        ("fax the records to 018349620", [("PHONE", "018349620")]),
        ("a@example.com, 0855207918", [("EMAIL", "a@example.com"), ("PHONE", "0855207918")]),
        ("Ronda de Silvestre Noriega 95", [("ADDRESS", "Ronda de Silvestre Noriega 95")]),
        ("Isabellasingel 4", [("ADDRESS", "Isabellasingel 4")]),
        ("14 Whitcombe Copse, Leeds LS6 2AB", [("ADDRESS", "14 Whitcombe Copse")]),
        ("Kamaufova 98, 10430 Samobor", [("ADDRESS", "Kamaufova 98")]),
        ("4417 E CACTUS WREN DR, PHOENIX", [("ADDRESS", "4417 E CACTUS WREN DR")]),
        ("seen (b. 1951-03-17)", [("DOB", "1951-03-17")]),
        ("nació en Lima el 15 de agosto de 1941", [("DOB", "15 de agosto de 1941")]),
        ("nato a Napoli il 12 marzo 1987", [("DOB", "12 marzo 1987")]),
        ("DOB\t04/02/81", [("DOB", "04/02/81")]),
        ("DOB ............. 2005/12/17", [("DOB", "2005/12/17")]),
        ("policy W88 2041 773, visit", [("POLICY", "W88 2041 773")]),
        ("PNR: HT4N9P.", [("RECORD", "HT4N9P")]),
        ("POST /login?user=tkaur HTTP/1.1", [("USER", "tkaur")]),
        ("VRM LD19 KXO", [("VEHICLE", "LD19 KXO")]),
        ("sim 89049032004008882600007718203941", [("DEVICE", "89049032004008882600007718203941")]),
        ("https://hooks.slack.com/services/T04KQ81XZ/B05PL2/x8Yq2LmZ", [("SECRET", "T04KQ81XZ/B05PL2/x8Yq2LmZ")]),
        ("Rijksregisternummer 85.03.14-237.82 graag", [("ID", "85.03.14-237.82")]),
        ("klantnr GN-771820", [("MEMBER", "GN-771820")]),
        ("e Employee Ngozi T Abernethy-Cole", [("NAME", "Ngozi T Abernethy-Cole")]),
        ("Accepted publickey for mwangi_k from 197.248.12.63 port", [("USER", "mwangi_k"), ("IP", "197.248.12.63")]),
        ("data nasc.: 30/01/1952", [("DOB", "30/01/1952")]),
        ("C.C. 1.037.618.294 in", [("ID", "1.037.618.294")]),
        ("contrato 20 448 117, NIF", [("ACCOUNT", "20 448 117")]),
        ("LM71 UVR at the gate", [("VEHICLE", "LM71 UVR")]),
        ("hp 9123 0045, complains", [("PHONE", "9123 0045")]),
        ("STATE v. HASSAN, ABDIRAHMAN A   DOB", [("NAME", "HASSAN, ABDIRAHMAN A")]),
        ("**Employee:** Philippa Nwosu-Tate (E1)", [("NAME", "Philippa Nwosu-Tate")]),
    ],
)
def test_identifiers_are_found_whole(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order ORD-123456 costs $1234567.89",
        "Cite NDC 0002-8215-01.",
        "4111 1111 1111 1112 has a wrong check digit",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "tracking 1Z999AA10123456784",
        "digest deacfc94870115",
        "build dlab12345, layer vinf00d1234, blob tinc0ffee12345",
        "python 3.11.7, version 10.0.0.1",
        "2 miles down the road I have 3 kids near the lane",
        "What is the population of Austin, Texas and Paris?",
        "Will it rain in May? Grace period, please.",
        "between 2026-03-02 and 03/12/2026",
        "savings account to checking account",
        "track 9400 1000 0000 0000 0000 00 for me",
        "Shall I proceed? Amazon, Sony, Croatia, Gmail and Venmo.",
        "send it to 3 people in Austin",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "lat 40.712776, lon -74.005974",
        "⟦EMAIL_1⟧ ⟦ACCOUNT_2:d6⟧ account ⟦ACCOUNT_3⟧",
        "",
        "a@b",
        "Sprint 14, 2025 Planning",
        "Berlin Hauptbahnhof 14:05",
        "EAN 0855207918",
        "12 LEAD ECG ST elevation",
        "DALLAS, TEXAS and READY, SET, GO",
        "AUSTIN, HOUSTON, DALLAS",
        "GET /x?user=root and user=user_id",
        "item b. 1951-03-17 is due",
        "Mozilla/5.0 Chrome/120.0.0.0",
        "I really like Toyota, and they learn French for Halloween in Lisbon; the [Thought] of 25 degrees Celsius",
        "compare Sample2 with Network9 in a Gluten-free bakery",
        "Follow-up with the patient. Patient's file: take Ativan 5 mg",
    ],
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [("product name: ", "Nespresso Vertuo", ""), ("customer: ", "Complains", " about noise"), ("Guest: ", "Hotel", "")],
)
def test_a_label_does_not_make_a_name_of_anything(before: str, value: str, after: str) -> None:
    assert labelled_name(value, before, after) is None


def test_the_wider_profile_also_finds_dates_ages_and_postal_codes() -> None:
    text = "A 92-year-old seen on 2026-03-02 in Albany, NY 12207"
    assert found(text) == []
    assert found(text, HIPAA) == [("AGE", "92"), ("DATE", "2026-03-02"), ("PLACE", "Albany"), ("ZIP", "12207")]
    assert found("a 55-year-old", HIPAA) == []
    assert found("Device: FH-2899-3807 insulin pump", HIPAA) == [("DEVICE", "FH-2899-3807")]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("missed 4/29 because", ["4/29"]), ("admit 5/19.", ["5/19"]), ("s/p R TKA, op 4/4", []), ("surgery 4/4, flexion", ["4/4"]),
        ("seen on 4-17.", ["4-17"]), ("last filled 03-29, prescriber", ["03-29"]), ("MRT am 14.05. nachts", ["14.05"]),
        ("le 22 avril.", ["22 avril"]), ("el 3 de febrero por", ["3 de febrero"]), ("STEMI on 03.03.24, PCI", ["03.03.24"]),
        ("strength 4/5, pain 8/10, vision 20/30, reflexes 2/4", []), ("take 1/2 tablet for 3-4 days", []), ("on 3-4 days a week", []),
        ("version 3.11.24", []), ("95 y.o. gentleman", ["95"]),
    ],
)  # fmt: skip
def test_dates_without_their_year_in_the_wider_profile(text: str, dates: list[str]) -> None:
    assert [value for _, value in found(text, HIPAA)] == dates
    assert found(text) == []


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "a@",
        "4 ",
        "A b ",
        "+1(",
        "Mr ",
        "⟦",
        "\u200b",
        "-----BEGIN PRIVATE KEY-----",
        "x:y@",
        "MRN ",
        "born on ",
        "{",
        "1/",
    ],
)
def test_hostile_text_is_scanned_to_its_end(unit: str) -> None:
    assert len(PII.scan(unit * (200_000 // len(unit)))) <= MAX_MENTIONS


@pytest.mark.parametrize("unit", ["12 Oak Street ", "a@b.co ", "Maria Garcia, ", "MRN 123456 "])
def test_a_text_of_nothing_but_identifiers_is_refused_not_read_for_ever(unit: str) -> None:
    with pytest.raises(PoisonError, match="too_many_identifiers"):
        PII.scan(unit * 20_000)
    assert PII.scan(unit * 20)
